//! One member: looked up, changed, taken out, and what would let them in again.

use invite_server::core::{Accounts as _, Claimed, Subject, TEST_ISSUER, User};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    refusals::assert_refused,
    server::{Answer, Server},
};

fn path(member: &str) -> String {
    format!("/api/v1/resources/notes/members/{member}")
}

async fn set(server: &Server, who: &str, member: &str, letters: &str) -> Answer {
    let body = json!({ "permissions": letters });
    server.put(Some(who), &path(member), &body).await
}

fn ids(answer: &Answer) -> Vec<&str> {
    let all = answer.body["links"]["invites"].as_array().unwrap();
    all.iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_one_person_may_do() {
    let server = Server::with_notes().await;
    let bob = server.get(Some("alice"), &path("bob:test")).await;
    let expected = json!({"user": {"username": "bob", "provider": "test"}, "permissions": "r"});
    assert_eq!((bob.status, &bob.body), (200, &expected));
    let own = server.get(Some("bob"), &path("bob:test")).await;
    assert_eq!((own.status, &own.body), (200, &expected));
    // Somebody without access is not found, whether they exist or not.
    for unknown in ["mallory:test", "bob:corp", "nobody:nowhere"] {
        let answer = server.get(Some("bob"), &path(unknown)).await;
        assert_refused(&answer, 404, "not_found", None);
    }
    // One's own letters anybody may ask for, and hears the same of what is not there.
    for resource in ["notes", "ghost"] {
        let own = format!("/api/v1/resources/{resource}/members/mallory:test");
        let answer = server.get(Some("mallory"), &own).await;
        assert_refused(&answer, 404, "not_found", None);
        let other = format!("/api/v1/resources/{resource}/members/bob:test");
        let answer = server.get(Some("mallory"), &other).await;
        assert_refused(&answer, 403, "forbidden", None);
        let answer = server.delete(Some("mallory"), &other).await;
        assert_refused(&answer, 403, "not_admin", None);
        // Whoever leaves where they never were has left.
        let answer = server.delete(Some("mallory"), &own).await;
        assert_eq!(
            (answer.status, &answer.body["permissions"]),
            (200, &json!(""))
        );
    }
    for odd in [
        "bob",
        ":test",
        "bob:",
        "a%00b:test",
        &format!("{}:test", "x".repeat(257)),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let request = server.request(Some("alice"), method, &path(odd));
            let answer = server.send(request.json(&json!({}))).await;
            assert_refused(&answer, 422, "invalid_option", Some("member"));
        }
    }
}

