//! A new end for the same key.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn the_same_key_works_again() {
    let server = Server::with_notes().await;
    let (id, key) = server
        .invite("alice", "notes", &json!({"maxAge": 60, "maxUses": 1}))
        .await;
    let path = format!("/api/v1/invites/{id}/resend");
    server.pass_seconds(60);
    assert_eq!(server.accept(Some("erin"), &key).await.code(), "expired");
    let sent = server
        .post(Some("alice"), &path, &json!({"maxAge": 120}))
        .await;
    assert_eq!((sent.status, &sent.body["key"]), (200, &json!(key)));
    assert_eq!(sent.body["status"], "pending");
    server.pass_seconds(119);
    assert_eq!(server.accept(Some("erin"), &key).await.code(), "yes");

    let spent = server.post(Some("alice"), &path, &json!({})).await;
    assert_eq!((spent.status, spent.code()), (410, "exhausted"));
    for (body, field) in [
        (json!({"maxAge": 0}), "maxAge"),
        (json!({"maxAge": 2_592_001}), "maxAge"),
        (json!({"send": true}), "send"),
    ] {
        let refused = server.post(Some("alice"), &path, &body).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!(field))
        );
    }
}

#[tokio::test]
async fn what_is_removed_stays_removed_and_what_is_not_held_is_not_prolonged() {
    let server = Server::with_notes().await;
    let (id, key) = server
        .invite("alice", "notes", &json!({"permissions": "rw"}))
        .await;
    let path = format!("/api/v1/invites/{id}/resend");
    server.member("alice", "notes", "ar").await;
    let beyond = server.post(Some("alice"), &path, &json!({})).await;
    assert_eq!((beyond.status, beyond.code()), (403, "forbidden"));
    server
        .post(
            Some("alice"),
            "/api/v1/invites/remove",
            &json!({"key": key}),
        )
        .await;
    let removed = server.post(Some("alice"), &path, &json!({})).await;
    assert_eq!((removed.status, removed.code()), (410, "removed"));
    let unknown = server
        .post(Some("alice"), "/api/v1/invites/nothing/resend", &json!({}))
        .await;
    assert_eq!((unknown.status, unknown.code()), (404, "not_found"));
}
