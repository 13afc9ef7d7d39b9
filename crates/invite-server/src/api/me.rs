//! Whoever asks, about themselves.

use axum::{extract::State, http::StatusCode};

use super::{ApiError, Shared, asker::Caller};

/// Ends every session of yours, in all browsers and on every copy of the server, this one included. Sockets and streams
/// that were opened with them end within a second.
#[utoipa::path(post, path = "/api/v1/me/sign-out-everywhere", tag = "about", responses(
    (status = 204, description = "all have ended"),
))]
pub(super) async fn sign_out_everywhere(
    caller: Caller,
    State(state): State<Shared>,
) -> Result<StatusCode, ApiError> {
    state.invites.sign_out_everywhere(caller.actor()).await?;
    state.authenticator.sessions_have_ended().await;
    Ok(StatusCode::NO_CONTENT)
}
