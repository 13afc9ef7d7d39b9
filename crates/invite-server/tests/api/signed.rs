//! Signed keys: what they say, that they say it again, and that anybody can verify it.

use invite_key::signed::{Audience, Checks, KeySet};
use invite_server::core::{Clock, Invites, Moment, Secrets};
use serde_json::json;

use crate::server::{ORIGIN, Server};

const INVITES: &str = "/api/v1/resources/notes/invites";

async fn key_set(server: &Server) -> KeySet {
    let answer = server.get(None, "/.well-known/jwks.json").await;
    assert_eq!(answer.status, 200);
    KeySet::parse(&answer.body.to_string()).unwrap()
}

#[tokio::test]
async fn a_signed_key_is_authentic_until_it_ends_and_opens_like_any_other() {
    let server = Server::with_notes().await;
    let (id, key) = server
        .invite(
            "alice",
            "notes",
            &json!({"signed": true, "maxAge": 60, "maxUses": 1}),
        )
        .await;
    assert!(key.starts_with("invs1_"), "{}", &key[..8]);
    let keys = key_set(&server).await;
    let now = 1_795_238_468;
    let verdict = |audience, at| {
        keys.verify(&key, &Checks::new(audience, at).unwrap())
            .code()
            .to_owned()
    };
    assert_eq!(verdict(Audience::Server(ORIGIN), now), "authentic");
    assert_eq!(
        verdict(Audience::Server("https://other.example"), now),
        "wrong_audience"
    );
    assert_eq!(verdict(Audience::Server(ORIGIN), now + 60 + 61), "expired");

    // It is made again from its row, and shown to nobody but its inviter.
    let listed = server.get(Some("alice"), INVITES).await;
    assert_eq!(listed.body["invites"][0]["key"], json!(key));
    assert_eq!(server.check(Some("erin"), &key).await.body["id"], json!(id));
    assert_eq!(server.accept(Some("erin"), &key).await.code(), "yes");
    assert_eq!(server.accept(Some("frank"), &key).await.code(), "exhausted");

    let again = server
        .post(
            Some("alice"),
            &format!("/api/v1/invites/{id}/resend"),
            &json!({}),
        )
        .await;
    assert_eq!(again.code(), "exhausted");
    let (id, _) = server
        .invite("alice", "notes", &json!({"signed": true}))
        .await;
    let fixed = server
        .post(
            Some("alice"),
            &format!("/api/v1/invites/{id}/resend"),
            &json!({}),
        )
        .await;
    assert_eq!((fixed.status, fixed.code()), (422, "invalid_option"));
}

#[tokio::test]
async fn a_signature_alone_opens_nothing() {
    let server = Server::with_notes().await;
    let (_, key) = server
        .invite("alice", "notes", &json!({"signed": true}))
        .await;
    server
        .post(
            Some("alice"),
            "/api/v1/invites/remove",
            &json!({"key": key}),
        )
        .await;
    assert_eq!(server.accept(Some("erin"), &key).await.code(), "removed");
    // Authentic by the very same keys, and made by nobody here.
    let store = invite_server::store::SqliteStore::open(&server.folder.path().join("other.db"));
    let other = Invites::new(
        store.unwrap(),
        server.invites.secrets().clone(),
        Clock::from_fn(|| Moment(1_795_238_468_803)),
    )
    .issuing_as(ORIGIN);
    let alice = invite_server::core::Actor::new(invite_server::core::User::new("alice", "test"));
    other
        .create_resource(Some(&alice), "notes", None)
        .await
        .unwrap();
    let request = invite_server::core::CreateRequest::new(
        invite_key::Permissions::READ,
        60,
        invite_key::KeyKind::Signed,
    );
    let foreign = other
        .create(Some(&alice), "notes", request)
        .await
        .unwrap()
        .key
        .unwrap();
    let verdict = key_set(&server).await.verify(
        foreign.reveal(),
        &Checks::new(Audience::Server(ORIGIN), 1_795_238_468).unwrap(),
    );
    assert_eq!(verdict.code(), "authentic");
    assert_eq!(
        server.accept(Some("erin"), foreign.reveal()).await.code(),
        "invalid_key"
    );
}

#[tokio::test]
async fn without_an_address_there_are_no_signed_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = invite_server::store::SqliteStore::open(&folder.path().join("invites.db"));
    let invites = Invites::new(
        store.unwrap(),
        Secrets::generate().unwrap(),
        Clock::system(),
    );
    let alice = invite_server::core::Actor::new(invite_server::core::User::new("alice", "test"));
    invites
        .create_resource(Some(&alice), "notes", None)
        .await
        .unwrap();
    let request = invite_server::core::CreateRequest::new(
        invite_key::Permissions::READ,
        60,
        invite_key::KeyKind::Signed,
    );
    let refused = invites
        .create(Some(&alice), "notes", request)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.field()),
        ("unsupported", Some("signed"))
    );
}