#[tokio::test]
async fn names_of_every_sort() {
    let server = Server::with_notes().await;
    for (name, provider, encoded) in [
        ("carol", "corp", "carol:corp"),
        ("a:b:c", "test", "a:b:c:test"),
        ("a:b", "test", "a%3Ab:test"),
        ("docs/a b?#%", "test", "docs%2Fa%20b%3F%23%25:test"),
        ("auth0|5f7c", "corp", "auth0%7C5f7c%3Acorp"),
        (
            "Zoë \u{1f389} 李",
            "test",
            "Zo%C3%AB%20%F0%9F%8E%89%20%E6%9D%8E:test",
        ),
        ("..", "test", "..:test"),
        ("me@example.com", "corp", "me@example.com:corp"),
    ] {
        let user = json!({"username": name, "provider": provider});
        let done = set(&server, "alice", encoded, "rw").await;
        assert_eq!((done.status, &done.body["user"]), (200, &user), "{name}");
        let found = server.get(Some("alice"), &path(encoded)).await;
        assert_eq!(
            (&found.body["user"], &found.body["permissions"]),
            (&user, &json!("rw"))
        );
        let gone = server.delete(Some("alice"), &path(encoded)).await;
        assert_eq!((gone.status, &gone.body["permissions"]), (200, &json!("")));
        let found = server.get(Some("alice"), &path(encoded)).await;
        assert_refused(&found, 404, "not_found", None);
    }
    // Each only who is meant.
    let all = server
        .get(Some("alice"), "/api/v1/resources/notes/members")
        .await;
    assert_eq!(all.body["members"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_admin_sets_letters_and_somebody_stays_admin() {
    let server = Server::with_notes().await;
    server.member("dora", "notes", "ar").await;
    assert_eq!(
        set(&server, "alice", "erin:test", "wr").await.body["permissions"],
        "wr"
    );
    assert_refused(
        &set(&server, "dora", "mallory:test", "w").await,
        403,
        "forbidden",
        Some("permissions"),
    );
    // What others have already she need not take from them.
    assert_eq!(set(&server, "dora", "erin:test", "wra").await.status, 200);
    assert_eq!(set(&server, "dora", "erin:test", "rw").await.status, 200);
    assert_refused(
        &set(&server, "bob", "erin:test", "r").await,
        403,
        "not_admin",
        None,
    );
    assert_refused(
        &set(&server, "bob", "bob:test", "rw").await,
        403,
        "not_admin",
        None,
    );
    for wrong in [
        json!({}),
        json!({"permissions": null}),
        json!({"permissions": "x"}),
        json!({"permissions": 1}),
    ] {
        let answer = server.put(Some("alice"), &path("bob:test"), &wrong).await;
        assert_refused(&answer, 422, "invalid_option", Some("permissions"));
    }
    let odd = server
        .put(
            Some("alice"),
            &path("bob:test"),
            &json!({"permissions": "r", "x": 1}),
        )
        .await;
    assert_refused(&odd, 422, "invalid_option", Some("x"));

    // Anybody leaves, and gives up letters of their own; but not the last who can change it again.
    assert_eq!(
        set(&server, "erin", "erin:test", "r").await.body["permissions"],
        "r"
    );
    let left = server.delete(Some("erin"), &path("erin:test")).await;
    assert!(
        left.status == 200 && left.body.get("links").is_none(),
        "{}",
        left.body
    );
    assert_eq!(set(&server, "dora", "dora:test", "").await.status, 200);
    for letters in ["rw", ""] {
        let refused = set(&server, "alice", "alice:test", letters).await;
        assert_refused(&refused, 409, "last_admin", None);
    }
    let refused = server.delete(Some("alice"), &path("alice:test")).await;
    assert_refused(&refused, 409, "last_admin", None);
    assert_eq!(set(&server, "alice", "alice:test", "a").await.status, 200);
}

#[tokio::test]
async fn whoever_is_taken_out_can_be_kept_out() {
    let server = Server::with_notes().await;
    let notes = Some("alice");
    let (open, key) = server
        .invite(
            "alice",
            "notes",
            &json!({"label": "Team", "permissions": "rw"}),
        )
        .await;
    let (limited, _) = server
        .invite("alice", "notes", &json!({"maxUses": 3}))
        .await;
    server
        .invite("alice", "notes", &json!({"email": "somebody@else.example"}))
        .await;
    assert_eq!(server.accept(Some("carol"), &key).await.status, 200);

    // To look first.
    let look = path("carol:test?links=tell");
    let told = server.get(notes, &look).await;
    let links = &told.body["links"];
    assert_eq!(
        (&links["total"], &links["ended"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(ids(&told), [limited.as_str(), open.as_str()]);
    assert_eq!(links["invites"][0]["usesLeft"], 3);
    assert_eq!(
        links["invites"][1],
        json!({
            "id": open, "label": "Team", "permissions": "rw", "expiresAt": links["invites"][1]["expiresAt"],
            "createdBy": {"username": "alice", "provider": "test"},
        })
    );
    assert!(!told.body.to_string().contains(&key));
    assert_refused(
        &server.get(Some("carol"), &look).await,
        403,
        "not_admin",
        None,
    );
    for wrong in ["links=end", "links=x", "links="] {
        let answer = server
            .get(notes, &path(&format!("carol:test?{wrong}")))
            .await;
        assert_refused(&answer, 422, "invalid_option", Some("links"));
    }
    let odd = server.delete(notes, &path("carol:test?linx=end")).await;
    assert_refused(&odd, 422, "invalid_option", Some("linx"));

    let out = server.delete(notes, &path("carol:test")).await;
    assert_eq!(
        (ids(&out), &out.body["links"]["ended"]),
        (ids(&told), &json!(false))
    );
    // As it was found: she opens the link again and is back.
    assert_eq!(
        server.accept(Some("carol"), &key).await.body["gained"],
        "rw"
    );
    // Nobody but an admin ends what is an admin's.
    let own = server
        .delete(Some("carol"), &path("carol:test?links=end"))
        .await;
    assert_refused(&own, 403, "not_admin", None);
    let out = server.delete(notes, &path("carol:test?links=end")).await;
    assert_eq!(
        (ids(&out), &out.body["links"]["ended"]),
        (ids(&told), &json!(true))
    );
    assert_eq!(server.accept(Some("carol"), &key).await.code(), "removed");
    let listed = server.get(notes, "/api/v1/resources/notes/invites").await;
    assert_eq!(
        listed.body["invites"].as_array().unwrap().len(),
        1,
        "somebody else's"
    );
}

#[tokio::test]
async fn a_put_ends_links_as_well() {
    let server = Server::with_notes().await;
    let (one, _) = server.invite("alice", "notes", &json!({})).await;
    let none = json!({"permissions": ""});
    let out = server
        .put(Some("alice"), &path("bob:test?links=end"), &none)
        .await;
    assert_eq!(
        (ids(&out), &out.body["links"]["ended"]),
        (vec![one.as_str()], &json!(true))
    );
    server.member("bob", "notes", "r").await;
    let (other, _) = server.invite("alice", "notes", &json!({})).await;
    let list = json!({"members": [
        {"user": {"username": "alice", "provider": "test"}, "permissions": "arw"},
    ]});
    for (query, ended) in [("", false), ("?links=end", true)] {
        server.member("bob", "notes", "r").await;
        let all = format!("/api/v1/resources/notes/members{query}");
        let request = server
            .request(Some("alice"), Method::PUT, &all)
            .header("if-match", "*");
        let done = server.send(request.json(&list)).await;
        assert_eq!(
            (ids(&done), &done.body["links"]["ended"]),
            (vec![other.as_str()], &json!(ended))
        );
        assert_eq!(done.body["next_page_token"], "");
    }
}

/// Whoever signs in is known by the address that their issuer has verified.
#[tokio::test]
async fn links_for_ones_own_address_are_among_them() {
    let server = Server::with_notes().await;
    let claimed = Claimed {
        subject: Subject {
            iss: TEST_ISSUER.into(),
            sub: "erin".into(),
        },
        user: User {
            display_name: Some("Erin E.".into()),
            ..User::new("erin", "test")
        },
        email: Some("erin@example.com".into()),
    };
    server
        .invites
        .begin_session(claimed, None, 3600)
        .await
        .unwrap();
    server.member("erin", "notes", "r").await;
    let (bound, _) = server
        .invite(
            "alice",
            "notes",
            &json!({"email": "Erin@Example.com", "maxUses": 1}),
        )
        .await;
    let out = server.delete(Some("alice"), &path("erin:test")).await;
    assert_eq!(out.body["user"]["displayName"], "Erin E.");
    assert_eq!(ids(&out), [bound.as_str()]);
    assert_eq!(out.body["links"]["invites"][0]["email"], "Erin@Example.com");
    let bob = server.delete(Some("alice"), &path("bob:test")).await;
    assert_eq!(
        bob.body["links"],
        json!({"total": 0, "ended": false, "invites": []})
    );
}

#[tokio::test]
async fn pages_of_members() {
    let server = Server::with_notes().await;
    for number in 0..5 {
        server
            .member(&format!("person{number}"), "notes", "r")
            .await;
    }
    let all = "/api/v1/resources/notes/members";
    let whole = server.get(Some("bob"), all).await;
    assert_eq!(whole.body["next_page_token"], "");
    let (mut members, mut token) = (Vec::new(), String::new());
    loop {
        let page = server
            .get(
                Some("bob"),
                &format!("{all}?page_size=3&page_token={token}"),
            )
            .await;
        assert_eq!(page.headers["etag"], whole.headers["etag"]);
        members.extend(page.body["members"].as_array().unwrap().iter().cloned());
        token = page.body["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(Value::from(members), whole.body["members"]);
    let found = server.get(Some("bob"), &format!("{all}?q=PERSON3")).await;
    assert_eq!(found.body["members"][0]["user"]["username"], "person3");
    assert_eq!(found.body["members"].as_array().unwrap().len(), 1);
    for (query, field) in [
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=x", "page_size"),
        ("page_token=x", "page_token"),
        ("q=%00", "q"),
        ("everyone=true", "everyone"),
    ] {
        let answer = server.get(Some("bob"), &format!("{all}?{query}")).await;
        assert_refused(&answer, 422, "invalid_option", Some(field));
    }
}

/// A backend asks it on every request, in the name of whoever it asks about.
#[tokio::test]
async fn a_backend_asks() {
    let server = Server::with_notes().await;
    let key = server.invites.add_app("crm", false).await.unwrap();
    let by = |name: &str| format!("app:{}:{name}", key.reveal());
    let refused = server.get(Some(&by("bob")), &path("bob:test")).await;
    assert_refused(&refused, 403, "forbidden", None);
    server.invites.grant_app("crm", "notes").await.unwrap();
    let bob = server.get(Some(&by("bob")), &path("bob:test")).await;
    assert_eq!((bob.status, &bob.body["permissions"]), (200, &json!("r")));
    let nobody = server
        .get(Some(&by("mallory")), &path("mallory:test"))
        .await;
    assert_refused(&nobody, 404, "not_found", None);
}
