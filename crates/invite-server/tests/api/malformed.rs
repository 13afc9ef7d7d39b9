//! Requests that are refused for their form: bodies, keys, paths, credentials.

use reqwest::Method;
use serde_json::json;

use crate::{refusals::assert_refused, server::Server};

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let server = Server::with_notes().await;
    let paths = [
        (Method::POST, "/api/v1/resources/notes/invites"),
        (Method::POST, "/api/v1/invites/check"),
        (Method::POST, "/api/v1/invites/accept"),
        (Method::POST, "/api/v1/invites/remove"),
        (Method::PUT, "/api/v1/resources/other"),
        (Method::DELETE, "/api/v1/resources/notes/invites/x"),
        (Method::PUT, "/api/v1/resources/notes/members/bob:test"),
        (Method::DELETE, "/api/v1/resources/notes/members/bob:test"),
    ];
    let json = "application/json";
    for (method, path) in paths {
        for (content_type, text, status) in [
            (json, "{\"key\":", 400),
            (json, "[1]", 400),
            (json, "null", 400),
            (json, "\"text\"", 400),
            (json, "{} {}", 400),
            (json, "{\"key\":\"a\",\"key\":\"b\"}", 400),
            (json, "{\"k\\u0065y\":1,\"key\":1}", 400),
            (json, &"[".repeat(10_000), 400),
            ("application/json; charset=utf-8", "[]", 400),
            ("text/plain", "{}", 415),
            ("application/x-www-form-urlencoded", "key=1", 415),
            ("application/jsonx", "{}", 415),
            (
                json,
                &format!("{{\"message\":\"{}\"}}", "x".repeat(70_000)),
                413,
            ),
        ] {
            let request = server.request(Some("alice"), method.clone(), path);
            let answer = server
                .send(
                    request
                        .header("content-type", content_type)
                        .body(text.to_owned()),
                )
                .await;
            assert_refused(&answer, status, "invalid_option", None);
        }
        let answer = server
            .send(
                server
                    .request(Some("alice"), method.clone(), path)
                    .body("{}"),
            )
            .await;
        assert_refused(&answer, 415, "invalid_option", None);
        if method != Method::DELETE {
            let answer = server
                .send(
                    server
                        .request(Some("alice"), method, path)
                        .header("content-type", json),
                )
                .await;
            assert_refused(&answer, 400, "invalid_option", None);
        }
    }
}

#[tokio::test]
async fn keys_of_every_broken_shape() {
    let server = Server::with_notes().await;
    let (_, key) = server.invite("alice", "notes", &json!({})).await;
    let cut = &key[..key.len() - 3];
    let typo = key.replace(key.chars().last().unwrap(), "~");
    let hex = "a".repeat(63);
    for call in ["check", "accept", "remove"] {
        let path = format!("/api/v1/invites/{call}");
        for broken in [
            "",
            " ",
            "inv1_short",
            cut,
            &typo,
            &hex,
            &"A".repeat(64),
            &"x".repeat(5000),
            "\u{0}",
            "https://x/",
        ] {
            let answer = server
                .post(Some("bob"), &path, &json!({"key": broken}))
                .await;
            assert_refused(&answer, 422, "malformed_key", Some("key"));
            if broken.len() > 10 {
                assert!(
                    !answer.body.to_string().contains(broken),
                    "a key is in {}",
                    answer.body
                );
            }
        }
        for (body, field) in [
            (json!({}), "key"),
            (json!({"key": null}), "key"),
            (json!({"key": 1}), "key"),
            (json!({"key": [key]}), "key"),
            (json!({"key": key, "resource": null}), "resource"),
            (json!({"key": key, "webstrateId": "notes"}), "webstrateId"),
        ] {
            let answer = server.post(Some("bob"), &path, &body).await;
            assert_refused(&answer, 422, "invalid_option", Some(field));
        }
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there() {
    let server = Server::with_notes().await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/me",
        "/api/v1/invites",
        "/api/v1/resources/notes/invites/a/b",
        "/api/v1/resources/%ff/members",
    ] {
        assert_refused(
            &server.get(Some("alice"), path).await,
            404,
            "not_found",
            None,
        );
    }
    for (method, path, allowed) in [
        (Method::GET, "/api/v1/invites/accept", "POST"),
        (Method::HEAD, "/api/v1/invites/accept", "POST"),
        (Method::POST, "/api/v1/me", "GET,HEAD"),
        (
            Method::PATCH,
            "/api/v1/resources/notes/invites",
            "GET,HEAD,POST",
        ),
    ] {
        let response = server
            .request(Some("alice"), method.clone(), path)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 405, "{method} {path}");
        let mut methods: Vec<_> = response.headers()["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn credentials_that_are_no_good() {
    let server = Server::with_notes().await;
    let calls = [
        (Method::GET, "/api/v1/me"),
        (Method::GET, "/api/v1/resources"),
        (Method::GET, "/api/v1/resources/notes/invites"),
        (Method::GET, "/api/v1/resources/notes/members"),
        (Method::PUT, "/api/v1/resources/other"),
        (Method::POST, "/api/v1/resources/notes/invites"),
        (Method::POST, "/api/v1/invites/check"),
        (Method::POST, "/api/v1/invites/accept"),
        (Method::POST, "/api/v1/invites/remove"),
        (Method::DELETE, "/api/v1/resources/notes/invites/x"),
        (Method::PUT, "/api/v1/resources/notes/members/bob:test"),
        (Method::DELETE, "/api/v1/resources/notes/members/bob:test"),
    ];
    let another_server = Server::start().await.bearer("alice");
    let session = server
        .session("alice")
        .await
        .split_off("__Host-session=".len());
    for (method, path) in calls {
        for bad in [
            "Bearer nonsense",
            "Basic YWxpY2U6eA==",
            &format!("Bearer {another_server}"),
            &format!("Bearer {session}"),
        ] {
            let request = server
                .request(None, method.clone(), path)
                .header("authorization", bad)
                .json(&json!({}));
            assert_refused(&server.send(request).await, 401, "bad_credentials", None);
        }
    }
}
