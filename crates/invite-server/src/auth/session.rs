//! Signing in and out: a session begins and ends, and the cookie that names it with it.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

use super::{Auth, Source, cookie};
use crate::core::{Claimed, Refusal, Sessions, User};

impl Auth {
    /// The cookie that signs somebody in, and what names the session; `sid` is the issuer's name for its own.
    pub(super) async fn sign_in(
        &self,
        claimed: Claimed,
        sid: Option<String>,
    ) -> Result<(HeaderValue, String), Refusal> {
        let seconds = self.session_seconds();
        let lasts = u32::try_from(seconds).unwrap_or(u32::MAX);
        let token = self.signed_in().begin(claimed, sid, lasts).await?;
        let cookie = cookie::set_session(token.reveal(), seconds, self.origins().is_secure());
        Ok((cookie.ok_or(Refusal::ServerError)?, token.id()))
    }

    /// Where whoever signs out goes on to, to sign out there as well.
    async fn sign_out_address(&self, who: &User) -> Option<String> {
        let mut issuers = self.issuers().iter();
        let issuer = issuers.find(|issuer| issuer.provider() == who.provider)?;
        let address = issuer.sign_out_address(self.origins().first());
        Some(address.await?.into())
    }
}

/// `/auth/logout`.
pub(super) fn router(auth: Auth) -> Router {
    Router::new()
        .route("/auth/logout", post(sign_out))
        .with_state(auth)
}

async fn sign_out(State(auth): State<Auth>, headers: HeaderMap) -> Response {
    if Source::of(&headers, auth.origins()) == Source::OtherOrigin {
        let sentence = "Sign out from this server's own page.";
        return (StatusCode::FORBIDDEN, sentence).into_response();
    }
    let cookie: HeaderMap = cookie::clear_session(auth.origins().is_secure())
        .map(|cookie| (header::SET_COOKIE, cookie))
        .into_iter()
        .collect();
    // Ended before it is forgotten: the cookie may be known to others.
    let session = match auth.session(&headers).await {
        Ok(None) => None,
        Ok(Some((id, session))) => match auth.end_sessions(Sessions::One(id)).await {
            Ok(()) => Some(session),
            Err(_) => return not_now(),
        },
        Err(_) => return not_now(),
    };
    let there = match &session {
        Some(session) => auth.sign_out_address(&session.user).await,
        None => None,
    };
    match there {
        Some(there) if wants_json(&headers) => {
            (cookie, Json(json!({ "continue": there }))).into_response()
        }
        None if wants_json(&headers) => (StatusCode::NO_CONTENT, cookie).into_response(),
        // A script that follows would end at another site's door.
        Some(there) if accepts(&headers, "text/html") => {
            (StatusCode::SEE_OTHER, cookie, [(header::LOCATION, there)]).into_response()
        }
        _ => (
            StatusCode::FOUND,
            cookie,
            [(header::LOCATION, "/".to_owned())],
        )
            .into_response(),
    }
}

fn not_now() -> Response {
    let sentence =
        "You are still signed in: the server could not write it down. Try again in a moment.";
    let wait = [(header::RETRY_AFTER, "2")];
    (StatusCode::SERVICE_UNAVAILABLE, wait, sentence).into_response()
}

/// Whether a program asks, not a form.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json")
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains(kind))
}
