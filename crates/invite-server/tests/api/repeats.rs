//! `Idempotency-Key`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const INVITES: &str = "/api/v1/resources/notes/invites";

async fn create(server: &Server, key: &str, body: &Value) -> Answer {
    let request = server.request(Some("alice"), Method::POST, INVITES);
    server
        .send(request.header("idempotency-key", key).json(body))
        .await
}

#[tokio::test]
async fn the_same_key_and_body_make_one_invite() {
    let server = Server::with_notes().await;
    let body = json!({"maxAge": 60, "message": "Hello"});
    let first = create(&server, "one-2026", &body).await;
    assert_eq!(first.status, 201);
    let again = create(&server, "one-2026", &body).await;
    assert_eq!(
        (again.status, &again.body),
        (201, &first.body),
        "key and all"
    );
    let other = create(&server, "one-2026", &json!({"maxAge": 61})).await;
    assert_eq!((other.status, other.code()), (422, "invalid_option"));
    assert_eq!(other.body["field"], "Idempotency-Key");
    assert_ne!(
        create(&server, "two", &body).await.body["id"],
        first.body["id"]
    );

    server
        .accept(Some("erin"), first.body["key"].as_str().unwrap())
        .await;
    let used = create(&server, "one-2026", &body).await;
    assert_eq!(used.body["uses"], 1, "as it stands now");
    assert_eq!(used.body["accepted"][0]["user"]["username"], "erin");
    server.pass_seconds(24 * 3600);
    assert_ne!(
        create(&server, "one-2026", &body).await.body["id"],
        first.body["id"]
    );
}

#[tokio::test]
async fn keys_that_cannot_be() {
    let server = Server::with_notes().await;
    for key in ["", "a b", &"x".repeat(256)] {
        let answer = create(&server, key, &json!({})).await;
        assert_eq!(
            (answer.status, &answer.body["field"]),
            (422, &json!("Idempotency-Key")),
            "{key:?}"
        );
    }
    assert_eq!(
        create(&server, &"x".repeat(255), &json!({})).await.status,
        201
    );
}

#[tokio::test]
async fn two_keys_are_none() {
    let server = Server::with_notes().await;
    for (one, other) in [("one", "two"), ("one", "one")] {
        let request = server.request(Some("alice"), Method::POST, INVITES);
        let request = request.header("idempotency-key", one);
        let request = request.header("idempotency-key", other);
        let answer = server.send(request.json(&json!({}))).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid_option"));
        assert_eq!(answer.body["field"], "Idempotency-Key");
    }
    let listed = server.get(Some("alice"), INVITES).await;
    assert_eq!(listed.body["invites"], json!([]));
}
