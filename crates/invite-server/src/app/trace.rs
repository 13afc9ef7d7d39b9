//! A number for each request, in its answer, in the log and in problem documents; and what the log says of it.
//!
//! A number that the client brings is taken where no key could look like it.
//!
//! Logged are the method, the route as the code writes it (`/api/v1/resources/{resource}`), the status and the time.
//! Never the path, the query, a header or a body: any of them can hold a key.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::dialect::RequestId;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware: numbers the request and logs how it ended.
pub(super) async fn trace(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request
        .headers()
        .get(HEADER)
        .and_then(|given| RequestId::given(given.to_str().ok()?))
        .unwrap_or_else(RequestId::fresh);
    let method = known(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    request.extensions_mut().insert(id.clone());

    let span = tracing::info_span!("request", id = id.as_str(), method, route = route.as_str());
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let labels = [
        ("method", method.to_owned()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("invite_server_requests_total", &labels).increment(1);
    let [method_label, route_label, _] = labels;
    metrics::histogram!(
        "invite_server_request_seconds",
        &[method_label, route_label]
    )
    .record(began.elapsed());
    span.in_scope(|| {
        tracing::info!(
            status,
            microseconds = began.elapsed().as_micros() as u64,
            "answered"
        )
    });
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

// A method is any word the client likes; only the usual ones are repeated.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
