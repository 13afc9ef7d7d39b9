//! Each refusal: its status, its code, its field.

use invite_key::InviteKey;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

pub(crate) fn assert_refused(answer: &Answer, status: u16, code: &str, field: Option<&str>) {
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
            json!({"label": "a\r\nSet-Cookie: b"}),
            "invalid_option",
            "label",
        ),
        (json!({"extras": long}), "invalid_option", "extras"),
        (json!({"maxage": 60}), "invalid_option", "maxage"),
        (json!({"email": 7}), "invalid_option", "email"),
        (json!({"email": "bob"}), "invalid_option", "email"),
        (json!({"email": "@x"}), "invalid_option", "email"),
        (json!({"email": "a@b@c"}), "invalid_option", "email"),
        (
            json!({"email": "a@b\r\nBcc: c@d"}),
            "invalid_option",
            "email",
        ),
        (
            json!({"email": "Bob <bob@example.com>"}),
            "invalid_option",
            "email",
        ),
        (json!({"signed": "yes"}), "invalid_option", "signed"),
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
    for (names, status, code, field) in [
        (
            // What the server keeps for itself is taken.
            &[
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
            ] as &[&str],
            409,
            "already_exists",
            None,
        ),
        (
            &["a%20b", "a%2Fb", "%C3%A4", &"x".repeat(129)],
            422,
            "invalid_option",
            Some("resource"),
        ),
    ] {
        for name in names {
            let path = format!("/api/v1/resources/{name}");
            let answer = server.put(Some("alice"), &path, &json!({})).await;
            assert_refused(&answer, status, code, field);
        }
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
        (&format!("q={}", "x".repeat(201)), "q"),
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

/// An admin whom another took a letter from has invites from before that grant it, and could accept one themselves.
#[tokio::test]
async fn a_letter_that_was_taken_does_not_come_back_by_an_invite_of_ones_own() {
    let server = Server::with_notes().await;
    server.member("dora", "notes", "arw").await;
    let (_, writing) = server
        .invite("dora", "notes", &json!({"permissions": "rw"}))
        .await;
    let (_, reading) = server
        .invite("dora", "notes", &json!({"permissions": "r"}))
        .await;
    server.member("dora", "notes", "ar").await;
    for who in ["dora", "erin"] {
        for refused in [
            server.accept(Some(who), &writing).await,
            server.check(Some(who), &writing).await,
        ] {
            assert_refused(&refused, 409, "inviter_not_admin", None);
        }
    }
    assert_refused(
        &server.check(None, &writing).await,
        404,
        "invalid_key",
        None,
    );
    assert_eq!(server.accept(Some("erin"), &reading).await.code(), "yes");
    // With the letter the invite is back as well.
    server.member("dora", "notes", "arw").await;
    assert_eq!(
        server.accept(Some("erin"), &writing).await.body["gained"],
        "w"
    );
}
