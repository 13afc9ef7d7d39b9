//! Who somebody is: cookie, origin, bearer, access token, sign-in and sign-out.

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Person, Server, Socket, closed, connect, http, json_of};

/// The user name that a socket says hello to.
async fn name_of(mut socket: Socket) -> String {
    socket
        .send(&json!({ "a": "s", "c": "webstrates", "d": "doc" }))
        .await;
    let hello = json_of(socket.next().await.unwrap());
    assert_eq!(
        (&hello["wa"], &hello["d"]),
        (&json!("hello"), &json!("doc"))
    );
    hello["user"]["username"].as_str().unwrap().to_owned()
}

async fn token(person: &Person, id: &str, seconds: &str) -> Value {
    let response = person
        .request(reqwest::Method::POST, &format!("/{id}/"))
        .form(&[("token", seconds)])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_cookie_counts_on_a_socket_from_our_own_origin_only() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let port = server.url.rsplit(':').next().unwrap().to_owned();
    let localhost = format!("http://localhost:{port}");
    let other_port = "http://127.0.0.1:1".to_owned();
    for (origin, name) in [
        (Some(&server.url), "alice"),
        (Some(&localhost), "alice"),
        (None, "anonymous"),
        (Some(&"null".to_owned()), "anonymous"),
        (Some(&"https://evil.example".to_owned()), "anonymous"),
        (Some(&other_port), "anonymous"),
    ] {
        let mut headers = vec![("cookie", alice.cookie.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin.as_str())));
        assert_eq!(
            name_of(Socket::open(&server.url, "/doc/", &headers).await).await,
            name,
            "{origin:?}"
        );
    }
}

#[tokio::test]
async fn a_broken_cookie_or_that_of_another_server_is_nobody() {
    let server = Server::demo(&[]);
    let elsewhere = Server::demo(&[]).person("alice").await;
    for cookie in [elsewhere.cookie.as_str(), "session=x", "session="] {
        let headers = [("cookie", cookie), ("origin", server.url.as_str())];
        assert_eq!(
            name_of(Socket::open(&server.url, "/doc", &headers).await).await,
            "anonymous"
        );
    }
}

#[tokio::test]
async fn a_bearer_counts_on_socket_and_http() {
    let server = Server::demo(&[]);
    let bearer = format!("Bearer {}", server.person("alice").await.bearer);
    assert_eq!(
        name_of(Socket::open(&server.url, "/doc/", &[("authorization", &bearer)]).await).await,
        "alice"
    );
    let document = http()
        .get(server.at("/notes/?v"))
        .header("authorization", &bearer)
        .send()
        .await
        .unwrap();
    assert_eq!(document.status(), 200);
    let issued = http()
        .post(server.at("/notes/"))
        .header("authorization", &bearer)
        .form(&[("token", "60")])
        .send()
        .await
        .unwrap();
    assert_eq!(issued.json::<Value>().await.unwrap()["username"], "alice");
}

#[tokio::test]
async fn an_access_token_opens_its_own_webstrate_alone() {
    let server = Server::demo(&[]);
    server.member("doc", "alice", Some("arw")).await;
    server.member("few", "alice", Some("arw")).await;
    let alice = server.person("alice").await;
    let issued = token(&alice, "doc", "60").await;
    let names: Vec<&String> = issued.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["webstrateId", "username", "provider", "token", "expiration"]
    );
    assert_eq!(
        (
            &issued["webstrateId"],
            &issued["username"],
            &issued["provider"]
        ),
        (&json!("doc"), &json!("alice"), &json!("test"))
    );
    let left = issued["expiration"].as_i64().unwrap() - jiff::Timestamp::now().as_second();
    assert!((58..=60).contains(&left), "{left}");
    let text = issued["token"].as_str().unwrap();

    // From nowhere, from another origin, with somebody else's cookie: the token says who.
    let bob = server.person("bob").await;
    for headers in [
        vec![],
        vec![("origin", "https://evil.example")],
        vec![
            ("cookie", bob.cookie.as_str()),
            ("origin", server.url.as_str()),
        ],
    ] {
        let mut socket = Socket::open(&server.url, &format!("/doc/?token={text}"), &headers).await;
        assert!(socket.list("doc").await.is_empty());
        // On every other webstrate, hers too, it is nobody's.
        for call in [
            json!({ "wa": "getInvites", "d": "few" }),
            json!({ "wa": "createInvite", "d": "few", "options": { "permissions": "r", "maxAge": 60 } }),
            json!({ "wa": "checkInvite", "d": "few", "options": { "key": "0".repeat(64) } }),
        ] {
            let reply = socket.call(call.clone()).await;
            assert_eq!(
                reply["error"], "Must be logged in to handle invites",
                "{call}"
            );
        }
        socket
            .send(&json!({ "a": "s", "c": "webstrates", "d": "few" }))
            .await;
        let hello = json_of(socket.next().await.unwrap());
        assert_eq!(hello["user"]["username"], "anonymous");
        assert_eq!(name_of(socket).await, "alice");
    }
    // Another address, a changed token, the bearer or the cookie in its place.
    let session = alice.cookie.trim_start_matches("session=").to_owned();
    for (path, token) in [
        ("/few/", text),
        ("/doc/", &text[1..]),
        ("/doc/", ""),
        ("/doc/", &alice.bearer),
        ("/doc/", &session),
    ] {
        let mut stream = connect(&server.url, &format!("{path}?token={token}"), &[]).await;
        assert_eq!(
            closed(&mut stream).await,
            (1002, "Invalid access token.".to_owned())
        );
        let response = http()
            .get(server.at(&format!("{path}?v&token={token}")))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                response.text().await.unwrap().as_str()
            ),
            (403, "Invalid access token.")
        );
    }
    server.member("doc", "alice", Some("r")).await;
    let response = http()
        .get(server.at(&format!("/doc/?v&token={text}")))
        .send()
        .await
        .unwrap();
    assert!(response.json::<Value>().await.unwrap()["version"].is_number());
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn no_socket_outlives_its_token() {
    let server = Server::demo(&[]);
    server.member("doc", "alice", Some("arw")).await;
    let alice = server.person("alice").await;
    let issued = token(&alice, "doc", "2").await;
    let path = format!("/doc/?token={}", issued["token"].as_str().unwrap());
    let mut socket = Socket::open(&server.url, &path, &[]).await;
    let mut idle = Socket::open(&server.url, &path, &[]).await;
    // Both one that is never silent and one that always is.
    let mut calls = 0;
    let end = loop {
        calls += 1;
        let call = json!({ "wa": "getInvites", "d": "doc", "token": calls });
        if socket
            .stream
            .send(Message::text(call.to_string()))
            .await
            .is_err()
        {
            break socket.next().await;
        }
        match socket.next().await {
            Some(Message::Text(text)) => {
                let reply: Value = serde_json::from_str(&text).unwrap();
                let end = issued["expiration"].as_i64().unwrap();
                // One that was read in time and done after is nobody's.
                let is_nobody_s = reply["error"] == "Must be logged in to handle invites";
                assert!(
                    reply["reply"] == json!([]) && now() <= end || is_nobody_s && now() >= end,
                    "call {calls}: {reply}"
                );
            }
            end => break end,
        }
    };
    let refused = (1002, "Invalid access token.".to_owned());
    if let Some(Message::Close(Some(frame))) = end {
        assert_eq!((frame.code.into(), frame.reason.to_string()), refused);
    }
    assert!(calls > 1);
    assert_eq!(closed(&mut idle.stream).await, refused);
}

