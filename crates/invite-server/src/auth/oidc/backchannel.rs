//! The issuer says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0): their sessions end here
//! too, on every copy.

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cache::Wanted;
use super::person::Claims;
use super::token::{Expected, LEEWAY, Sort};
use super::{Issuer, NotRecognised};
use crate::auth::{Auth, seal};
use crate::core::{LogoutToken, Moment, Sessions, Subject};

/// Where the issuer says so.
pub(super) const PATH: &str = "/auth/oidc/backchannel-logout";
/// What a logout token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout token is told at once: one that was kept for longer than this, in seconds, ends nothing.
const LATEST: u64 = 300;

#[derive(Clone)]
struct Desk {
    auth: Auth,
}

/// That address.
pub(super) fn router(auth: Auth) -> Router {
    Router::new()
        .route(PATH, post(sign_out))
        .with_state(Desk { auth })
}

#[derive(Deserialize)]
struct Told {
    logout_token: String,
}

async fn sign_out(State(desk): State<Desk>, told: Result<Form<Told>, FormRejection>) -> Response {
    let Ok(Form(told)) = told else {
        return refused("Send logout_token as a form.");
    };
    let Some(issuer) = Issuer::of_token(desk.auth.issuers(), &told.logout_token) else {
        return refused("This is no logout token for this server.");
    };
    let told = match issuer.logout(&told.logout_token).await {
        Ok(told) => told,
        Err(NotRecognised::BadToken) => return refused("This is no logout token for this server."),
        Err(NotRecognised::Unavailable) => return unavailable(),
    };
    match desk.auth.end_as_told(told).await {
        Ok(true) => (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        Ok(false) => refused("This logout token was told before."),
        Err(_) => unavailable(),
    }
}

fn refused(description: &'static str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": description });
    let fresh = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::BAD_REQUEST, fresh, Json(body)).into_response()
}

fn unavailable() -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "2"),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
}

impl Issuer {
    /// What a logout token says.
    async fn logout(&self, token: &str) -> Result<LogoutToken, NotRecognised> {
        let client = self.inner.client.as_ref().ok_or(NotRecognised::BadToken)?;
        let audience = [client.id.clone()];
        let expected = Expected {
            issuer: &self.inner.name,
            audiences: &audience,
            sort: Sort::Logout,
        };
        let claims = self.verified(token, expected, Wanted::Newer).await?;
        told(&self.inner.name, &claims, seal::now()).ok_or(NotRecognised::BadToken)
    }
}

/// What the claims of a logout token say (2.4 and 2.6 there), beside who signed it for whom.
fn told(issuer: &str, claims: &Claims, now: u64) -> Option<LogoutToken> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let is_event = claims.get("events")?.get(EVENT)?.is_object();
    // With a nonce it would be an ID token.
    let sound = is_event && !claims.contains_key("nonce");
    let told_at = claims.get("iat")?.as_f64()? as u64;
    let until = told_at.saturating_add(LATEST);
    let in_time = told_at <= now.saturating_add(LEEWAY) && now <= until;
    if !sound || !in_time {
        return None;
    }
    let (jti, iss) = (text("jti")?.to_owned(), issuer.to_owned());
    let sub = text("sub").map(str::to_owned);
    let ends = match (text("sid"), sub) {
        (Some(sid), sub) => Sessions::OfSid {
            iss: iss.clone(),
            sid: sid.to_owned(),
            sub,
        },
        (None, Some(sub)) => Sessions::OfSubject(Subject {
            iss: iss.clone(),
            sub,
        }),
        (None, None) => return None,
    };
    let until = i64::try_from(until.saturating_add(1)).ok()?;
    Some(LogoutToken {
        iss,
        jti,
        ends,
        until: Moment(until.saturating_mul(1000)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn claims(change: impl FnOnce(&mut Value)) -> Claims {
        let mut claims = json!({ "jti": "1", "iat": NOW, "sub": "alice", "events": { EVENT: {} } });
        change(&mut claims);
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn a_logout_token_says_whose_sessions_end() {
        let iss = "https://login.example";
        let all = |claims: &Claims| told(iss, claims, NOW).map(|told| told.ends);
        let (iss, sub) = (iss.to_owned(), "alice".to_owned());
        let subject = Sessions::OfSubject(Subject {
            iss: iss.clone(),
            sub,
        });
        assert_eq!(all(&claims(|_| ())), Some(subject));
        let sid = "08a5".to_owned();
        let one = |sub: Option<&str>| {
            let (iss, sid) = (iss.clone(), sid.clone());
            let sub = sub.map(str::to_owned);
            Some(Sessions::OfSid { iss, sid, sub })
        };
        let both = claims(|claims| claims["sid"] = json!("08a5"));
        assert_eq!(all(&both), one(Some("alice")));
        let mut alone = both.clone();
        alone.remove("sub");
        assert_eq!(all(&alone), one(None));
        let early = claims(|claims| claims["iat"] = json!(NOW + LEEWAY));
        assert!(all(&early).is_some(), "clocks differ");
        for wrong in [
            |claims: &mut Value| claims["nonce"] = json!("n"),
            |claims: &mut Value| claims["events"] = json!({}),
            |claims: &mut Value| claims["events"] = json!({ EVENT: true }),
            |claims: &mut Value| claims["events"] = json!([EVENT]),
            |claims: &mut Value| claims["sub"] = json!(7),
            |claims: &mut Value| claims["iat"] = json!(NOW - LATEST - 1),
            |claims: &mut Value| claims["iat"] = json!(NOW + LEEWAY + 1),
            |claims: &mut Value| claims["iat"] = json!(u64::MAX),
            |claims: &mut Value| claims["iat"] = json!("now"),
            |claims: &mut Value| claims["jti"] = json!(null),
        ] {
            assert_eq!(all(&claims(wrong)), None);
        }
    }
}
