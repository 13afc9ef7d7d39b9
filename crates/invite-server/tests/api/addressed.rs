//! `email`: an invite for one address.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn only_the_account_with_that_address_accepts() {
    let server = Server::with_notes().await;
    let (_, key) = server
        .invite("alice", "notes", &json!({"email": "Erin@Example.com"}))
        .await;
    for refused in [
        server.accept(Some("mallory"), &key).await,
        server.check(Some("mallory"), &key).await,
    ] {
        assert_eq!((refused.status, refused.code()), (403, "wrong_account"));
        assert!(
            !refused.body.to_string().to_lowercase().contains("erin"),
            "whose it is is nobody else's business"
        );
    }
    let anonymous = server.check(None, &key).await;
    assert_eq!(anonymous.status, 200);
    assert!(anonymous.body.get("email").is_none(), "{}", anonymous.body);
    // Alice holds all of it already, as bob holds r.
    assert_eq!(
        server.check(Some("alice"), &key).await.body["email"],
        "Erin@Example.com"
    );
    assert_eq!(server.accept(Some("bob"), &key).await.body["already"], true);

    let preview = server.check(Some("erin"), &key).await;
    assert_eq!(preview.body["gained"], "r");
    assert_eq!(server.accept(Some("erin"), &key).await.body["gained"], "r");
    let listed = server
        .get(Some("alice"), "/api/v1/resources/notes/invites")
        .await;
    assert_eq!(listed.body["invites"][0]["email"], "Erin@Example.com");
    assert_eq!(listed.body["invites"][0]["uses"], 1);
}

/// An account with an address that only looks like hers, or becomes hers when its case is changed, is another account.
#[tokio::test]
async fn letters_that_fold_into_others_do_not_count() {
    let server = Server::with_notes().await;
    let (_, key) = server
        .invite(
            "alice",
            "notes",
            &json!({"email": "\u{212a}ate@example.com"}),
        )
        .await;
    assert_eq!(
        server.accept(Some("kate"), &key).await.code(),
        "wrong_account"
    );
    for hidden in ["ka\u{200b}te@example.com", "\u{202e}kate@example.com"] {
        let body = json!({ "email": hidden });
        let refused = server
            .post(Some("alice"), "/api/v1/resources/notes/invites", &body)
            .await;
        assert_eq!((refused.status, refused.code()), (422, "invalid_option"));
    }
}

/// A host that no mail server has, and others that are written in another way.
#[tokio::test]
async fn an_address_has_a_host_that_can_be() {
    let server = Server::with_notes().await;
    let long = format!("a@{}.org", "ä".repeat(70));
    for wrong in [
        "a@-x.org",
        "a@x-.org",
        "a@x..org",
        "a@.x.org",
        "a@.",
        "a@x_y.org",
        "a@xn--a.org",
        &long,
    ] {
        let body = json!({ "email": wrong });
        let refused = server
            .post(Some("alice"), "/api/v1/resources/notes/invites", &body)
            .await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!("email")),
            "{wrong}"
        );
    }
    for (written, kept) in [
        ("erin@example.com.", "erin@example.com"),
        ("jose\u{301}@exämple.org", "josé@exämple.org"),
        ("bob@localhost", "bob@localhost"),
    ] {
        let body = json!({ "email": written });
        let made = server
            .post(Some("alice"), "/api/v1/resources/notes/invites", &body)
            .await;
        assert_eq!(made.body["email"], kept, "{}", made.body);
    }
    let (_, key) = server
        .invite("alice", "notes", &json!({"email": "Erin@example.com."}))
        .await;
    assert_eq!(server.accept(Some("erin"), &key).await.body["gained"], "r");
}
