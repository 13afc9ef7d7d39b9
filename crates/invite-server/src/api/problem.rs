//! Refusals as problem documents (RFC 9457).

use axum::{
    Json,
    extract::{Request, rejection::PathRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::core::Refusal;
use crate::dialect::{Hindrance, RequestId, WrongKey};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A refusal on its way to becoming a problem document.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    refusal: Refusal,
    status: StatusCode,
}

impl ApiError {
    /// With another status than the refusal usually has.
    pub(super) fn with_status(refusal: Refusal, status: StatusCode) -> ApiError {
        ApiError { refusal, status }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> ApiError {
        ApiError {
            status: status(&refusal),
            refusal,
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> ApiError {
        Refusal::NotFound.into()
    }
}

impl IntoResponse for ApiError {
    /// Only the status and the refusal itself: [`finish`] writes the document, as it alone knows the request's number.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What stands in front of the API has to say, as a problem document.
pub(super) fn refuse(hindrance: Hindrance<'_>, id: &RequestId) -> Response {
    let refusal = match hindrance {
        Hindrance::Refused(refusal) => refusal.clone(),
        Hindrance::TimedOut => Refusal::UnknownOutcome,
    };
    document(&ApiError::from(refusal), id)
}

/// What every refusal answers with.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Problem {
    /// `urn:invite-keys:error:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:invite-keys:error:not_admin")]
    kind: String,
    /// The status, in words.
    title: &'static str,
    /// The status again.
    status: u16,
    /// What happened and what to do, for a person. It may change.
    detail: String,
    /// What happened, for a program. It is stable; new ones may come.
    #[schema(example = "not_admin")]
    code: &'static str,
    /// The option or parameter that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// How long to wait before trying again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// The number of this request in the server's log.
    request_id: String,
}

/// Middleware: writes the documents of refusals and what all answers have in common.
pub(super) async fn finish(request: Request, next: Next) -> Response {
    let numbered = request.extensions().get::<RequestId>().cloned();
    let id = numbered.clone().unwrap_or_else(RequestId::fresh);
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        // Allow, which the router wrote beside a 405, has to stay.
        let allow = response.headers_mut().remove(header::ALLOW);
        response = document(&error, &id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    if numbered.is_none()
        && let Ok(value) = HeaderValue::from_str(id.as_str())
    {
        headers.insert(REQUEST_ID, value);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn document(error: &ApiError, id: &RequestId) -> Response {
    let refusal = &error.refusal;
    let problem = Problem {
        kind: format!("urn:invite-keys:error:{}", refusal.code()),
        title: error.status.canonical_reason().unwrap_or_default(),
        status: error.status.as_u16(),
        detail: refusal.sentence(),
        code: refusal.code(),
        field: refusal.field().map(str::to_owned),
        retry_after: refusal.retry_after(),
        request_id: id.as_str().to_owned(),
    };
    let mut response = (error.status, Json(problem)).into_response();
    if matches!(refusal, Refusal::InvalidKey | Refusal::CannotRemove) {
        response.extensions_mut().insert(WrongKey);
    }
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(milliseconds) = refusal.retry_after() {
        headers.insert(
            header::RETRY_AFTER,
            HeaderValue::from(milliseconds.div_ceil(1000)),
        );
    }
    if error.status == StatusCode::UNAUTHORIZED {
        // RFC 6750: a token that is no good is told apart from none.
        let challenge = match refusal {
            Refusal::BadCredentials => "Bearer error=\"invalid_token\"",
            _ => "Bearer",
        };
        let challenge = HeaderValue::from_static(challenge);
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotSignedIn | Refusal::BadCredentials => StatusCode::UNAUTHORIZED,
        Refusal::NotAdmin { .. }
        | Refusal::NotMember { .. }
        | Refusal::BeyondInviter { .. }
        | Refusal::WrongAccount
        | Refusal::Forbidden { .. } => StatusCode::FORBIDDEN,
        Refusal::Changed => StatusCode::PRECONDITION_FAILED,
        Refusal::NoPrecondition => StatusCode::PRECONDITION_REQUIRED,
        Refusal::InvalidKey | Refusal::NotFound | Refusal::CannotRemove => StatusCode::NOT_FOUND,
        Refusal::Expired | Refusal::Removed | Refusal::Exhausted => StatusCode::GONE,
        Refusal::InviterNotAdmin
        | Refusal::AlreadyExists { .. }
        | Refusal::AlreadyRedeemed
        | Refusal::LastAdmin => StatusCode::CONFLICT,
        Refusal::MalformedKey(_) | Refusal::InvalidOption { .. } | Refusal::Unsupported { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refusal::RateLimited { .. } | Refusal::LimitReached { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TryAgain => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::UnknownOutcome => StatusCode::GATEWAY_TIMEOUT,
        Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
