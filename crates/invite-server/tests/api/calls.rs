//! Each call, when all is well.

use std::time::Duration;

use invite_server::core::state::{Decision, Scope, State};
use invite_server::core::{Refusal, Store as _};
use serde_json::{Value, json};

use crate::server::Server;

fn alice() -> Value {
    json!({"username": "alice", "provider": "test"})
}

#[tokio::test]
async fn who_am_i() {
    let server = Server::start().await;
    assert_eq!(
        server.get(Some("alice"), "/api/v1/me").await.body,
        json!({"user": alice()})
    );
    assert_eq!(
        server.get(None, "/api/v1/me").await.body,
        json!({"user": null})
    );
}

#[tokio::test]
async fn what_the_server_says_of_itself() {
    let server = Server::start().await;
    assert_eq!(
        server.get(None, "/.well-known/invite-keys").await.body,
        json!({
            "invite-keys": 1, "dialect": "http", "api": "/api/v1", "dialects": ["http"],
            "features": ["maxUses", "message", "label", "extras", "preview", "members", "setMember", "email", "resend", "idempotencyKey", "pending", "signed", "events", "receipts"], "signIn": "/auth/test",
        })
    );
    assert_eq!(
        server.get(None, "/healthz").await.body,
        json!({"status": "ok"})
    );
    assert_eq!(
        server.get(None, "/readyz").await.body,
        json!({"status": "ok"})
    );
}

#[tokio::test]
async fn resources_begin_and_are_listed() {
    let server = Server::start().await;
    let created = server
        .put(
            Some("alice"),
            "/api/v1/resources/notes",
            &json!({"title": "Team notes"}),
        )
        .await;
    assert_eq!(created.status, 201);
    assert_eq!(
        created.body,
        json!({"resource": "notes", "title": "Team notes", "permissions": "arw"})
    );
    let untitled = server
        .put(Some("alice"), "/api/v1/resources/a.b_C-9", &json!({}))
        .await;
    assert_eq!(
        untitled.body,
        json!({"resource": "a.b_C-9", "permissions": "arw"})
    );
    server.member("bob", "notes", "wr").await;

    let listed = server.get(Some("alice"), "/api/v1/resources").await.body;
    assert_eq!(
        listed,
        json!({"resources": [
            {"resource": "a.b_C-9", "permissions": "arw"},
            {"resource": "notes", "title": "Team notes", "permissions": "arw"},
        ], "next_page_token": ""})
    );
    assert_eq!(
        server.get(Some("carol"), "/api/v1/resources").await.body,
        json!({"resources": [], "next_page_token": ""})
    );
    assert_eq!(
        server
            .get(Some("bob"), "/api/v1/resources/notes/members")
            .await
            .body,
        json!({"members": [
            {"user": alice(), "permissions": "arw"},
            {"user": {"username": "bob", "provider": "test"}, "permissions": "wr"},
        ], "next_page_token": ""})
    );
}

#[tokio::test]
async fn an_invite_from_beginning_to_end() {
    let server = Server::with_notes().await;
    let options = json!({
        "permissions": "rw", "maxAge": "3600", "maxUses": 2, "message": "Hi <b>\n", "label": "Join",
        "extras": {"team": [1, 2.5, null]},
    });
    let created = server
        .post(Some("alice"), "/api/v1/resources/notes/invites", &options)
        .await;
    assert_eq!(created.status, 201);
    let key = created.body["key"].as_str().unwrap();
    assert!(key.starts_with("inv1_"));
    assert!(created.body["id"].as_str().unwrap().starts_with("invite_"));
    let mut expected = json!({
        "id": created.body["id"], "key": key, "resource": "notes", "permissions": "rw",
        "createdAt": "2026-11-21T05:21:08.803Z", "expiresAt": "2026-11-21T06:21:08.803Z", "createdBy": alice(),
        "status": "pending", "uses": 0, "maxUses": 2, "accepted": [], "message": "Hi <b>\n", "label": "Join",
        "extras": {"team": [1, 2.5, null]},
    });
    assert_eq!(created.body, expected);
    let path = "/api/v1/resources/notes/invites";
    assert_eq!(
        server.get(Some("alice"), path).await.body,
        json!({"invites": [expected], "next_page_token": ""})
    );

    let mut checked = expected.clone();
    let members = checked.as_object_mut().unwrap();
    members.remove("key");
    members.remove("label");
    members.insert("inviter".into(), alice());
    members.insert(
        "account".into(),
        json!({"username": "bob", "provider": "test"}),
    );
    members.insert("gained".into(), json!("w"));
    members.insert("current".into(), json!("r"));
    assert_eq!(server.check(Some("bob"), key).await.body, checked);
    assert_eq!(
        server.check(None, key).await.body,
        json!({
            "resource": "notes", "title": null, "message": "Hi <b>\n", "permissions": "rw", "expiresAt": "2026-11-21T06:21:08.803Z",
            "createdBy": {"displayName": "alice"},
        })
    );

    let accepted = json!({
        "resource": "notes", "permissions": "rw", "gained": "w", "already": false, "extras": {"team": [1, 2.5, null]},
    });
    let mut answer = server.accept(Some("bob"), key).await.body;
    // It has tests of its own.
    let receipt = answer.as_object_mut().unwrap().remove("receipt");
    assert!(receipt.is_some_and(|receipt| receipt.is_string()));
    assert_eq!(answer, accepted);
    let again = server
        .accept(Some("bob"), &format!("secret-token:{key}"))
        .await
        .body;
    assert_eq!(
        (&again["gained"], &again["already"], &again["permissions"]),
        (&json!(""), &json!(true), &json!("rw"))
    );

    expected["uses"] = json!(1);
    expected["accepted"] = json!([{"user": {"username": "bob", "provider": "test"}, "at": "2026-11-21T05:21:08.803Z"}]);
    assert_eq!(
        server.get(Some("alice"), path).await.body["invites"],
        json!([expected])
    );
    assert_eq!(
        server.check(Some("alice"), key).await.body["accepted"],
        expected["accepted"],
        "the inviter may know"
    );
    assert_eq!(
        server.check(Some("carol"), key).await.body["accepted"],
        json!([]),
        "others may not"
    );

    let removed = server
        .post(
            Some("alice"),
            "/api/v1/invites/remove",
            &json!({"key": key}),
        )
        .await;
    assert_eq!(
        removed.body,
        json!({"acknowledged": true, "deletedCount": 1})
    );
    assert_eq!(
        server.get(Some("alice"), path).await.body["invites"],
        json!([])
    );
    let listed = server
        .get(Some("alice"), &format!("{path}?status=removed"))
        .await
        .body;
    assert_eq!(listed["invites"][0]["status"], "removed");
    assert_eq!(
        server.get(Some("bob"), "/api/v1/resources").await.body["resources"][0]["permissions"],
        "rw"
    );
}

