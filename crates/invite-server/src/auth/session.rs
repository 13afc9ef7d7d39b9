//! Being signed in: what the session cookie says, and signing out.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::seal::{self, Purpose};
use super::{Auth, Source, cookie};
use crate::core::{Actor, User};

/// Who is signed in, as the cookie keeps it.
#[derive(Serialize, Deserialize)]
struct Session {
    #[serde(flatten)]
    user: User,
    /// A verified address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Auth {
    /// The cookie that signs somebody in.
    pub(super) fn sign_in(&self, actor: &Actor) -> Option<HeaderValue> {
        let session = Session {
            user: actor.user.clone(),
            email: actor.email.clone(),
        };
        let seconds = self.session_seconds();
        let text = self
            .sealer()
            .seal(Purpose::Session, &session, seal::now() + seconds);
        cookie::set_session(&text, seconds, self.origins().is_secure())
    }

    /// Whom the session cookie of a request is for, and until when, in seconds since 1970. As in Webstrates, a cookie that is broken or out of date is no
    /// error: whoever sends it is nobody.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<(Actor, u64)> {
        let text = cookie::session(headers, self.origins().is_secure())?;
        let sealer = self.sealer();
        let (session, until) = sealer.open_until(Purpose::Session, text, seal::now())?;
        let Session { user, email } = session;
        let actor = super::actor(user);
        let actor = match email {
            Some(email) => actor.with_email(email),
            None => actor,
        };
        Some((actor, until))
    }
}

impl Auth {
    /// Where whoever signs out goes on to, to sign out there as well.
    async fn sign_out_address(&self, headers: &HeaderMap) -> Option<String> {
        let who = self.session(headers)?.0.user;
        let address = self
            .issuer()?
            .sign_out_address(&who, self.origins().first());
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
    let there = auth.sign_out_address(&headers).await;
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
