//! Each behaviour of the table, with the emulator and with our own mode.

mod addresses;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::behaviours::BEHAVIOURS;
use crate::emulator::Emulator;
use crate::support::{Place, Socket, connect, json_of, next, own};

const PEOPLE: [&str; 8] = [
    "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan",
];

#[tokio::test]
async fn both_behave_as_the_table_says() {
    let mut done = BTreeSet::new();
    for behaviour in BEHAVIOURS {
        let emulator = Emulator::start(timing(behaviour.name));
        let own = own().await;
        let (there, here) = tokio::join!(
            probe(behaviour.name, &emulator),
            probe(behaviour.name, &own)
        );
        assert_eq!(
            there, behaviour.original,
            "Webstrates 1.8: {}",
            behaviour.name
        );
        assert_eq!(here, behaviour.ours, "our own mode: {}", behaviour.name);
        assert_ne!(here, there, "no difference, strike it from the table");
        done.insert(behaviour.name);
    }
    assert_eq!(done.len(), BEHAVIOURS.len(), "a behaviour is there twice");
}

/// Where time decides, so much of it that a slow machine changes nothing.
fn timing(name: &str) -> &'static [&'static str] {
    match name {
        "a call of somebody signed in, before `init`" => &["--init-delay", "1500"],
        "eight people accept at once" => &["--write", "1500", "--overwrite", "0"],
        "eight people accept at once, at the worst" => &["--write", "1500", "--overwrite", "1"],
        _ => &[],
    }
}

/// Does it; what came of it, in the table's words.
async fn probe(name: &str, server: &Place) -> String {
    server.member("doc", "alice", Some("arw")).await;
    match name {
        "a call of somebody signed in, before `init`" => early(server).await,
        "eight people accept at once" | "eight people accept at once, at the worst" => {
            at_once(server).await
        }
        "accepting `r`, `w`, `a`, one after another" => one_after_another(server).await,
        "using an `a` just accepted, having had `r`" => used_at_once(server).await,
        "granting letters that the inviter lacks" => beyond(server).await,
        "accepting an invite to a letter that its inviter has lost since" => {
            lost_since(server).await
        }
        "accepting once more what was removed since" => removed_since(server).await,
        "a call without a token" => without_token(server).await,
        "a message of 70 000 bytes" => large(server).await,
        "the order of `getInvites`" => order(server).await,
        "`hs` and `s` for another webstrate than the socket's" => {
            hello(server, "alice", "other").await
        }
        "`hs` and `s` for the socket's webstrate, without `r`" => hello(server, "bob", "doc").await,
        "an operation on the document" => operation(server).await,
        "a second socket of the same user" => second_socket(server).await,
        "a socket with the cookie, from another origin" => other_origin(server).await,
        "the session cookie" => addresses::cookie(server).await,
        "`GET /auth/logout`" => addresses::signing_out(server).await,
        "an access token after somebody's rights were edited" => addresses::token(server).await,
        "a call for another webstrate on a socket opened with an access token" => {
            addresses::token_elsewhere(server).await
        }
        "an access token that ends while its socket is open" => {
            addresses::token_that_ends(server).await
        }
        "an access token for nobody" => addresses::token_for_nobody(server).await,
        "the page of a webstrate one may not read" => addresses::page(server).await,
        "`?v` of a webstrate that does not exist" => addresses::ghost(server).await,
        "`GET /`" => addresses::root(server).await,
        "`/.well-known/invite-keys`" => addresses::well_known(server).await,
        unknown => panic!("nothing does {unknown:?}"),
    }
}

async fn socket(server: &Place, username: &str) -> Socket {
    server.person(username).await.socket().await
}