#[tokio::test]
async fn access_tokens_are_for_the_signed_in_from_our_own_pages() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let post = |headers: &[(&str, &str)]| {
        let request = http().post(server.at("/doc/")).form(&[("token", "60")]);
        headers
            .iter()
            .fold(request, |request, (name, value)| {
                request.header(*name, *value)
            })
            .send()
    };
    assert_eq!(post(&[]).await.unwrap().status(), 401);
    assert_eq!(
        post(&[("cookie", &alice.cookie)]).await.unwrap().status(),
        403
    );
    assert_eq!(
        post(&[
            ("cookie", &alice.cookie),
            ("origin", "https://evil.example")
        ])
        .await
        .unwrap()
        .status(),
        403
    );
    assert_eq!(
        post(&[
            ("cookie", &alice.cookie),
            ("origin", "null"),
            ("sec-fetch-site", "same-origin")
        ])
        .await
        .unwrap()
        .status(),
        200
    );
    assert_eq!(
        post(&[("authorization", "Bearer x")])
            .await
            .unwrap()
            .status(),
        401
    );
}

#[tokio::test]
async fn signing_in_by_form_goes_on_to_where_one_was_and_nowhere_else() {
    let server = Server::demo(&[]);
    for (go_on, location) in [
        ("/notes/?a=b", "/notes/?a=b"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\r\nset-cookie: x=y", "/"),
    ] {
        let form = [("username", "alice"), ("password", ""), ("continue", go_on)];
        let by_form = http()
            .post(server.at("/auth/test"))
            .form(&form)
            .send()
            .await
            .unwrap();
        let by_query = http()
            .post(server.at("/auth/test"))
            .query(&form[2..])
            .form(&form[..2])
            .send()
            .await
            .unwrap();
        for response in [by_form, by_query] {
            assert_eq!(
                (response.status().as_u16(), &response.headers()["location"]),
                (302, &location.parse().unwrap())
            );
            let cookie = response.headers()["set-cookie"]
                .to_str()
                .unwrap()
                .to_owned();
            assert!(
                cookie.starts_with("session=")
                    && cookie.contains("; Path=/")
                    && cookie.contains("; HttpOnly")
                    && cookie.contains("; SameSite=Lax")
            );
        }
    }
    let page = http()
        .get(server.at("/auth/test?continue=/x/%3CacceptInvite"))
        .send()
        .await
        .unwrap();
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("form-action 'self'")
    );
    assert!(!page.text().await.unwrap().contains("acceptInvite"));
}

#[tokio::test]
async fn another_site_signs_nobody_in_or_out() {
    let server = Server::demo(&[]);
    for path in ["/auth/test", "/auth/logout"] {
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let response = http()
                .post(server.at(path))
                .header(name, value)
                .form(&[("username", "eve"), ("password", "")])
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 403, "{path} {name} {value}");
            assert!(response.headers().get("set-cookie").is_none());
        }
    }
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let server = Server::demo(&[]);
    let long = "a".repeat(65);
    for name in ["", "a b", "a:b", "é", "<b>", "a\n", &long] {
        let response = http()
            .post(server.at("/auth/test"))
            .form(&[("username", name), ("password", "")])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 422, "{name:?}");
    }
    assert_eq!(
        http()
            .post(server.at("/auth/test"))
            .json(&json!({ "username": "a" }))
            .send()
            .await
            .unwrap()
            .status(),
        400
    );
}

#[tokio::test]
async fn signing_out_clears_the_cookie() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let response = alice
        .request(reqwest::Method::POST, "/auth/logout")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 302);
    assert!(
        response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .starts_with("session=; Path=/; Max-Age=0")
    );
    let response = alice
        .request(reqwest::Method::POST, "/auth/logout")
        .header("accept", "application/json")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
}
