//! Each refusal: its status, its code, its field.

use invite_key::InviteKey;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

fn assert_refused(answer: &Answer, status: u16, code: &str, field: Option<&str>) {
    assert_eq!(
        (answer.status, answer.code()),
        (status, code),
        "{}",
        answer.body
    );
    assert_eq!(answer.body["field"].as_str(), field, "{}", answer.body);
}

#[tokio::test]
async fn options_of_a_new_invite() {
    let server = Server::with_notes().await;
    let long = "x".repeat(8 * 1024);
    for (body, code, field) in [
        (json!({"permissions": ""}), "invalid_option", "permissions"),
        (json!({"permissions": "x"}), "invalid_option", "permissions"),
        (
            json!({"permissions": "rr"}),
            "invalid_option",
            "permissions",
        ),
        (
            json!({"permissions": null}),
            "invalid_option",
            "permissions",
        ),
        (
            json!({"permissions": false}),
            "invalid_option",
            "permissions",
        ),
        (json!({"maxAge": 0}), "invalid_option", "maxAge"),
        (json!({"maxAge": -1}), "invalid_option", "maxAge"),
        (json!({"maxAge": 1.5}), "invalid_option", "maxAge"),
        (json!({"maxAge": "abc"}), "invalid_option", "maxAge"),
        (json!({"maxAge": 2_592_001}), "invalid_option", "maxAge"),
        (json!({"maxAge": 1e12}), "invalid_option", "maxAge"),
        (json!({"maxUses": 0}), "invalid_option", "maxUses"),
        (json!({"maxUses": 10_001}), "invalid_option", "maxUses"),
        (
            json!({"message": "x".repeat(1001)}),
            "invalid_option",
            "message",
        ),
        (
            json!({"title": "a\r\nSet-Cookie: b"}),
            "invalid_option",
            "title",
        ),
        (json!({"extras": long}), "invalid_option", "extras"),
        (json!({"maxage": 60}), "invalid_option", "maxage"),
        (json!({"email": "bob@example.com"}), "unsupported", "email"),
        (json!({"signed": true}), "unsupported", "signed"),
        (json!({"send": true}), "unsupported", "send"),
    ] {
        let answer = server
            .post(Some("alice"), "/api/v1/resources/notes/invites", &body)
            .await;
        assert_refused(&answer, 422, code, Some(field));
    }
    assert_eq!(
        server
            .get(Some("alice"), "/api/v1/resources/notes/invites")
            .await
            .body["invites"],
        json!([])
    );
    server.member("dora", "notes", "ar").await;
    let beyond = server
        .post(
            Some("dora"),
            "/api/v1/resources/notes/invites",
            &json!({"permissions": "rw"}),
        )
        .await;
    assert_refused(&beyond, 403, "forbidden", Some("permissions"));
}

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
    ];
    let json = "application/json";
    for (method, path) in paths {
        for (content_type, text, status) in [
            (json, "{\"key\":", 400),
            (json, "[1]", 400),
            (json, "null", 400),
            (json, "\"text\"", 400),
            (json, "{} {}", 400),
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

/// What is wrong with the invite, and how check and accept say it to somebody signed in. Signed out, check says
/// `invalid_key` to all of it, in the very same words.
#[tokio::test]
async fn invites_that_open_nothing() {
    let server = Server::with_notes().await;
    server.member("dora", "notes", "ar").await;
    let (removed_id, removed) = server.invite("alice", "notes", &json!({})).await;
    server
        .delete(
            Some("alice"),
            &format!("/api/v1/resources/notes/invites/{removed_id}"),
        )
        .await;
    let (_, expired) = server.invite("alice", "notes", &json!({"maxAge": 1})).await;
    let (_, exhausted) = server
        .invite("alice", "notes", &json!({"maxUses": 1}))
        .await;
    assert_eq!(server.accept(Some("erin"), &exhausted).await.status, 200);
    let (_, orphaned) = server.invite("dora", "notes", &json!({})).await;
    server.member("dora", "notes", "r").await;
    let unknown = InviteKey::opaque(&[9; 32]).reveal().to_owned();
    let unknown_hex = "0".repeat(64);
    let identity = "invites/3f2504e0-4f89-41d3-9a0c-0305e82c3301".to_owned();
    server.pass_seconds(1);

    let mut anonymous = Vec::new();
    for (key, status, code) in [
        (&unknown, 404, "invalid_key"),
        (&unknown_hex, 404, "invalid_key"),
        (&identity, 404, "invalid_key"),
        (&removed, 410, "removed"),
        (&expired, 410, "expired"),
        (&exhausted, 410, "exhausted"),
        (&orphaned, 409, "inviter_not_admin"),
    ] {
        assert_refused(&server.check(Some("frank"), key).await, status, code, None);
        assert_refused(&server.accept(Some("frank"), key).await, status, code, None);
        assert_refused(&server.accept(None, key).await, 401, "not_signed_in", None);
        let mut answer = server.check(None, key).await;
        assert_refused(&answer, 404, "invalid_key", None);
        answer.body["requestId"] = Value::Null;
        anonymous.push(answer.body);
    }
    assert!(
        anonymous.windows(2).all(|two| two[0] == two[1]),
        "{anonymous:?}"
    );
    assert_eq!(
        server.accept(Some("erin"), &exhausted).await.body["already"],
        true,
        "who is in stays in"
    );

    let (_, good) = server.invite("alice", "notes", &json!({})).await;
    for (call, code, status) in [
        ("check", "invalid_key", 404),
        ("accept", "invalid_key", 404),
    ] {
        let body = json!({"key": good, "resource": "other"});
        let answer = server
            .post(Some("frank"), &format!("/api/v1/invites/{call}"), &body)
            .await;
        assert_refused(&answer, status, code, None);
    }
}

#[tokio::test]
async fn what_cannot_be_removed() {
    let server = Server::with_notes().await;
    let (id, key) = server.invite("alice", "notes", &json!({})).await;
    let (_, expired) = server.invite("alice", "notes", &json!({"maxAge": 1})).await;
    server.member("alice", "other", "a").await;
    server.pass_seconds(2);
    let unknown = InviteKey::opaque(&[9; 32]).reveal().to_owned();
    for body in [
        json!({"key": expired}),
        json!({"key": unknown}),
        json!({"key": unknown, "resource": "notes"}),
        json!({"key": key, "resource": "other"}),
    ] {
        let answer = server
            .post(Some("alice"), "/api/v1/invites/remove", &body)
            .await;
        assert_refused(&answer, 404, "cannot_remove", None);
    }
    for path in [
        "notes/invites/unknown".to_owned(),
        format!("other/invites/{id}"),
        format!("notes/invites/{key}"),
    ] {
        let answer = server
            .delete(Some("alice"), &format!("/api/v1/resources/{path}"))
            .await;
        assert_refused(&answer, 404, "cannot_remove", None);
    }
    let path = format!("/api/v1/resources/notes/invites/{id}");
    assert_eq!(server.delete(Some("alice"), &path).await.status, 200);
    assert_refused(
        &server.delete(Some("alice"), &path).await,
        404,
        "cannot_remove",
        None,
    );
}

#[tokio::test]
async fn resources_that_cannot_begin() {
    let server = Server::with_notes().await;
    for name in [
        "api",
        "v1",
        "archivist",
        "auth",
        "sdk",
        "site",
        "healthz",
        "readyz",
        "metrics",
        "join",
        ".git",
        "a%20b",
        "a%2Fb",
        "%C3%A4",
        &"x".repeat(129),
    ] {
        let answer = server
            .put(
                Some("alice"),
                &format!("/api/v1/resources/{name}"),
                &json!({}),
            )
            .await;
        assert_refused(&answer, 422, "invalid_option", Some("resource"));
    }
    for title in [
        json!(null),
        json!(1),
        json!("x".repeat(201)),
        json!("two\nlines"),
    ] {
        let answer = server
            .put(
                Some("alice"),
                "/api/v1/resources/fresh",
                &json!({"title": title}),
            )
            .await;
        assert_refused(&answer, 422, "invalid_option", Some("title"));
    }
    let answer = server
        .put(
            Some("alice"),
            "/api/v1/resources/fresh",
            &json!({"name": "x"}),
        )
        .await;
    assert_refused(&answer, 422, "invalid_option", Some("name"));
    assert_refused(
        &server
            .put(Some("alice"), "/api/v1/resources/notes", &json!({}))
            .await,
        409,
        "already_exists",
        None,
    );
    assert_refused(
        &server
            .put(Some("bob"), "/api/v1/resources/notes", &json!({}))
            .await,
        409,
        "already_exists",
        None,
    );
}

#[tokio::test]
async fn lists_that_cannot_be() {
    let server = Server::with_notes().await;
    for (query, field) in [
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=x", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_token=nonsense", "page_token"),
        ("status=open", "status"),
        ("everyone=maybe", "everyone"),
        ("pageSize=1", "pageSize"),
    ] {
        let answer = server
            .get(
                Some("alice"),
                &format!("/api/v1/resources/notes/invites?{query}"),
            )
            .await;
        assert_refused(&answer, 422, "invalid_option", Some(field));
    }
    let answer = server
        .get(
            Some("alice"),
            "/api/v1/resources/notes/invites?page_size=%ff",
        )
        .await;
    assert_eq!(answer.status, 422);
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
    ];
    let another_server = Server::start().await.bearer("alice");
    let session = server.session("alice").split_off("session=".len());
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