/// Replies may come in any order, so an answer to the later call says nothing about the earlier one: it gets time.
async fn early(server: &Place) -> String {
    let alice = server.person("alice").await;
    let headers = [("cookie", alice.cookie.as_str()), ("origin", &server.url)];
    let mut stream = connect(&server.url, "/doc/", &headers).await;
    let call = |token: &str| {
        Message::text(json!({ "wa": "getInvites", "d": "doc", "token": token }).to_string())
    };
    stream.send(call("early")).await.unwrap();
    let mut patience = Duration::from_secs(60);
    loop {
        let Ok(frame) = timeout(patience, next(&mut stream)).await else {
            return "lost".into();
        };
        match json_of(frame.unwrap())["token"].as_str() {
            None => stream.send(call("late")).await.unwrap(),
            Some("early") => return "answered".into(),
            _ => patience = Duration::from_secs(5),
        }
    }
}

async fn at_once(server: &Place) -> String {
    let key = socket(server, "alice").await.create("doc", "r", 60).await;
    let mut sockets = Vec::new();
    for name in PEOPLE {
        sockets.push(socket(server, name).await);
    }
    let accepts = sockets.iter_mut().map(|socket| socket.accept("doc", &key));
    let replies = futures_util::future::join_all(accepts).await;
    let good = replies.iter().filter(|reply| reply["reply"] == "r").count();
    let document = document(server).await;
    let there = PEOPLE
        .iter()
        .filter(|name| document.contains(*name))
        .count();
    let (succeed, are) = (
        if good == 1 { "succeeds" } else { "succeed" },
        if there == 1 { "is" } else { "are" },
    );
    format!("{good} of 8 {succeed}, {there} {are} there")
}

/// The text of `data-auth`.
async fn document(server: &Place) -> String {
    let alice = server.person("alice").await;
    let document: Value = alice
        .get("/doc/?json")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    document[1]["data-auth"].as_str().unwrap().to_owned()
}

