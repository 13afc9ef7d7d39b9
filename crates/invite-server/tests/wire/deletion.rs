//! A resource that is deleted is gone on every wire.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, Server};

const NOTES: &str = "/api/v1/resources/notes";

async fn ask(person: &Person, method: Method, path: &str) -> (u16, Value) {
    let answer = person.request(method, path).json(&json!({})).send().await;
    let answer = answer.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or_default(),
    )
}

#[tokio::test]
async fn open_sockets_lose_a_deleted_resource() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let bob = server.person("bob").await;
    let mut socket = alice.socket().await;
    let key = socket.create("notes", "r", 600).await;
    let (status, _) = ask(&alice, Method::DELETE, NOTES).await;
    assert_eq!(status, 200);
    let lost = "Need admin permissions to manage invites. User only has  on notes.";
    for operation in ["createInvite", "getInvites", "removeInvite"] {
        let options = json!({ "permissions": "r", "maxAge": 60, "key": key });
        let reply = socket
            .call(json!({ "wa": operation, "d": "notes", "options": options }))
            .await;
        assert_eq!(reply["error"], lost, "{operation}: {reply}");
    }
    let mut bobs = bob.socket().await;
    let refused = bobs.accept("notes", &key).await;
    assert_eq!(refused["error"], "Invalid invitation key", "{refused}");
    let read = alice.get("/notes/?v").send().await.unwrap();
    assert_eq!(read.status(), 403);

    // The name is free, and what is open from before has nothing of the later one.
    let (status, _) = ask(&bob, Method::PUT, NOTES).await;
    assert_eq!(status, 201);
    let reply = socket
        .call(json!({ "wa": "getInvites", "d": "notes" }))
        .await;
    assert_eq!(reply["error"], lost, "{reply}");
    assert!(bobs.list("notes").await.is_empty());
    let refused = socket.accept("notes", &key).await;
    assert_eq!(refused["error"], "Invalid invitation key", "{refused}");
}

/// What a copy has left because it was killed, the next start takes up.
#[tokio::test]
async fn what_is_left_of_a_deleted_resource_goes_with_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let (status, _) = Server::on(&database).stop();
    assert!(status.success());
    let rows = rusqlite::Connection::open(&database).unwrap();
    rows.execute(
        "UPDATE resources SET deleted_at = 1 WHERE name = 'recipes'",
        [],
    )
    .unwrap();
    drop(rows);
    let server = Server::on(&database);
    let carol = server.person("carol").await;
    loop {
        let (status, body) = ask(&carol, Method::PUT, "/api/v1/resources/recipes").await;
        if status == 201 {
            break;
        }
        assert_eq!(body["code"], "already_exists", "{body}");
        tokio::task::yield_now().await;
    }
}
