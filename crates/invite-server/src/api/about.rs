//! What the server says of itself, and who it takes you for.

use axum::{Extension, Json, extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::Refusal;
use crate::dialect::Dialects;

use super::{ApiError, Shared, asker::Caller, views::Me};

/// What this server can do beyond the five calls.
const FEATURES: &[&str] = &[
    "maxUses",
    "message",
    "label",
    "extras",
    "preview",
    "members",
    "setMember",
    "email",
    "resend",
    "idempotencyKey",
    "pending",
    "signed",
    "events",
    "receipts",
];

/// What this server speaks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Discovery {
    /// Always 1.
    #[serde(rename = "invite-keys")]
    invite_keys: u8,
    dialect: &'static str,
    /// Where the API is.
    api: &'static str,
    /// Every wire that it speaks, this one among them.
    dialects: Vec<&'static str>,
    features: Vec<&'static str>,
    /// Where people sign in; `null` when they cannot here.
    #[schema(required)]
    sign_in: Option<String>,
}

/// Public keys, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct PublicKeys {
    keys: Vec<PublicKey>,
}

/// A public key of Ed25519 (RFC 8037).
#[derive(Serialize, ToSchema)]
pub(super) struct PublicKey {
    #[schema(pattern = "^OKP$")]
    kty: String,
    #[schema(pattern = "^Ed25519$")]
    crv: String,
    /// The name that signed keys call it by.
    kid: String,
    /// The key.
    x: String,
}

/// Whether the server runs.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    status: &'static str,
}

/// Says who you are.
#[utoipa::path(get, path = "/api/v1/me", tag = "about", responses(
    (status = 200, body = Me),
))]
pub(super) async fn me(caller: Caller) -> Json<Me> {
    Json(Me {
        user: caller.actor().map(|actor| actor.user.clone()),
    })
}

/// Says what this server speaks. May be kept for a minute: on a page that asks and loads an SDK that asks, one answer is
/// enough.
#[utoipa::path(get, path = "/.well-known/invite-keys", tag = "about", responses((status = 200, body = Discovery)))]
pub(super) async fn discovery(
    State(state): State<Shared>,
    dialects: Option<Extension<Dialects>>,
) -> impl IntoResponse {
    let kept = [(header::CACHE_CONTROL, "private, max-age=60")];
    let dialects = dialects.map(|Extension(dialects)| dialects.wires());
    let said = Json(Discovery {
        invite_keys: 1,
        dialect: "http",
        api: "/api/v1",
        dialects: dialects.unwrap_or_default(),
        features: FEATURES
            .iter()
            .copied()
            .chain(state.mails.then_some("send"))
            .collect(),
        sign_in: state.sign_in.clone(),
    });
    (kept, said)
}

/// The public keys that signed keys (`signed: true`) are verified with: a JWK set (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "about", responses((status = 200, body = PublicKeys)))]
pub(super) async fn public_keys(State(state): State<Shared>) -> impl IntoResponse {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, state.invites.public_keys())
}

/// Says that the process runs, and all of it: one that lost a part on its way does not come back but by a restart.
#[utoipa::path(get, path = "/healthz", tag = "about", responses((status = 200, body = Health)))]
pub(super) async fn healthy(State(state): State<Shared>) -> Result<Json<Health>, ApiError> {
    if !state.invites.is_whole() {
        return Err(Refusal::TryAgain.into());
    }
    Ok(Json(Health { status: "ok" }))
}

/// Says whether the database takes reads and writes, and the server is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "about", responses(
    (status = 200, body = Health),
))]
pub(super) async fn ready(State(state): State<Shared>) -> Result<Json<Health>, ApiError> {
    if state.stop.is_draining() {
        return Err(Refusal::TryAgain.into());
    }
    state.invites.ready().await?;
    Ok(Json(Health { status: "ok" }))
}
