//! Receipts: what a backend gets to know, once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use invite_key::signed::KeySet;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, ORIGIN, Server};

const REDEEM: &str = "/api/v1/receipts/redeem";

async fn redeem(server: &Server, app: &str, receipt: &str) -> Answer {
    let request = server.request(None, Method::POST, REDEEM).bearer_auth(app);
    server
        .send(request.json(&json!({ "receipt": receipt })))
        .await
}

async fn accepted(server: &Server, name: &str) -> (String, String) {
    let (id, key) = server
        .invite(
            "alice",
            "notes",
            &json!({"permissions": "rw", "extras": {"team": 7}}),
        )
        .await;
    let answer = server.accept(Some(name), &key).await;
    (id, answer.body["receipt"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_receipt_says_who_accepted_what_once() {
    let server = Server::with_notes().await;
    let app = server.invites.add_app("crm", true).await.unwrap();
    let (id, receipt) = accepted(&server, "bob").await;
    let told = redeem(&server, app.reveal(), &receipt).await;
    assert_eq!(
        (told.status, &told.body),
        (
            200,
            &json!({
                "user": {"username": "bob", "provider": "test"}, "invite": id, "resource": "notes",
                "permissions": "rw", "gained": "w", "at": "2026-11-21T05:21:08.000Z", "extras": {"team": 7},
            })
        )
    );
    let again = redeem(&server, app.reveal(), &receipt).await;
    assert_eq!((again.status, again.code()), (409, "conflict"));

    let (_, many) = accepted(&server, "erin").await;
    let running = (0..8).map(|_| redeem(&server, app.reveal(), &many));
    let answers = futures_util::future::join_all(running).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
}

#[tokio::test]
async fn anybody_can_verify_a_receipt_with_the_published_keys() {
    let server = Server::with_notes().await;
    let (_, receipt) = accepted(&server, "erin").await;
    let parts: Vec<&str> = receipt.split('.').collect();
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, payload) = (decoded(parts[0]), decoded(parts[1]));
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("EdDSA"), &json!("invite-receipt+jwt"))
    );
    assert_eq!(
        (&payload["iss"], &payload["sub"]),
        (&json!(ORIGIN), &json!("erin:test"))
    );
    assert_eq!(payload["aud"], format!("{ORIGIN}/notes"));
    assert_eq!(
        payload["exp"].as_i64().unwrap() - payload["iat"].as_i64().unwrap(),
        300
    );
    let keys = server.get(None, "/.well-known/jwks.json").await.body;
    let keys = KeySet::parse(&keys.to_string()).unwrap();
    let signature: [u8; 64] = URL_SAFE_NO_PAD
        .decode(parts[2])
        .unwrap()
        .try_into()
        .unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    let key = keys.get(header["kid"].as_str().unwrap()).unwrap();
    assert!(key.verify(signed.as_bytes(), &signature));
    // It is no invite, and no invite is a receipt.
    let as_key = server
        .accept(Some("frank"), &format!("invs1_{receipt}"))
        .await;
    assert!(
        as_key.status == 422 || as_key.status == 404,
        "{}",
        as_key.body
    );
}

#[tokio::test]
async fn receipts_and_askers_that_are_refused() {
    let server = Server::with_notes().await;
    let app = server.invites.add_app("crm", true).await.unwrap();
    let (_, receipt) = accepted(&server, "erin").await;
    for (who, code) in [
        (None, "not_signed_in"),
        (Some("alice"), "forbidden"),
        (Some("erin"), "forbidden"),
    ] {
        let answer = server.post(who, REDEEM, &json!({"receipt": receipt})).await;
        assert_eq!(answer.code(), code, "{who:?}");
    }
    let (_, signed) = server
        .invite("alice", "notes", &json!({"signed": true}))
        .await;
    let parts: Vec<&str> = receipt.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"x","typ":"invite-receipt+jwt"}"#);
    let other = URL_SAFE_NO_PAD.encode(r#"{"iss":"x"}"#);
    let wrong = [
        String::new(),
        "a.b.c".into(),
        signed.trim_start_matches("invs1_").to_owned(),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{receipt}A"),
        "x".repeat(9000),
    ];
    for receipt in &wrong {
        let refused = redeem(&server, app.reveal(), receipt).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!("receipt")),
            "{receipt:.60}"
        );
    }
    // Of another server with another secret.
    let foreign = Server::with_notes().await;
    let (_, theirs) = accepted(&foreign, "erin").await;
    assert_eq!(redeem(&server, app.reveal(), &theirs).await.status, 422);
    server.pass_seconds(300);
    assert_eq!(
        redeem(&server, app.reveal(), &receipt).await.status,
        422,
        "its time is over"
    );
}
