//! Refusals as gRPC's gateway writes them: `{code, message, details}`.

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::core::Refusal;
use crate::dialect::{Hindrance, RequestId, WrongKey};

/// Seconds until the next call may be made: what RKVST's own clients read.
const RESET: HeaderName = HeaderName::from_static("archivist-rate-limit-reset");

/// A refusal with the status it is answered with.
#[derive(Debug, Clone)]
pub(super) struct Status {
    status: StatusCode,
    refusal: Refusal,
    /// Whether somebody tried what opens nothing.
    wrong_key: bool,
}

impl Status {
    /// With another status than the refusal usually has.
    pub(super) fn with(status: StatusCode, refusal: Refusal) -> Self {
        Self {
            status,
            wrong_key: matches!(refusal, Refusal::InvalidKey | Refusal::CannotRemove),
            refusal,
        }
    }

    /// The same, for an id and a secret that open nothing: a guess, as limits count.
    pub(super) fn guessed(self) -> Self {
        Self {
            wrong_key: true,
            ..self
        }
    }
}

impl From<BytesRejection> for Status {
    fn from(rejection: BytesRejection) -> Self {
        let sentence = "The body has to arrive whole and be at most 64 KiB.";
        Self::with(rejection.status(), Refusal::invalid_option("", sentence))
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        Self::with(status(&refusal), refusal)
    }
}

impl IntoResponse for Status {
    fn into_response(self) -> Response {
        let body = json!({
            "code": grpc(self.status),
            "message": self.refusal.sentence(),
            "details": [],
        });
        let mut response = (self.status, Json(body)).into_response();
        if self.wrong_key {
            response.extensions_mut().insert(WrongKey);
        }
        let headers = response.headers_mut();
        if let Some(milliseconds) = self.refusal.retry_after() {
            let seconds = HeaderValue::from(milliseconds.div_ceil(1000));
            headers.insert(header::RETRY_AFTER, seconds.clone());
            if self.status == StatusCode::TOO_MANY_REQUESTS {
                headers.insert(RESET, seconds);
            }
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What stands in front of this dialect has to say, in its words.
pub(super) fn refuse(hindrance: Hindrance<'_>, _: &RequestId) -> Response {
    let refusal = match hindrance {
        Hindrance::Refused(refusal) => refusal.clone(),
        Hindrance::TimedOut => Refusal::UnknownOutcome,
    };
    Status::from(refusal).into_response()
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotSignedIn | Refusal::BadCredentials => StatusCode::UNAUTHORIZED,
        Refusal::NotAdmin { .. }
        | Refusal::NotMember { .. }
        | Refusal::BeyondInviter { .. }
        | Refusal::Forbidden { .. } => StatusCode::FORBIDDEN,
        Refusal::NotFound | Refusal::CannotRemove => StatusCode::NOT_FOUND,
        Refusal::RateLimited { .. } | Refusal::LimitReached { .. } => StatusCode::TOO_MANY_REQUESTS,
        // The original knows no other status for what failed; the sentence says what is known.
        Refusal::TryAgain | Refusal::UnknownOutcome | Refusal::ServerError => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

/// gRPC's number for a status.
fn grpc(status: StatusCode) -> u8 {
    match status {
        StatusCode::UNAUTHORIZED => 16,
        StatusCode::FORBIDDEN => 7,
        StatusCode::NOT_FOUND => 5,
        StatusCode::TOO_MANY_REQUESTS => 8,
        StatusCode::METHOD_NOT_ALLOWED => 12,
        StatusCode::INTERNAL_SERVER_ERROR => 13,
        _ => 3,
    }
}