#[tokio::test]
async fn defaults_and_removal_by_id() {
    let server = Server::with_notes().await;
    let (id, key) = server.invite("alice", "notes", &json!({})).await;
    let checked = server.check(Some("carol"), &key).await.body;
    assert_eq!(checked["permissions"], "r");
    assert_eq!(checked["expiresAt"], "2026-11-28T05:21:08.803Z");
    assert!(checked.get("maxUses").is_none() && checked.get("extras").is_none());
    let removed = server
        .delete(
            Some("alice"),
            &format!("/api/v1/resources/notes/invites/{id}"),
        )
        .await;
    assert_eq!(
        removed.body,
        json!({"acknowledged": true, "deletedCount": 1})
    );
    assert_eq!(server.accept(Some("carol"), &key).await.code(), "removed");
}

#[tokio::test]
async fn keys_of_the_webstrates_dialect_work_here_too() {
    let server = Server::with_notes().await;
    let key = server.webstrates_invite("alice", "notes").await;
    let listed = server
        .get(Some("alice"), "/api/v1/resources/notes/invites")
        .await
        .body;
    assert_eq!(listed["invites"][0]["key"], key.as_str());
    assert_eq!(server.check(Some("carol"), &key).await.body["gained"], "r");
    assert_eq!(
        server.accept(Some("carol"), &key).await.body["permissions"],
        "r"
    );
    let removed = server
        .post(
            Some("alice"),
            "/api/v1/invites/remove",
            &json!({"key": key, "resource": "notes"}),
        )
        .await;
    assert_eq!(removed.status, 200);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = Server::with_notes().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(server.invite("alice", "notes", &json!({})).await.0);
    }
    made.reverse();
    let mut listed = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/api/v1/resources/notes/invites?page_size=2&page_token={token}");
        let page = server.get(Some("alice"), &path).await.body;
        listed.extend(
            page["invites"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, made);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let server = Server::with_notes().await;
    let (_, key) = server
        .invite("alice", "notes", &json!({"maxUses": 1}))
        .await;
    for _ in 0..5 {
        for who in [None, Some("alice"), Some("bob"), Some("carol")] {
            assert_eq!(server.check(who, &key).await.status, 200);
        }
    }
    let members = server
        .get(Some("alice"), "/api/v1/resources/notes/members")
        .await
        .body;
    assert_eq!(members["members"].as_array().unwrap().len(), 2);
    assert_eq!(
        server
            .get(Some("alice"), "/api/v1/resources/notes/invites")
            .await
            .body["invites"][0]["uses"],
        0
    );
}

#[tokio::test]
async fn without_its_writer_a_server_is_not_healthy() {
    let server = Server::start().await;
    assert_eq!(server.get(None, "/healthz").await.status, 200);
    // Who is signed in by then stays so.
    server.bearer("alice");
    // As a fault of ours would.
    let ends = |_: &State| -> Result<Decision<()>, Refusal> {
        panic!("the writer ends, as this test wants it")
    };
    let ended = server.store.transact(Scope::default(), ends).await;
    assert_eq!(ended, Err(Refusal::TryAgain));
    for path in ["/healthz", "/readyz"] {
        // Whoever asked is told before the thread is gone.
        let until_told = async {
            while server.get(None, path).await.status < 500 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(20), until_told).await;
        assert!(told.is_ok(), "{path}");
    }
    // What only reads goes on meanwhile.
    assert_eq!(
        server.get(Some("alice"), "/api/v1/resources").await.status,
        200
    );
}
