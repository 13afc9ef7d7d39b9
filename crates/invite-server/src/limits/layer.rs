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
use crate::rkvst;

/// Who is at the other end of a connection. Whoever takes connections puts it among each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
struct Address(IpAddr);

/// Middleware: refuses what is too much from one address, before anything is looked into that it brings.
pub async fn limit_address(
    State((limits, proxies)): State<(Limits, ProxyOptions)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
        return next.run(request).await;
    };
    let address = proxies.client(peer, request.headers());
    if !route(&request, false).free
        && let Err(refusal) = limits.address(&Who::new(Some(address), None))
    {
        return refuse(&request, &refusal);
    }
    request.extensions_mut().insert(Address(address));
    next.run(request).await
}

/// Middleware: refuses what is too much by one person or of one sort, and leaves [`Who`] among the extensions. Runs
/// after [`limit_address`], and after who asks is known.
pub async fn limit(State(limits): State<Limits>, mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<Address>().map(|from| from.0);
    let identity = request.extensions().get::<Identity>();
    let reader = identity.map_or(Ok(None), Identity::reader);
    let who = Who::new(address, reader.as_ref().ok().copied().flatten());
    // Credentials that say nothing here are an app's, or are refused before anything is looked up.
    let signed_out = matches!(reader, Ok(None));
    let route = route(&request, !signed_out);
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
        let by_secret = route.trim_end_matches('/') == rkvst::TOKEN;
        Route {
            // Files are the same for everybody and cost next to nothing, and a page brings many at once.
            free: free || route.starts_with("/sdk/") || route.starts_with("/site/"),
            signed_out_check: check && !signed_in,
            pending: route == "/api/v1/pending" && *method == Method::POST,
            tries_key: check || by_key || by_secret,
        }
    }
}

fn route(request: &Request, signed_in: bool) -> Route {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    Route::of(route, request.method(), signed_in)
}

fn allowed(limits: &Limits, who: &Who, route: Route) -> Result<(), Refusal> {
    if route.free {
        return Ok(());
    }
    limits.user(who)?;
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
    refused.is_some_and(|refused| {
        matches!(
            refused.0,
            "invalid_key" | "cannot_remove" | rkvst::WRONG_CLIENT
        )
    })
}

fn refuse(request: &Request, refusal: &Refusal) -> Response {
    if request.uri().path().starts_with("/api/") {
        let id = request.extensions().get::<RequestId>().cloned();
        return api::problem(refusal, &id.unwrap_or_else(RequestId::fresh));
    }
    if request.uri().path().starts_with(rkvst::PREFIX) {
        return rkvst::refused(refusal);
    }
    let seconds = refusal.retry_after().unwrap_or(1000).div_ceil(1000);
    let wait = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
    (StatusCode::TOO_MANY_REQUESTS, wait, refusal.sentence()).into_response()
}
