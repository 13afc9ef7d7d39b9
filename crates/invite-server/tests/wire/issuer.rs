//! An OpenID Connect issuer with keys made here, which signs whatever it is told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A key pair with a name.
pub struct SigningKey {
    pub id: String,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Elliptic(EcdsaKeyPair),
    Edwards(Ed25519KeyPair),
}

impl SigningKey {
    pub fn rsa(id: &str) -> Self {
        Self::new(
            id,
            Pair::Rsa(RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap()),
        )
    }

    pub fn elliptic(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::new(id, Pair::Elliptic(pair.unwrap()))
    }

    pub fn edwards(id: &str) -> Self {
        Self::new(id, Pair::Edwards(Ed25519KeyPair::generate().unwrap()))
    }

    fn new(id: &str, pair: Pair) -> Self {
        Self {
            id: id.to_owned(),
            pair,
        }
    }

    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Elliptic(_) => "ES256",
            Pair::Edwards(_) => "EdDSA",
        }
    }

    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                json!({ "kty": "RSA", "n": text(key.modulus().big_endian_without_leading_zero()),
                        "e": text(key.exponent().big_endian_without_leading_zero()) })
            }
            Pair::Elliptic(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Pair::Edwards(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
        };
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .unwrap();
                signature
            }
            Pair::Elliptic(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Edwards(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with the head that belongs to the key.
    pub fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "kid": self.id, "typ": "JWT" });
        self.token_with(&header, claims)
    }

    /// A token with any head.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        compact(header, claims, |message| self.sign(message))
    }
}

pub fn compact(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A token signed with a shared secret.
pub fn hmac_token(secret: &[u8], header: &Value, claims: &Value) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    compact(header, claims, |message| {
        hmac::sign(&key, message).as_ref().to_vec()
    })
}

/// The issuer. It ends with the test's runtime.
pub struct Issuer {
    pub url: String,
    desk: Arc<Mutex<Desk>>,
}

/// What it knows and has been asked.
#[derive(Default)]
pub struct Desk {
    /// What it publishes.
    pub keys: Vec<Value>,
    /// How often somebody asked for that.
    pub fetched: usize,
    /// Codes that may be redeemed: the challenge and the ID token.
    pub codes: HashMap<String, (String, String)>,
    /// What it says to whoever asks with an access token.
    pub userinfo: Value,
}

impl Issuer {
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let desk = Desk {
            keys: keys.iter().map(|key| key.jwk()).collect(),
            ..Desk::default()
        };
        let desk = Arc::new(Mutex::new(desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let metadata = json!({
            "issuer": url, "jwks_uri": format!("{url}/jwks"), "authorization_endpoint": format!("{url}/authorize?x=1"),
            "token_endpoint": format!("{url}/token"), "userinfo_endpoint": format!("{url}/me"),
            "end_session_endpoint": format!("{url}/end?x=1"), "authorization_response_iss_parameter_supported": true,
        });
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(|| async move { Json(metadata) }),
            )
            .route("/jwks", get(keys_of))
            .route("/token", post(redeem))
            .route("/me", get(userinfo))
            .with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    /// What a good token says of alice.
    pub fn claims(&self) -> Value {
        let now = now();
        json!({ "iss": self.url, "aud": "invites", "sub": "alice", "iat": now, "exp": now + 300,
                "preferred_username": "Ally", "name": "Alice A.", "email": "alice@example.com", "email_verified": true })
    }

    /// The same with one claim changed, or taken out by null.
    pub fn claims_but(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        claims
    }
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

type Shared = State<Arc<Mutex<Desk>>>;

async fn keys_of(State(desk): Shared) -> Json<Value> {
    let mut desk = desk.lock().unwrap();
    desk.fetched += 1;
    Json(json!({ "keys": desk.keys }))
}

async fn redeem(
    State(desk): Shared,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    // invites:hush
    let known = headers
        .get("authorization")
        .is_some_and(|value| value == "Basic aW52aXRlczpodXNo");
    let found = desk.lock().unwrap().codes.remove(&form["code"]);
    let proved = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    match found {
        Some((challenge, token)) if known && challenge == proved => {
            Json(json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": token }))
                .into_response()
        }
        _ => (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        )
            .into_response(),
    }
}

async fn userinfo(State(desk): Shared, headers: HeaderMap) -> Response {
    if headers["authorization"] != "Bearer opaque" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(desk.lock().unwrap().userinfo.clone()).into_response()
}
