//! Writing the whole list of members.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const MEMBERS: &str = "/api/v1/resources/notes/members";

fn member(name: &str, letters: &str) -> Value {
    json!({"user": {"username": name, "provider": "test"}, "permissions": letters})
}

async fn replace(server: &Server, who: &str, tag: Option<&str>, members: &Value) -> Answer {
    let mut request = server.request(Some(who), Method::PUT, MEMBERS);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    server
        .send(request.json(&json!({ "members": members })))
        .await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_takes_the_place_of_the_one_that_was_seen() {
    let server = Server::with_notes().await;
    let seen = server.get(Some("alice"), MEMBERS).await;
    let first = tag(&seen);
    let wanted = json!([member("alice", "arw"), member("erin", "rw")]);
    let done = replace(&server, "alice", Some(&first), &wanted).await;
    assert_eq!((done.status, &done.body["members"]), (200, &wanted));
    let now = server.get(Some("alice"), MEMBERS).await;
    assert_eq!(
        (tag(&now), &now.body["members"]),
        (tag(&done), &done.body["members"])
    );
    assert_eq!(
        server.get(Some("bob"), MEMBERS).await.status,
        403,
        "bob is out"
    );

    // What GET answers can be put back as it is; nothing moves then.
    let same = replace(&server, "alice", Some(&tag(&done)), &now.body["members"]).await;
    assert_eq!((same.status, tag(&same)), (200, tag(&done)));

    for stale in [
        first.as_str(),
        "\"v999\"",
        "\"v1.999\"",
        "\"v999.1\"",
        "\"other\"",
        "W/\"v1\"",
        "",
    ] {
        let refused = replace(&server, "alice", Some(stale), &wanted).await;
        assert_eq!(
            (refused.status, refused.code()),
            (412, "conflict"),
            "{stale}"
        );
    }
    let blind = replace(&server, "alice", None, &wanted).await;
    assert_eq!(
        (blind.status, &blind.body["field"]),
        (428, &json!("If-Match"))
    );
    assert_eq!(
        replace(&server, "alice", Some("*"), &wanted).await.status,
        200
    );
}

#[tokio::test]
async fn lists_that_cannot_be() {
    let server = Server::with_notes().await;
    server.member("dora", "notes", "ar").await;
    for wrong in [
        json!(null),
        json!({}),
        json!([]),
        json!([member("alice", "rw")]),
        json!([member("alice", "arw"), member("alice", "r")]),
        json!([member("alice", "arw"), {"user": {"username": "bob"}, "permissions": "r"}]),
        json!([member("alice", "arw"), {"user": {"username": "bob", "provider": "test"}}]),
        json!([member("alice", "arw"), member("", "r")]),
        json!([member("alice", "arw"), member("b\u{0}b", "r")]),
    ] {
        let refused = replace(&server, "alice", Some("*"), &wrong).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!("members")),
            "{wrong}"
        );
    }
    let letters = replace(&server, "alice", Some("*"), &json!([member("alice", "x")])).await;
    assert_eq!(letters.body["field"], "permissions");

    // Dora holds no w: she cannot give it, and need not take it from those who have it.
    let grants = json!([
        member("alice", "arw"),
        member("dora", "ar"),
        member("erin", "rw")
    ]);
    let beyond = replace(&server, "dora", Some("*"), &grants).await;
    assert_eq!((beyond.status, beyond.code()), (403, "forbidden"));
    let keeps = json!([
        member("alice", "arw"),
        member("dora", "ar"),
        member("erin", "r")
    ]);
    assert_eq!(
        replace(&server, "dora", Some("*"), &keeps).await.status,
        200
    );
}
