//! Changes that a page of another site makes the browser send.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::server::{ORIGIN, Server};

#[tokio::test]
async fn with_a_cookie_a_change_has_to_come_from_our_own_page() {
    let server = Server::with_notes().await;
    let (id, key) = server.invite("alice", "notes", &json!({})).await;
    let changes = [
        (Method::PUT, "/api/v1/resources/other".to_owned(), json!({})),
        (
            Method::POST,
            "/api/v1/resources/notes/invites".to_owned(),
            json!({}),
        ),
        (
            Method::POST,
            "/api/v1/invites/check".to_owned(),
            json!({"key": key}),
        ),
        (
            Method::POST,
            "/api/v1/invites/accept".to_owned(),
            json!({"key": key}),
        ),
        (
            Method::POST,
            "/api/v1/invites/remove".to_owned(),
            json!({"key": key}),
        ),
        (
            Method::DELETE,
            format!("/api/v1/resources/notes/invites/{id}"),
            json!({}),
        ),
    ];
    type Alter = fn(RequestBuilder) -> RequestBuilder;
    let foreign: [Alter; 6] = [
        |request| request,
        |request| request.header("origin", "https://evil.example.com"),
        |request| request.header("origin", "null"),
        |request| request.header("origin", format!("{ORIGIN}.evil.example.com")),
        |request| request.header("sec-fetch-site", "same-site"),
        |request| {
            request
                .header("origin", "https://evil.example.com")
                .header("sec-fetch-site", "cross-site")
        },
    ];
    for (method, path, body) in &changes {
        for alter in foreign {
            let request = server
                .request(None, method.clone(), path)
                .header("cookie", server.session("alice").await);
            let answer = server.send(alter(request.json(body))).await;
            assert_eq!(
                (answer.status, answer.code()),
                (403, "forbidden"),
                "{method} {path}"
            );
        }
    }
    let own: [Alter; 2] = [
        |request| request.header("origin", ORIGIN),
        |request| request.header("sec-fetch-site", "same-origin"),
    ];
    for alter in own {
        let request = server.request(None, Method::POST, "/api/v1/resources/notes/invites");
        let answer = server
            .send(alter(
                request
                    .header("cookie", server.session("alice").await)
                    .json(&json!({})),
            ))
            .await;
        assert_eq!(answer.status, 201);
    }
}

#[tokio::test]
async fn reading_with_a_cookie_and_changing_with_a_bearer_come_from_anywhere() {
    let server = Server::with_notes().await;
    let read = server
        .request(None, Method::GET, "/api/v1/me")
        .header("cookie", server.session("alice").await);
    assert_eq!(server.send(read).await.body["user"]["username"], "alice");
    let change = server.request(
        Some("alice"),
        Method::POST,
        "/api/v1/resources/notes/invites",
    );
    let answer = server
        .send(
            change
                .header("origin", "https://evil.example.com")
                .json(&json!({})),
        )
        .await;
    assert_eq!(answer.status, 201, "a bearer is put there on purpose");
    let broken = server
        .request(None, Method::GET, "/api/v1/me")
        .header("cookie", "__Host-session=nonsense");
    assert_eq!(
        server.send(broken).await.body["user"],
        json!(null),
        "a broken cookie is nobody's"
    );
}

/// What a form on another site can send: its types of body are refused whoever asks.
#[tokio::test]
async fn forms_change_nothing() {
    let server = Server::with_notes().await;
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
    ] {
        let request = server
            .request(None, Method::POST, "/api/v1/resources/notes/invites")
            .header("cookie", server.session("alice").await)
            .header("origin", ORIGIN)
            .header("content-type", content_type);
        assert_eq!(
            server.send(request.body("{}")).await.status,
            415,
            "{content_type}"
        );
    }
}
