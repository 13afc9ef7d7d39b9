//! Creating: nothing is checked. And webstrates that do not exist, or say nothing of permissions.

use serde_json::{Value, json};

use crate::emulator::{Emulator, error};
use crate::support::Socket;

async fn create(socket: &mut Socket, id: &str, options: Value) -> Value {
    socket
        .call(json!({ "wa": "createInvite", "d": id, "options": options }))
        .await
}

async fn emulator() -> (Emulator, Socket) {
    let emulator = Emulator::start(&[]);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    let alice = emulator.signed_in("alice").await.1;
    (emulator, alice)
}

#[tokio::test]
async fn a_dead_key_is_a_success() {
    let (_emulator, mut alice) = emulator().await;
    for options in [
        json!({ "permissions": "r", "maxAge": 0 }),
        json!({ "permissions": "r", "maxAge": -5 }),
        json!({ "permissions": "r", "maxAge": null }),
        json!({ "permissions": "r", "maxAge": "abc" }),
        json!({ "permissions": "r", "maxAge": 0.9 }),
        json!({ "permissions": "r" }),
    ] {
        let reply = create(&mut alice, "doc", options.clone()).await;
        let key = reply["reply"]["key"].as_str().unwrap().to_owned();
        let check = json!({ "wa": "checkInvite", "d": "doc", "options": { "key": key } });
        assert_eq!(
            error(&alice.call(check).await),
            "Invalid invitation key",
            "{options}"
        );
    }
    assert!(alice.list("doc").await.is_empty());
}

#[tokio::test]
async fn a_life_is_capped_at_thirty_days() {
    let (_emulator, mut alice) = emulator().await;
    let reply = create(
        &mut alice,
        "doc",
        json!({ "permissions": "r", "maxAge": "99999999" }),
    )
    .await;
    let date =
        |name: &str| -> jiff::Timestamp { reply["reply"][name].as_str().unwrap().parse().unwrap() };
    assert_eq!(
        date("expiresAt")
            .duration_since(date("createdAt"))
            .as_secs(),
        2_592_000
    );
}

#[tokio::test]
async fn what_was_not_checked_is_merged_as_javascript_would() {
    let (emulator, mut alice) = emulator().await;
    for (name, permissions, merged) in [
        ("bob", json!(null), "nul"),
        ("carol", json!(false), "fals"),
        ("dave", json!("rr"), "r"),
        ("erin", json!(["r", "w"]), "r,w"),
    ] {
        let reply = create(
            &mut alice,
            "doc",
            json!({ "permissions": permissions, "maxAge": 60 }),
        )
        .await;
        let key = reply["reply"]["key"].as_str().unwrap().to_owned();
        let reply = emulator.signed_in(name).await.1.accept("doc", &key).await;
        let expected = if name == "carol" { "false" } else { merged };
        assert_eq!(reply["reply"], expected);
    }
}

#[tokio::test]
async fn a_stray_letter_locks_everybody_else_out_of_an_open_webstrate() {
    let emulator = Emulator::start(&[]);
    emulator.control("PUT", "webstrates/open", &json!({})).await;
    let mut alice = emulator.signed_in("alice").await.1;
    let mut bob = emulator.signed_in("bob").await.1;
    // Everybody may do everything, so accepting adds nothing and writes nothing.
    let key = alice.create("open", "r", 60).await;
    assert_eq!(bob.accept("open", &key).await["reply"], "arw");
    assert_eq!(emulator.permissions("open", "bob").await, None);
    let key = alice.create("open", "x", 60).await;
    assert_eq!(bob.accept("open", &key).await["reply"], "arwx");
    emulator.control("DELETE", "cache", &Value::Null).await;
    let reply = alice.call(json!({ "wa": "getInvites", "d": "open" })).await;
    assert_eq!(
        error(&reply),
        "Need admin permissions to manage invites. User only has  on open."
    );
}

#[tokio::test]
async fn a_ghost_takes_invites_and_fails_at_accepting() {
    let emulator = Emulator::start(&[]);
    let (alice, mut socket) = emulator.signed_in("alice").await;
    let key = socket.create("ghost", "r", 60).await;
    assert_eq!(
        error(&socket.accept("ghost", &key).await),
        "next is not defined"
    );
    let response = alice
        .get(&format!("/ghost/?acceptInvite={key}&v"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 409);
    assert_eq!(
        response.text().await.unwrap(),
        "ReferenceError: next is not defined"
    );
    assert_eq!(
        alice.get("/ghost/?json").send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn missing_parts_are_javascript_faults() {
    let (_emulator, mut alice) = emulator().await;
    for (frame, text) in [
        (
            json!({ "wa": "createInvite", "d": "doc" }),
            "Cannot read properties of undefined (reading 'maxAge')",
        ),
        (
            json!({ "wa": "createInvite", "d": "doc", "options": null }),
            "Cannot read properties of null (reading 'maxAge')",
        ),
        (
            json!({ "wa": "removeInvite", "d": "doc" }),
            "Cannot read properties of undefined (reading 'key')",
        ),
        (
            json!({ "wa": "checkInvite", "d": "doc" }),
            "Cannot read properties of undefined (reading 'key')",
        ),
        (
            json!({ "wa": "acceptInvite" }),
            "Cannot read properties of undefined (reading 'key')",
        ),
        (
            json!({ "wa": "acceptInvite", "d": "doc", "options": {} }),
            "Invalid invitation key",
        ),
        (
            json!({ "wa": "checkInvite", "options": { "key": "x" } }),
            "Invalid invitation key",
        ),
        (json!({ "wa": "getInvites" }), "Missing webstrateId"),
        (
            json!({ "wa": "getInvites", "d": "" }),
            "Missing webstrateId",
        ),
        (
            json!({ "wa": "removeInvite", "options": {} }),
            "Missing webstrateId",
        ),
    ] {
        assert_eq!(error(&alice.call(frame.clone()).await), text, "{frame}");
    }
}

#[tokio::test]
async fn a_thousand_invites_are_one_frame() {
    let (_emulator, mut alice) = emulator().await;
    for _ in 0..1000 {
        alice.create("doc", "r", 60).await;
    }
    let all = alice.list("doc").await;
    assert_eq!(all.len(), 1000);
    assert!(all.iter().all(|invite| invite.get("_id").is_none()));
}
