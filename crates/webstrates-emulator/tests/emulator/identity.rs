//! Who is who: cookies, tokens, `hello`.

use serde_json::{Value, json};

use crate::emulator::{Emulator, error};
use crate::support::{Person, Socket, closed, connect, http, json_of};

async fn with_doc() -> Emulator {
    let emulator = Emulator::start(&[]);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    emulator
}

async fn token(person: &Person, path: &str, seconds: &str) -> Value {
    let response = person
        .request(reqwest::Method::POST, path)
        .form(&[("token", seconds)])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn the_cookie_counts_on_sockets_of_every_origin() {
    let emulator = with_doc().await;
    let alice = emulator.person("alice").await;
    let headers = [
        ("cookie", alice.cookie.as_str()),
        ("origin", "https://other.example"),
    ];
    let mut socket = Socket::open(&emulator.url, "/doc/", &headers).await;
    socket.list("doc").await;
    let mut socket = Socket::open(&emulator.url, "/doc/", &[("cookie", "session=broken")]).await;
    let reply = socket.call(json!({ "wa": "getInvites", "d": "doc" })).await;
    assert_eq!(error(&reply), "Must be logged in to handle invites");
}

#[tokio::test]
async fn signing_in_and_out_does_not_touch_open_sockets() {
    let emulator = with_doc().await;
    let (person, mut alice) = emulator.signed_in("alice").await;
    let out = person.get("/auth/logout").send().await.unwrap();
    assert_eq!(out.status(), 302);
    assert!(
        out.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    alice.list("doc").await;
}

#[tokio::test]
async fn the_form_signs_in_and_leads_back() {
    let emulator = with_doc().await;
    let form = http().get(emulator.at("/auth/test")).send().await.unwrap();
    assert!(form.text().await.unwrap().contains("name=\"username\""));
    for (to, location) in [
        ("", "/"),
        ("?continue=/doc/%3Fa", "/doc/?a"),
        ("?continue=//evil.example", "/"),
    ] {
        let response = http()
            .post(emulator.at(&format!("/auth/test{to}")))
            .form(&[("username", "alice"), ("password", "any")])
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers()["location"].to_str().unwrap()
            ),
            (302, location)
        );
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("session=")
                && cookie.ends_with("; path=/; Max-Age=31536000; httponly"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn a_token_stands_for_whoever_asked_for_it() {
    let emulator = with_doc().await;
    let alice = emulator.person("alice").await;
    let issued = token(&alice, "/doc/", "60").await;
    let members: Vec<&str> = issued
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        members,
        ["webstrateId", "username", "provider", "token", "expiration"]
    );
    assert_eq!(
        (&issued["username"], &issued["provider"]),
        (&json!("alice"), &json!("test"))
    );
    assert!((now() + 55..=now() + 61).contains(&issued["expiration"].as_i64().unwrap()));
    let text = issued["token"].as_str().unwrap();
    // It is bound to the id in the path, and there it may speak of any webstrate.
    emulator.webstrate("other", &[("alice", "arw")]).await;
    let mut socket = Socket::open(&emulator.url, &format!("/doc/?token={text}"), &[]).await;
    socket.list("other").await;
    let mut stream = connect(&emulator.url, &format!("/other/?token={text}"), &[]).await;
    assert_eq!(
        closed(&mut stream).await,
        (1002, "Invalid access token.".into())
    );
    let nobody = emulator.anonymous();
    assert_eq!(
        nobody
            .get(&format!("/doc/?json&token={text}"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let refused = nobody
        .get(&format!("/other/?json&token={text}"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.text().await.unwrap().as_str()
        ),
        (403, "Invalid access token.")
    );
    let refused = nobody
        .request(reqwest::Method::POST, &format!("/doc/?token={text}"))
        .form(&[("token", "60")])
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 403);
}

#[tokio::test]
async fn a_token_lasts_five_minutes_unless_asked_otherwise_and_names_nobody_too() {
    let emulator = with_doc().await;
    let alice = emulator.person("alice").await;
    for odd in ["", "abc", "0", "-5"] {
        let expiration = token(&alice, "/doc/", odd).await["expiration"]
            .as_i64()
            .unwrap();
        assert!((now() + 295..=now() + 301).contains(&expiration), "{odd}");
    }
    let issued = token(&emulator.anonymous(), "/doc/", "1").await;
    assert_eq!(
        (&issued["username"], &issued["provider"]),
        (&json!("anonymous"), &json!(""))
    );
}

#[tokio::test]
async fn tokens_die_when_data_auth_is_edited_and_not_when_an_invite_is_accepted() {
    let emulator = with_doc().await;
    let (alice, mut socket) = emulator.signed_in("alice").await;
    let issued = token(&alice, "/doc/", "60").await;
    let path = format!("/doc/?token={}", issued["token"].as_str().unwrap());
    let key = socket.create("doc", "r", 60).await;
    emulator.signed_in("bob").await.1.accept("doc", &key).await;
    let mut by_token = Socket::open(&emulator.url, &path, &[]).await;
    emulator.member("doc", "carol", Some("r")).await;
    let mut stream = connect(&emulator.url, &path, &[]).await;
    assert_eq!(closed(&mut stream).await.0, 1002);
    // Checked only when a socket opens.
    by_token.list("doc").await;
}

#[tokio::test]
async fn hello_says_who_one_is_on_the_socket_of_that_webstrate_alone() {
    let emulator = with_doc().await;
    let mut alice = emulator.socket_at("alice", "doc").await;
    let mut watcher = emulator.socket_at("alice", "doc").await;
    assert_eq!(json_of(alice.next().await.unwrap())["wa"], "userClientJoin");
    // For another webstrate nothing comes: the next frame answers the handshake.
    alice
        .send(&json!({ "a": "s", "c": "webstrates", "d": "other" }))
        .await;
    alice
        .send(&json!({ "a": "hs", "id": null, "protocol": 1, "protocolMinor": 2 }))
        .await;
    assert_eq!(json_of(alice.next().await.unwrap())["a"], "hs");
    for (socket, clients) in [(&mut watcher, 1), (&mut alice, 2)] {
        socket
            .send(&json!({ "a": "s", "c": "webstrates", "d": "doc" }))
            .await;
        let hello = json_of(socket.next().await.unwrap());
        assert_eq!(
            (&hello["wa"], &hello["d"]),
            (&json!("hello"), &json!("doc"))
        );
        assert_eq!(
            hello["user"],
            json!({ "userId": "alice:test", "username": "alice", "provider": "test", "displayName": "Alice" })
        );
        assert_eq!(hello["clients"].as_array().unwrap().len(), clients);
        let document = loop {
            let frame = json_of(socket.next().await.unwrap());
            if frame["a"] == "s" {
                break frame;
            }
        };
        assert_eq!(document["data"]["data"][0], "html");
    }
    // Subscribing makes visible.
    let join = json_of(watcher.next().await.unwrap());
    assert_eq!(join["wa"], "clientJoin");
    let mut bob = emulator.socket_at("bob", "doc").await;
    bob.send(&json!({ "a": "s", "c": "webstrates", "d": "doc" }))
        .await;
    assert_eq!(
        json_of(bob.next().await.unwrap())["error"]["message"],
        "Forbidden"
    );
}
