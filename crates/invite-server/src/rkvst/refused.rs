//! Refusals as gRPC's gateway writes them: `{code, message, details}`.

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::Refused;
use crate::core::Refusal;

/// Seconds until the next call may be made: what RKVST's own clients read.
const RESET: HeaderName = HeaderName::from_static("archivist-rate-limit-reset");

/// A refusal with the status it is answered with.
#[derive(Debug, Clone)]
pub(super) struct Status {
    status: StatusCode,
    refusal: Refusal,
    /// The code for this server's own middleware, where it is not the refusal's.
    told: Option<&'static str>,
}

impl Status {
    /// With another status than the refusal usually has.
    pub(super) fn with(status: StatusCode, refusal: Refusal) -> Self {
        Self {
            status,
            refusal,
            told: None,
        }
    }

    /// The same, which the middleware knows by this code.
    pub(super) fn told(self, code: &'static str) -> Self {
        Self {
            told: Some(code),
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
        let code = self.told.unwrap_or(self.refusal.code());
        response.extensions_mut().insert(Refused(code));
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

/// A refusal in this dialect, for what stands in front of it.
pub fn refused(refusal: &Refusal) -> Response {
    Status::from(refusal.clone()).into_response()
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
        Refusal::TryAgain | Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
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