async fn one_after_another(server: &Place) -> String {
    let mut alice = socket(server, "alice").await;
    let mut bob = socket(server, "bob").await;
    server.member("doc", "bob", Some("r")).await;
    let mut said = Vec::new();
    for letter in ["w", "a"] {
        let key = alice.create("doc", letter, 60).await;
        said.push(
            bob.accept("doc", &key).await["reply"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let auth: Vec<Value> = serde_json::from_str(&document(server).await).unwrap();
    let entry = auth
        .iter()
        .find(|entry| entry["username"] == "bob")
        .unwrap();
    assert_eq!(entry["permissions"], said[1].as_str());
    let lost = if said[1].contains('w') {
        ""
    } else {
        ": the `w` is lost"
    };
    format!("`{}`, then `{}`{lost}", said[0], said[1])
}

async fn used_at_once(server: &Place) -> String {
    server.member("doc", "bob", Some("r")).await;
    let key = socket(server, "alice").await.create("doc", "a", 60).await;
    let mut bob = socket(server, "bob").await;
    bob.accept("doc", &key).await;
    let reply = bob.call(json!({ "wa": "getInvites", "d": "doc" })).await;
    match reply["error"].as_str() {
        None => "allowed".into(),
        Some(error) => format!(
            "`{}`",
            error.split(". ").nth(1).unwrap().trim_end_matches('.')
        ),
    }
}

async fn beyond(server: &Place) -> String {
    server.member("doc", "bob", Some("a")).await;
    let options = json!({ "permissions": "rw", "maxAge": 60 });
    let reply = socket(server, "bob")
        .await
        .call(json!({ "wa": "createInvite", "d": "doc", "options": options }))
        .await;
    match reply["error"].as_str() {
        None => "created".into(),
        Some(error) => format!("`{}: …`", error.split(": ").next().unwrap()),
    }
}

async fn accepting(socket: &mut Socket, key: &str) -> String {
    let answer = socket.accept("doc", key).await;
    let said = answer["reply"].as_str().or(answer["error"].as_str());
    format!("`{}`", said.unwrap())
}

async fn lost_since(server: &Place) -> String {
    server.member("doc", "bob", Some("arw")).await;
    let key = socket(server, "bob").await.create("doc", "w", 60).await;
    server.member("doc", "bob", Some("ar")).await;
    accepting(&mut socket(server, "carol").await, &key).await
}

async fn removed_since(server: &Place) -> String {
    let (mut alice, mut bob) = (socket(server, "alice").await, socket(server, "bob").await);
    let key = alice.create("doc", "r", 60).await;
    assert_eq!(accepting(&mut bob, &key).await, "`r`");
    let frame = json!({ "wa": "removeInvite", "d": "doc", "options": { "key": key } });
    assert!(alice.call(frame).await["error"].is_null());
    accepting(&mut bob, &key).await
}

async fn without_token(server: &Place) -> String {
    let mut alice = socket(server, "alice").await;
    alice.send(&json!({ "wa": "getInvites", "d": "doc" })).await;
    // Answers may overtake each other, but not by as much as this.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    alice
        .send(&json!({ "wa": "getInvites", "d": "doc", "token": "end" }))
        .await;
    let mut answers = 0;
    while json_of(alice.next().await.unwrap())["token"] != "end" {
        answers += 1;
    }
    if answers == 0 {
        "ignored"
    } else {
        "answered, without a token"
    }
    .into()
}

async fn large(server: &Place) -> String {
    let mut alice = socket(server, "alice").await;
    let frame =
        json!({ "wa": "getInvites", "d": "doc", "token": "t", "padding": "x".repeat(70_000) });
    alice.send(&frame).await;
    match alice.next().await.unwrap() {
        Message::Close(Some(frame)) => format!("closed, {}", u16::from(frame.code)),
        _ => "answered".into(),
    }
}

async fn order(server: &Place) -> String {
    let mut alice = socket(server, "alice").await;
    let first = alice.create("doc", "r", 60).await;
    // Of two made in the same millisecond none is the newer.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    alice.create("doc", "r", 60).await;
    let all = alice.list("doc").await;
    if all[0]["key"] == first {
        "oldest first"
    } else {
        "newest first"
    }
    .into()
}

async fn hello(server: &Place, username: &str, id: &str) -> String {
    let mut socket = socket(server, username).await;
    socket
        .send(&json!({ "a": "hs", "id": null, "protocol": 1, "protocolMinor": 2 }))
        .await;
    socket
        .send(&json!({ "a": "s", "c": "webstrates", "d": id }))
        .await;
    socket
        .send(&json!({ "wa": "getInvites", "d": "doc", "token": "end" }))
        .await;
    loop {
        let frame = json_of(socket.next().await.unwrap());
        match frame["wa"].as_str() {
            Some("hello") => return "`hello`".into(),
            Some("reply") => return "no `hello`".into(),
            _ => {}
        }
    }
}

async fn operation(server: &Place) -> String {
    let mut alice = socket(server, "alice").await;
    let component = json!({ "p": [1, "data-x"], "oi": "1" });
    alice.send(&json!({ "a": "op", "c": "webstrates", "d": "doc", "v": 2, "seq": 1, "op": [component] })).await;
    alice
        .send(&json!({ "wa": "getInvites", "d": "doc", "token": "end" }))
        .await;
    while json_of(alice.next().await.unwrap())["wa"] != "reply" {}
    let person = server.person("alice").await;
    let document = person
        .get("/doc/?json")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    if document.contains("data-x") {
        "carried out"
    } else {
        "ignored"
    }
    .into()
}

async fn second_socket(server: &Place) -> String {
    let person = server.person("alice").await;
    let mut first = person.socket().await;
    let _second = person.socket().await;
    first
        .send(&json!({ "wa": "getInvites", "d": "doc", "token": "end" }))
        .await;
    let frame = json_of(first.next().await.unwrap());
    match frame["wa"].as_str().unwrap() {
        "reply" => "no frame".into(),
        other => format!("`{other}` on the first"),
    }
}

async fn other_origin(server: &Place) -> String {
    let alice = server.person("alice").await;
    let headers = [
        ("cookie", alice.cookie.as_str()),
        ("origin", "https://other.example"),
    ];
    let mut socket = Socket::open(&server.url, "/doc/", &headers).await;
    let reply = socket.call(json!({ "wa": "getInvites", "d": "doc" })).await;
    if reply["error"].is_null() {
        "signed in"
    } else {
        "anonymous"
    }
    .into()
}
