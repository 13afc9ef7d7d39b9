//! Counting requests, whatever they ask for.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{Limits, Who};
use crate::api::{self, Refused, RequestId};
use crate::auth::Identity;
use crate::config::ProxyOptions;
use crate::core::Refusal;

/// Who is at the other end of a connection. Whoever takes connections puts it among each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Middleware: refuses what is too much, and leaves [`Who`] among the extensions. Runs after who asks is known.
pub async fn limit(
    State((limits, proxies)): State<(Limits, ProxyOptions)>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let address = peer.map(|peer| proxies.client(peer, request.headers()));
    let identity = request.extensions().get::<Identity>();
    let actor = identity.and_then(|identity| identity.reader().ok().flatten());
    let who = Who::new(address, actor);
    let route = request.extensions().get::<MatchedPath>();
    let route = Route::of(
        route.map_or("", MatchedPath::as_str),
        request.method(),
        who.user.is_some(),
    );
    if let Err(refusal) = allowed(&limits, &who, route) {
        return refuse(&request, &refusal);
    }
    request.extensions_mut().insert(who.clone());
    let response = next.run(request).await;
    if route.tries_key && refused_key(&response) {
        limits.wrong_key(&who);
    }
    response
}

/// What a request counts as.
#[derive(Debug, Clone, Copy, Default)]
struct Route {
    free: bool,
    signed_out_check: bool,
    pending: bool,
    tries_key: bool,
}

impl Route {
    fn of(route: &str, method: &Method, signed_in: bool) -> Route {
        let free = matches!(
            route,
            "/healthz" | "/readyz" | "/favicon.ico" | "/robots.txt"
        );
        let check = route == "/api/v1/invites/check";
        let by_key = matches!(
            route,
            "/api/v1/invites/accept" | "/api/v1/invites/remove" | "/api/v1/receipts/redeem"
        );
        Route {
            // Files are the same for everybody and cost next to nothing, and a page brings many at once.
            free: free || route.starts_with("/sdk/") || route.starts_with("/site/"),
            signed_out_check: check && !signed_in,
            pending: route == "/api/v1/pending" && *method == Method::POST,
            tries_key: check || by_key,
        }
    }
}

fn allowed(limits: &Limits, who: &Who, route: Route) -> Result<(), Refusal> {
    if route.free {
        return Ok(());
    }
    limits.call(who)?;
    if route.signed_out_check {
        limits.signed_out_check(who)?;
    }
    if route.pending {
        limits.pending(who)?;
    }
    if route.tries_key {
        limits.try_key(who)?;
    }
    Ok(())
}

fn refused_key(response: &Response) -> bool {
    let refused = response.extensions().get::<Refused>();
    refused.is_some_and(|refused| matches!(refused.0, "invalid_key" | "cannot_remove"))
}

fn refuse(request: &Request, refusal: &Refusal) -> Response {
    if request.uri().path().starts_with("/api/") {
        let id = request.extensions().get::<RequestId>().cloned();
        return api::problem(refusal, &id.unwrap_or_else(RequestId::fresh));
    }
    let seconds = refusal.retry_after().unwrap_or(1000).div_ceil(1000);
    let wait = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
    (StatusCode::TOO_MANY_REQUESTS, wait, refusal.sentence()).into_response()
}
