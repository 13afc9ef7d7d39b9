//! What is never answered, what is answered late, and what comes unasked.

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::emulator::Emulator;
use crate::support::{Socket, closed, connect, json_of, next};

async fn with_doc(arguments: &[&str]) -> Emulator {
    let emulator = Emulator::start(arguments);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    emulator
}

fn get(token: &str) -> String {
    json!({ "wa": "getInvites", "d": "doc", "token": token }).to_string()
}

#[tokio::test]
async fn what_somebody_signed_in_sends_before_init_is_lost() {
    let emulator = with_doc(&["--init-delay", "1500"]).await;
    let alice = emulator.person("alice").await;
    let mut stream = connect(&emulator.url, "/doc/", &[("cookie", &alice.cookie)]).await;
    for _ in 0..30 {
        stream.send(Message::text(get("early"))).await.unwrap();
    }
    assert_eq!(json_of(next(&mut stream).await.unwrap())["a"], "init");
    stream.send(Message::text(get("late"))).await.unwrap();
    assert_eq!(json_of(next(&mut stream).await.unwrap())["token"], "late");
    let lost = emulator.calls("getInvites").await;
    assert_eq!(lost.iter().filter(|(_, fate)| fate == "lost").count(), 30);
    assert_eq!(lost.last().unwrap(), &(json!("late"), json!("done")));
}

#[tokio::test]
async fn what_nobody_sends_before_init_is_answered() {
    let emulator = with_doc(&["--init-delay", "1500"]).await;
    let mut stream = connect(&emulator.url, "/doc/", &[]).await;
    stream.send(Message::text(get("early"))).await.unwrap();
    let reply = json_of(next(&mut stream).await.unwrap());
    assert_eq!(reply["error"], "Must be logged in to handle invites");
    assert_eq!(json_of(next(&mut stream).await.unwrap())["a"], "init");
}

#[tokio::test]
async fn nonsense_is_never_answered() {
    let emulator = with_doc(&[]).await;
    let mut alice = emulator.signed_in("alice").await.1;
    for text in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        r#"{"type":"alive"}"#,
        r#"{"wa":"noSuchInvite","d":"doc","token":"t"}"#,
        r#"{"wa":7,"token":"t"}"#,
        r#"{"a":"nonsense","d":"doc"}"#,
    ] {
        alice.send_text(text).await;
        // The next frame answers the next call.
        alice.list("doc").await;
    }
    // Without a token there is an answer, which nobody can be sure is theirs.
    alice.send(&json!({ "wa": "getInvites", "d": "doc" })).await;
    let reply = json_of(alice.next().await.unwrap());
    assert_eq!(reply, json!({ "wa": "reply", "reply": [] }));
}

#[tokio::test]
async fn answers_overtake_each_other() {
    let emulator = with_doc(&["--jitter", "80"]).await;
    let mut alice = emulator.signed_in("alice").await.1;
    for token in 0..30 {
        alice
            .send(&json!({ "wa": "getInvites", "d": "doc", "token": token }))
            .await;
    }
    let mut came = Vec::new();
    for _ in 0..30 {
        came.push(
            json_of(alice.next().await.unwrap())["token"]
                .as_u64()
                .unwrap(),
        );
    }
    assert!(!came.is_sorted(), "{came:?}");
    came.sort_unstable();
    assert!(came.into_iter().eq(0..30));
}

#[tokio::test]
async fn another_socket_of_the_same_user_makes_noise() {
    let emulator = with_doc(&[]).await;
    let (person, mut first) = emulator.signed_in("alice").await;
    let mut bob = emulator.signed_in("bob").await.1;
    let second = person.socket().await;
    let join = json_of(first.next().await.unwrap());
    assert_eq!(
        (&join["wa"], &join["userClient"]["userId"]),
        (&json!("userClientJoin"), &json!("alice:test"))
    );
    drop(second);
    let part = json_of(first.next().await.unwrap());
    assert_eq!(
        (&part["wa"], &part["id"]),
        (&json!("clientPart"), &join["id"])
    );
    // Not to others.
    bob.call(json!({ "wa": "getInvites", "d": "doc" })).await;
}

