//! What stands in front of a dialect has to say.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::RequestId;
use crate::core::Refusal;

/// Why a request does not get to its dialect, or not back from it.
#[derive(Debug, Clone, Copy)]
pub enum Hindrance<'a> {
    /// It is not let in.
    Refused(&'a Refusal),
    /// It took too long. Nobody knows what was done by then.
    TimedOut,
}

/// The same in plain words, for people.
pub fn plainly(hindrance: Hindrance<'_>, _: &RequestId) -> Response {
    let refusal = match hindrance {
        Hindrance::Refused(refusal) => refusal,
        Hindrance::TimedOut => &Refusal::UnknownOutcome,
    };
    let status = match refusal {
        Refusal::RateLimited { .. } | Refusal::LimitReached { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::NotSignedIn | Refusal::BadCredentials => StatusCode::UNAUTHORIZED,
        Refusal::TryAgain => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::UnknownOutcome => StatusCode::GATEWAY_TIMEOUT,
        Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::FORBIDDEN,
    };
    let mut response = (status, refusal.sentence()).into_response();
    if let Some(milliseconds) = refusal.retry_after() {
        let seconds = HeaderValue::from(milliseconds.div_ceil(1000));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
