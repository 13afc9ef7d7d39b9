//! Pages of other origins, as far as the operator lists them. They call with a bearer token: no cookie is let through.

use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::dialect::{Dialects, Readers};

/// How long browsers may remember what is allowed.
const REMEMBERED: Duration = Duration::from_secs(600);

/// What browsers are told; nothing at all if no origin is listed.
pub(super) fn layer(listed: Vec<HeaderValue>, dialects: &Dialects) -> Option<CorsLayer> {
    if listed.is_empty() {
        return None;
    }
    let own = HeaderName::from_static;
    let sends = dialects.iter().flat_map(|dialect| dialect.cors.sends);
    let sends = [header::AUTHORIZATION, header::CONTENT_TYPE]
        .into_iter()
        .chain(sends.map(|name| own(name)));
    let sees = dialects.iter().flat_map(|dialect| dialect.cors.sees);
    let sees = [
        header::DATE,
        header::RETRY_AFTER,
        header::WWW_AUTHENTICATE,
        own("x-request-id"),
    ]
    .into_iter()
    .chain(sees.map(|name| own(name)));
    let cors = CorsLayer::new()
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
        ])
        .allow_headers(sends.collect::<Vec<_>>())
        .expose_headers(sees.collect::<Vec<_>>())
        .max_age(REMEMBERED);
    let dialects = dialects.clone();
    let allowed = move |origin: &HeaderValue, request: &Parts| {
        let dialect = dialects.at(request.uri.path());
        match dialect.map_or(Readers::Nobody, |dialect| (dialect.cors.readers)(request)) {
            Readers::Listed => listed.contains(origin),
            Readers::Everybody => true,
            Readers::Nobody => false,
        }
    };
    Some(cors.allow_origin(AllowOrigin::predicate(allowed)))
}
