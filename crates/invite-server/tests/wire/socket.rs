//! The socket where the recorded story says nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Server, closed, connect, json_of, next};

#[tokio::test]
async fn a_hundred_outstanding_calls_each_get_their_own_answer() {
    let server = Server::demo(&[]);
    server.member("doc", "alice", Some("arw")).await;
    let mut socket = server.person("alice").await.socket().await;
    for number in 0..100 {
        let permissions = ["r", "w", "rw", "arw"][number % 4];
        let options = json!({ "permissions": permissions, "maxAge": 60 + number });
        socket.send(&json!({ "wa": "createInvite", "d": "doc", "options": options, "token": format!("n{number}") })).await;
    }
    let mut answers = BTreeMap::new();
    while answers.len() < 100 {
        let reply = json_of(socket.next().await.unwrap());
        let created = &reply["reply"];
        answers.insert(
            reply["token"].as_str().unwrap().to_owned(),
            (
                created["permissions"].as_str().unwrap().to_owned(),
                created["key"].as_str().unwrap().to_owned(),
            ),
        );
    }
    for number in 0..100 {
        assert_eq!(
            answers[&format!("n{number}")].0,
            ["r", "w", "rw", "arw"][number % 4]
        );
    }
    let keys: BTreeSet<&String> = answers.values().map(|(_, key)| key).collect();
    assert_eq!(keys.len(), 100);
    assert_eq!(socket.list("doc").await.len(), 100);
}

#[tokio::test]
async fn thirty_calls_sent_before_init_are_answered() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let mut stream = connect(
        &server.url,
        "/notes/",
        &[("cookie", &alice.cookie), ("origin", &server.url)],
    )
    .await;
    for number in 0..30 {
        let frame = json!({ "wa": "getInvites", "d": "notes", "token": number });
        futures_util::SinkExt::send(
            &mut stream,
            tokio_tungstenite::tungstenite::Message::text(frame.to_string()),
        )
        .await
        .unwrap();
    }
    assert_eq!(json_of(next(&mut stream).await.unwrap())["a"], "init");
    let mut answered = BTreeSet::new();
    while answered.len() < 30 {
        let reply = json_of(next(&mut stream).await.unwrap());
        assert_eq!(reply["reply"], json!([]));
        answered.insert(reply["token"].as_u64().unwrap());
    }
}

#[tokio::test]
async fn a_hundred_accepting_at_once_lose_nobody() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    server.member("doc", "alice", Some("arw")).await;
    let key = alice.socket().await.create("doc", "rw", 600).await;
    let accepting = (0..100).map(|number| {
        let (server, key) = (&server, &key);
        async move {
            let mut socket = server.person(&format!("user{number}")).await.socket().await;
            socket.accept("doc", key).await
        }
    });
    for reply in join_all(accepting).await {
        assert_eq!(reply["reply"], "rw", "{reply}");
    }
    let document: Value = alice
        .get("/doc/?json")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let members: Value = serde_json::from_str(document[1]["data-auth"].as_str().unwrap()).unwrap();
    assert_eq!(members.as_array().unwrap().len(), 101);
}

#[tokio::test]
async fn what_is_no_call_gets_no_answer_and_ends_nothing() {
    let server = Server::demo(&[]);
    let mut socket = server.person("alice").await.socket().await;
    for text in [
        "",
        "{",
        "null",
        "[]",
        "\"getInvites\"",
        r#"{"type":"alive"}"#,
        r#"{"a":"hs","id":null,"protocol":1,"protocolMinor":2}"#,
        r#"{"wa":"getInvites","d":"notes"}"#,
        r#"{"wa":"getInvites","d":"notes","token":null}"#,
        r#"{"wa":"nothing","token":"t"}"#,
    ] {
        socket.send_text(text).await;
    }
    // The first frame to come back is the answer to the only call.
    assert!(socket.list("notes").await.is_empty());
}

#[tokio::test]
async fn calls_without_a_webstrate() {
    let server = Server::demo(&[]);
    let mut socket = server.person("alice").await.socket().await;
    for (operation, text) in [
        ("createInvite", "Missing webstrateId"),
        ("getInvites", "Missing webstrateId"),
        ("removeInvite", "Missing webstrateId"),
        ("checkInvite", "Invalid invitation key"),
        ("acceptInvite", "Invalid invitation key"),
    ] {
        for frame in [
            json!({ "wa": operation }),
            json!({ "wa": operation, "d": "" }),
            json!({ "wa": operation, "d": 7 }),
        ] {
            assert_eq!(socket.call(frame).await["error"], text);
        }
    }
    let mut nobody = server.anonymous().socket().await;
    assert_eq!(
        nobody.call(json!({ "wa": "getInvites" })).await["error"],
        "Must be logged in to handle invites"
    );
}

#[tokio::test]
async fn a_name_that_cannot_be_is_one_without_admins() {
    let server = Server::demo(&[]);
    let mut socket = server.person("alice").await.socket().await;
    let long = "x".repeat(1000);
    for name in ["../notes", "api", "a b", "é", "\u{0}", &long] {
        let error = socket.call(json!({ "wa": "getInvites", "d": name })).await["error"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            error.starts_with("Need admin permissions to manage invites. User only has  on "),
            "{error}"
        );
        assert!(error.len() < 250, "{error}");
    }
}

#[tokio::test]
async fn an_inviter_grants_no_letter_beyond_their_own() {
    let server = Server::demo(&[]);
    server.member("doc", "alice", Some("a")).await;
    let mut socket = server.person("alice").await.socket().await;
    let options = json!({ "permissions": "aw", "maxAge": 60 });
    let reply = socket
        .call(json!({ "wa": "createInvite", "d": "doc", "options": options }))
        .await;
    assert!(
        reply["error"]
            .as_str()
            .unwrap()
            .starts_with("Invalid option permissions: "),
        "{reply}"
    );
}

#[tokio::test]
async fn a_key_of_our_own_kind_is_taken_too() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let response = alice
        .request(reqwest::Method::POST, "/api/v1/resources/notes/invites")
        .json(&json!({ "permissions": "r" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let invite: Value = response.json().await.unwrap();
    let key = invite["key"].as_str().unwrap();
    let mut bob = server.person("bob").await.socket().await;
    let checked = bob
        .call(json!({ "wa": "checkInvite", "d": "notes", "options": { "key": key } }))
        .await;
    assert_eq!(
        (&checked["reply"]["key"], &checked["reply"]["webstrateId"]),
        (&json!(key), &json!("notes"))
    );
    assert_eq!(bob.accept("notes", key).await["reply"], "r");
    assert_eq!(alice.socket().await.list("notes").await[0]["key"], key);
}

#[tokio::test]
async fn every_page_of_a_long_list_is_in_one_answer() {
    let server = Server::demo(&[]);
    let mut socket = server.person("alice").await.socket().await;
    let mut made = BTreeSet::new();
    for _ in 0..205 {
        made.insert(socket.create("notes", "r", 600).await);
    }
    let listed: BTreeSet<String> = socket
        .list("notes")
        .await
        .iter()
        .map(|invite| invite["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn where_no_webstrate_is_the_socket_opens_and_closes() {
    let server = Server::demo(&[]);
    for path in ["/", "/a/b", "/a/b/"] {
        let mut stream = connect(&server.url, path, &[]).await;
        assert_eq!(closed(&mut stream).await, (1005, String::new()), "{path}");
    }
}
