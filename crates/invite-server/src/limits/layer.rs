//! Counting requests, whatever they ask for.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::{Limits, Who};
use crate::auth::{Identity, Proxies};
use crate::core::Refusal;
use crate::dialect::{Cost, Dialects, Hindrance, Peer, RequestId, WrongKey, plainly};

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
struct Address(IpAddr);

/// Middleware: refuses what is too much from one address, before anything is looked into that it brings.
pub async fn limit_address(
    State((limits, proxies, dialects)): State<(Limits, Proxies, Dialects)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
        return next.run(request).await;
    };
    let address = proxies.client(peer, request.headers());
    if !cost(&dialects, &request).free
        && let Err(refusal) = limits.address(&Who::new(Some(address), None))
    {
        return refuse(&dialects, &request, &refusal);
    }
    request.extensions_mut().insert(Address(address));
    next.run(request).await
}

/// Middleware: refuses what is too much by one person or of one sort, and leaves [`Who`] among the extensions. Runs
/// after [`limit_address`], and after who asks is known.
pub async fn limit(
    State((limits, dialects)): State<(Limits, Dialects)>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = request.extensions().get::<Address>().map(|from| from.0);
    let identity = request.extensions().get::<Identity>();
    let reader = identity.map_or(Ok(None), Identity::reader);
    let who = Who::new(address, reader.as_ref().ok().copied().flatten());
    // Credentials that say nothing here are an app's, or are refused before anything is looked up.
    let signed_out = matches!(reader, Ok(None));
    let cost = cost(&dialects, &request);
    if let Err(refusal) = allowed(&limits, &who, cost, signed_out) {
        return refuse(&dialects, &request, &refusal);
    }
    request.extensions_mut().insert(who.clone());
    let response = next.run(request).await;
    if cost.tries_key && response.extensions().get::<WrongKey>().is_some() {
        limits.wrong_key(&who);
    }
    response
}

/// What a request counts as where it goes.
fn cost(dialects: &Dialects, request: &Request) -> Cost {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let dialect = dialects.at(request.uri().path());
    dialect.map_or(Cost::default(), |dialect| {
        (dialect.cost)(request.method(), route)
    })
}

fn allowed(limits: &Limits, who: &Who, cost: Cost, signed_out: bool) -> Result<(), Refusal> {
    if cost.free {
        return Ok(());
    }
    limits.user(who)?;
    if cost.checks && signed_out {
        limits.signed_out_check(who)?;
    }
    if cost.keeps {
        limits.pending(who)?;
    }
    if cost.tries_key {
        limits.try_key(who)?;
    }
    Ok(())
}

fn refuse(dialects: &Dialects, request: &Request, refusal: &Refusal) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.unwrap_or_else(RequestId::fresh);
    let dialect = dialects.at(request.uri().path());
    let words = dialect.map_or(plainly as fn(_, &_) -> _, |dialect| dialect.refuse);
    words(Hindrance::Refused(refusal), &id)
}
