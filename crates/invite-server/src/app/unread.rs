//! Requests that are answered before their body was read.
//!
//! HTTP/1.1 has no way on from there but to close the connection. A proxy that was not told would send somebody else's
//! request into it, which it must not repeat unless it is a GET, and answer 502.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};

/// Middleware: says so where the connection ends with this answer.
pub(super) async fn say_so(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let read = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&read);
    let end = stream::poll_fn(move |_| {
        mark.store(true, Ordering::Release);
        std::task::Poll::Ready(None)
    });
    let request = request.map(|body| Body::from_stream(body.into_data_stream().chain(end)));
    let mut response = next.run(request).await;
    if !read.load(Ordering::Acquire) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}
