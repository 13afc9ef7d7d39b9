//! Counting requests, whatever they ask for.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::{Limits, Who};
use crate::auth::{Identity, Proxies};
use crate::core::Refusal;
use crate::dialect::{
    Brought, Cost, Dialect, Dialects, Hindrance, Peer, RequestId, WrongKey, plainly,
};

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
struct Address(IpAddr);

/// The app whose credentials a request brings.
#[derive(Debug, Clone)]
struct ByApp(Arc<str>);

/// Middleware: refuses what is too much from one address, or by one app, before anything else is looked into that it
/// brings.
pub async fn limit_address(
    State((limits, proxies, dialects)): State<(Limits, Proxies, Dialects)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
        return next.run(request).await;
    };
    let address = proxies.client(peer, request.headers());
    let mut brought = None;
    if !cost(&dialects, &request).free {
        let from = Who::new(Some(address), None);
        let dialect = dialects.at(request.uri().path());
        let app = app(&limits, dialect, request.headers(), &from).await;
        let allowed = match &app {
            Some((_, app)) => limits.app(app),
            None => limits.address(&from),
        };
        if let Err(refusal) = allowed {
            return refuse(&dialects, &request, &refusal);
        }
        if let Some((credentials, app)) = app {
            request.extensions_mut().insert(ByApp(app));
            brought = Some(credentials);
        }
    }
    request.extensions_mut().insert(Address(address));
    let response = next.run(request).await;
    if let Some(brought) = brought
        && response.status() == StatusCode::UNAUTHORIZED
    {
        limits.forget(&brought);
    }
    response
}

/// Whose credentials a request brings, if an app's. Those that nobody knows are looked up once, unless so many from there
/// were nobody's that the address counts for this one, too.
async fn app(
    limits: &Limits,
    dialect: Option<&Dialect>,
    headers: &HeaderMap,
    from: &Who,
) -> Option<(Brought, Arc<str>)> {
    let apps = dialect?.apps.as_ref()?;
    let brought = apps.brought(headers)?;
    if let Some(app) = limits.known(&brought) {
        return Some((brought, app));
    }
    if !limits.may_introduce(from) {
        return None;
    }
    let app = apps.whose(headers).await;
    let app = limits.introduce(from, brought, app.as_deref())?;
    Some((brought, app))
}

/// Middleware: refuses what is too much by one person or of one sort, and leaves [`Who`] among the extensions. Runs
/// after [`limit_address`], and after who asks is known.
pub async fn limit(
    State((limits, dialects)): State<(Limits, Dialects)>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = request.extensions().get::<Address>().map(|from| from.0);
    let app = request
        .extensions()
        .get::<ByApp>()
        .map(|by| Arc::clone(&by.0));
    let identity = request.extensions().get::<Identity>();
    let reader = identity.map_or(Ok(None), Identity::reader);
    let who = Who {
        app,
        ..Who::new(address, reader.as_ref().ok().copied().flatten())
    };
    // Credentials that say nothing here are an app's, or are refused before anything is looked up.
    let signed_out = matches!(reader, Ok(None)) && who.app.is_none();
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
