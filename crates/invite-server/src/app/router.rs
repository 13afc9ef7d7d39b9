//! The router: every dialect's routes, and the layers around them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower::ServiceBuilder;
use tower_http::timeout::TimeoutLayer;

use super::{Stop, demo, trace, unread};
use crate::api::{self, ApiState, RequestId, Streams};
use crate::auth::{self, Auth};
use crate::config::Config;
use crate::core::Refusal;
use crate::limits::{self, Limits as Rates};
use crate::rkvst::{self, Rkvst};
use crate::site::{self, Site};
use crate::store::Invites;
use crate::webstrates::{self, Webstrates};

/// Most bytes of a request's body.
const BODY_BYTES: usize = 64 * 1024;
/// How long a request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);

pub(super) fn router(config: &Config, invites: &Invites, auth: &Auth, stop: &Stop) -> Router {
    let site = Site::new(config, auth.origins().clone());
    let rates = Rates::new(&config.limits, config.demo);
    let dialect = Webstrates::new(
        invites.clone(),
        auth.clone(),
        site.clone(),
        stop.clone(),
        config.max_connections,
    )
    .held_to(rates.clone());
    let rkvst = Rkvst {
        invites: invites.clone(),
        limits: rates.clone(),
        mails: config.mail.smtp.is_some(),
        lifetime: config.rkvst.rkvst_lifetime,
    };
    let api = ApiState {
        invites: invites.clone(),
        authenticator: Arc::new(auth.clone()),
        sign_in: auth
            .sign_in_address()
            .or(config.demo.then_some("/auth/test"))
            .map(str::to_owned),
        stop: stop.clone(),
        streams: Streams::default(),
        public_check: !config.limits.no_public_check,
        mails: config.mail.smtp.is_some(),
        limits: rates.clone(),
    };
    let mut router = webstrates::router(dialect)
        .merge(site::router(site))
        .merge(api::router(api))
        .merge(rkvst::router(rkvst))
        .merge(auth::sign_out_router(auth.clone()))
        .merge(auth::login_router(auth));
    if config.demo {
        router = router
            .merge(auth::demo_router(auth.clone()))
            .merge(demo::router(invites.clone(), auth.clone()));
    }
    // One stack, outermost first: laid one by one, each layer would copy all those inside it in a box of their own.
    router.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(trace::trace))
            .layer(middleware::from_fn(unread::say_so))
            .layer(middleware::from_fn(guarded))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                REQUEST_TIME,
            ))
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .layer(middleware::from_fn_with_state(
                (rates.clone(), config.proxy.clone()),
                limits::limit_address,
            ))
            .layer(middleware::from_fn_with_state(auth.clone(), auth::identify))
            .layer(middleware::from_fn_with_state(rates, limits::limit)),
    )
}

// What every answer says unless its route says otherwise: keep nothing, run nothing, tell nobody where it came from.
async fn guarded(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (api, rkvst) = (path.starts_with("/api/"), path.starts_with(rkvst::PREFIX));
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    if api && response.status() == StatusCode::REQUEST_TIMEOUT {
        // Nobody knows what was done by then: not the words of a refusal that changed nothing.
        response = api::problem(&Refusal::ServerError, &id.unwrap_or_else(RequestId::fresh));
    }
    if rkvst && response.status() == StatusCode::REQUEST_TIMEOUT {
        response = rkvst::refused(&Refusal::ServerError);
    }
    let defaults = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, site::NOTHING),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in defaults {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
