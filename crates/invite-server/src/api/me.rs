//! Whoever asks, about themselves.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, Shared, asker::Caller};

/// It is done.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedOut {
    acknowledged: bool,
}

/// Ends every session of yours, in all browsers and on every copy of the server, this one included. Sockets and streams
/// that were opened with them end within two seconds.
#[utoipa::path(post, path = "/api/v1/me/sign-out-everywhere", tag = "about", responses(
    (status = 200, body = SignedOut),
))]
pub(super) async fn sign_out_everywhere(
    caller: Caller,
    State(state): State<Shared>,
) -> Result<Json<SignedOut>, ApiError> {
    state.invites.sign_out_everywhere(caller.actor()).await?;
    state.authenticator.sessions_have_ended().await;
    Ok(Json(SignedOut { acknowledged: true }))
}