#[tokio::test]
async fn a_message_beyond_a_hundred_mebibytes_ends_the_socket() {
    let emulator = with_doc(&[]).await;
    let mut alice = emulator.signed_in("alice").await.1;
    let large = "x".repeat(100 * 1024 * 1024 + 1);
    // The other end may have closed before all is written.
    let _ = alice.stream.send(Message::text(large)).await;
    assert_eq!(closed(&mut alice.stream).await.0, 1009);
}

#[tokio::test]
async fn a_webstrates_without_invites_never_answers_them() {
    let emulator = with_doc(&[]).await;
    emulator.settings(json!({ "invites": false })).await;
    let (person, mut alice) = emulator.signed_in("alice").await;
    alice.send_text(&get("t")).await;
    // It still is a Webstrates: the next frame answers the handshake.
    alice
        .send(&json!({ "a": "hs", "id": null, "protocol": 1, "protocolMinor": 2 }))
        .await;
    assert_eq!(json_of(alice.next().await.unwrap())["a"], "hs");
    let response = person
        .get("/doc/?acceptInvite=nonsense&v")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        emulator.calls("getInvites").await,
        [(json!("t"), json!("unknown"))]
    );
}

#[tokio::test]
async fn muted_it_carries_out_or_not_and_says_nothing() {
    let emulator = with_doc(&[]).await;
    let mut alice = emulator.signed_in("alice").await.1;
    let create = json!({ "wa": "createInvite", "d": "doc", "options": { "permissions": "r", "maxAge": 60 }, "token": "t" });
    for (answers, count) in [("ignored", 0), ("withheld", 1)] {
        emulator.settings(json!({ "answers": answers })).await;
        alice.send(&create).await;
        let fate = wait_for_call(&emulator, "createInvite").await;
        assert_eq!(fate, if count == 0 { "ignored" } else { "done" });
        emulator.settings(json!({ "answers": "given" })).await;
        assert_eq!(alice.list("doc").await.len(), count);
        emulator.control("DELETE", "calls", &Value::Null).await;
    }
}

async fn wait_for_call(emulator: &Emulator, wa: &str) -> Value {
    loop {
        match emulator.calls(wa).await.pop() {
            Some((_, fate)) if fate != "underWay" => return fate,
            _ => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn sockets_can_be_refused_closed_or_silent() {
    let emulator = with_doc(&[]).await;
    let alice = emulator.person("alice").await;
    emulator.settings(json!({ "sockets": "closed" })).await;
    let mut stream = connect(&emulator.url, "/doc/", &[("cookie", &alice.cookie)]).await;
    assert_eq!(closed(&mut stream).await, (1005, String::new()));
    emulator.settings(json!({ "sockets": "refused" })).await;
    let address = format!("{}/doc/", emulator.url.replacen("http", "ws", 1));
    let refused = tokio_tungstenite::connect_async(address).await;
    assert!(format!("{:?}", refused.err().unwrap()).contains("503"));
    emulator.settings(json!({ "sockets": "silent" })).await;
    let mut stream = connect(&emulator.url, "/doc/", &[("cookie", &alice.cookie)]).await;
    // No init: the first frame is the answer to the first call.
    stream.send(Message::text(get("t"))).await.unwrap();
    assert_eq!(json_of(next(&mut stream).await.unwrap())["token"], "t");
    // As with the original's own way to have none.
    emulator.settings(json!({ "sockets": "open" })).await;
    let mut stream = connect(&emulator.url, "/doc/?noop", &[("cookie", &alice.cookie)]).await;
    stream.send(Message::text(get("t"))).await.unwrap();
    assert_eq!(json_of(next(&mut stream).await.unwrap())["token"], "t");
}

#[tokio::test]
async fn a_socket_is_refused_where_there_is_no_webstrate() {
    let emulator = with_doc(&[]).await;
    for path in ["/", "/doc/part", "/doc/part/", "/%ff/"] {
        let mut stream = connect(&emulator.url, path, &[]).await;
        assert_eq!(closed(&mut stream).await, (1005, String::new()), "{path}");
    }
    for path in ["/doc", "/doc/?x", "/anything.at-all_/"] {
        Socket::open(&emulator.url, path, &[]).await;
    }
}
