//! Connections that end: at once, at a call, by chance.

use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::support::{Socket, closed, next};

async fn with_doc() -> Emulator {
    let emulator = Emulator::start(&[]);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    emulator
}

fn create(token: &str) -> Value {
    json!({ "wa": "createInvite", "d": "doc", "options": { "permissions": "r", "maxAge": 60 }, "token": token })
}

#[tokio::test]
async fn all_sockets_are_cut_without_a_word_or_with_a_code() {
    let emulator = with_doc().await;
    let mut sockets = Vec::new();
    for name in ["alice", "bob"] {
        sockets.push(emulator.signed_in(name).await.1);
    }
    let cut = emulator
        .control("POST", "cut", &json!({ "user": "nobody" }))
        .await;
    assert_eq!(cut["cut"], 0);
    let cut = emulator.control("POST", "cut", &json!({})).await;
    assert_eq!(cut["cut"], 2);
    for socket in &mut sockets {
        assert!(next(&mut socket.stream).await.is_none());
    }
    let mut alice = emulator.signed_in("alice").await.1;
    emulator
        .control("POST", "cut", &json!({ "code": 1001 }))
        .await;
    assert_eq!(closed(&mut alice.stream).await.0, 1001);
}

#[tokio::test]
async fn a_call_is_cut_before_or_after_it_is_carried_out() {
    let emulator = with_doc().await;
    for (when, fate, count) in [("before", "cut", 0), ("after", "done", 1)] {
        emulator
            .settings(json!({ "cutOn": { "wa": "createInvite", "when": when } }))
            .await;
        let mut alice = emulator.signed_in("alice").await.1;
        alice.send(&create(when)).await;
        assert!(alice.next().await.is_none());
        assert_eq!(
            emulator.calls("createInvite").await.last().unwrap(),
            &(json!(when), json!(fate))
        );
        // Once only.
        let mut alice = emulator.signed_in("alice").await.1;
        assert_eq!(alice.list("doc").await.len(), count);
    }
}

#[tokio::test]
async fn chance_cuts_as_many_as_it_is_told_to() {
    let emulator = with_doc().await;
    let (person, mut old) = emulator.signed_in("alice").await;
    emulator
        .settings(json!({ "cutRandomly": { "from": 1, "to": 30, "times": 10 } }))
        .await;
    // Sockets that were open already are no exception.
    while old.next().await.is_some() {}
    for _ in 0..9 {
        let mut socket = person.socket().await;
        while socket.next().await.is_some() {}
    }
    let left = emulator.control("GET", "settings", &Value::Null).await;
    assert_eq!(left["cutRandomly"]["times"], 0);
    let mut socket = person.socket().await;
    assert!(socket.list("doc").await.is_empty());
    let open = emulator.control("GET", "sockets", &Value::Null).await;
    assert_eq!(open["sockets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_reset_leaves_nothing() {
    let emulator = with_doc().await;
    emulator
        .settings(json!({ "cache": 1, "answers": "withheld" }))
        .await;
    let mut alice = emulator.signed_in("alice").await.1;
    alice.send(&create("t")).await;
    emulator.control("POST", "reset", &Value::Null).await;
    while alice.next().await.is_some() {}
    let settings = emulator.control("GET", "settings", &Value::Null).await;
    assert_eq!(
        (&settings["cache"], &settings["answers"]),
        (&json!(300.0), &json!("given"))
    );
    assert!(emulator.calls("createInvite").await.is_empty());
    let mut alice = emulator.signed_in("alice").await.1;
    // What was a webstrate is a ghost now, on which everybody is admin.
    assert!(alice.list("doc").await.is_empty());
}

#[tokio::test]
async fn calls_are_listed_with_their_tokens_and_never_a_key() {
    let emulator = with_doc().await;
    let (person, mut alice) = emulator.signed_in("alice").await;
    let key = alice.create("doc", "r", 60).await;
    alice.accept("doc", &key).await;
    person
        .get(&format!("/doc/?acceptInvite={key}&v"))
        .send()
        .await
        .unwrap();
    let all = emulator.control("GET", "calls", &Value::Null).await;
    assert!(!all.to_string().contains(&key));
    let over: Vec<&str> = all["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["over"].as_str().unwrap())
        .collect();
    assert_eq!(over, ["socket", "socket", "GET"]);
    assert_eq!(
        emulator.calls("createInvite").await,
        [(json!("t1"), json!("done"))]
    );
}

#[tokio::test]
async fn no_other_site_plays_with_it() {
    let emulator = with_doc().await;
    let response = crate::support::http()
        .post(emulator.at("/emulate/reset"))
        .header("origin", "https://other.example")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
    assert!(emulator.permissions("doc", "alice").await.is_some());
}

#[tokio::test]
async fn a_session_outlives_the_server() {
    let emulator = with_doc().await;
    let listen = emulator.url.trim_start_matches("http://").to_owned();
    let person = emulator.person("alice").await;
    drop(emulator);
    let again = Emulator::start_at(&listen, &[]);
    let mut socket = Socket::open(&again.url, "/doc/", &[("cookie", &person.cookie)]).await;
    // The webstrate is gone with the memory, the person is not.
    assert!(socket.list("doc").await.is_empty());
}
