//! Pages of other origins, as far as the operator lists them. They call with a bearer token: no cookie is let through.

use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::rkvst;

/// How long browsers may remember what is allowed.
const REMEMBERED: Duration = Duration::from_secs(600);
/// The package has its own answer: any page of any origin may import it.
const PACKAGE: &str = "/sdk/";

/// What browsers are told; nothing at all if no origin is listed.
pub(super) fn layer(listed: Vec<HeaderValue>) -> Option<CorsLayer> {
    if listed.is_empty() {
        return None;
    }
    let allowed = move |origin: &HeaderValue, request: &Parts| {
        if request.uri.path().starts_with(PACKAGE) {
            return request.method == Method::OPTIONS;
        }
        // A client's secret is no browser's.
        listed.contains(origin) && !request.uri.path().starts_with(rkvst::TOKEN)
    };
    let own = HeaderName::from_static;
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(allowed))
            .allow_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PUT,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                own("datatrails-partner-id"),
                own("datatrails-user-agent"),
                own("idempotency-key"),
                own("last-event-id"),
                own("x-request-total-count"),
            ])
            .expose_headers([
                header::ETAG,
                header::RETRY_AFTER,
                header::WWW_AUTHENTICATE,
                own("archivist-rate-limit-reset"),
                own("x-request-id"),
                own("x-total-count"),
            ])
            .max_age(REMEMBERED),
    )
}
