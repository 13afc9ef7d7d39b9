//! The router: every dialect's routes, and the layers around them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower::ServiceBuilder;
use tower_http::timeout::TimeoutLayer;

use super::{cors, handed, trace, unread};
use crate::api::{self, ApiState, Streams};
use crate::auth::{self, Auth};
use crate::conditions::CALL_ENDED;
use crate::config::Config;
use crate::demo;
use crate::dialect::{Dialects, Hindrance, RequestId};
use crate::hub::Hub;
use crate::invites::Invites;
use crate::limits::{self, Limits as Rates, Places};
use crate::rkvst::{self, Rkvst};
use crate::site::{self, Site};
use crate::stop::Stop;
use crate::waiting::Call;
use crate::webstrates::{self, Webstrates};

/// Most bytes of a request's body.
const BODY_BYTES: usize = 64 * 1024;
/// Begins the type of what comes bit by bit.
const EVENTS: &[u8] = b"text/event-stream";
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How long a request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// What the dialects work with.
pub(super) struct Parts<'a> {
    pub(super) invites: &'a Invites,
    pub(super) hub: Hub,
    pub(super) auth: &'a Auth,
    pub(super) site: Site,
    pub(super) stop: &'a Stop,
    /// So many connections at once.
    pub(super) connections: u32,
}

pub(super) fn router(config: &Config, parts: Parts<'_>, listed: Vec<HeaderValue>) -> Router {
    let Parts {
        invites,
        hub,
        auth,
        site,
        stop,
        connections,
    } = parts;
    let numbers = handed::numbers(config);
    let rates = Rates::new(&numbers);
    let webstrates = Webstrates::new(
        invites.clone(),
        auth.clone(),
        site.clone(),
        stop.clone(),
        connections,
    )
    .held_to(rates.clone(), Places::new(numbers.sockets));
    let rkvst = Rkvst {
        invites: invites.clone(),
        limits: rates.clone(),
        mails: config.mail.smtp.is_some(),
        lifetime: config.rkvst.rkvst_lifetime,
    };
    let api = ApiState {
        invites: invites.clone(),
        authenticator: Arc::new(auth.clone()),
        sign_in: auth.sign_in_address().map(str::to_owned),
        stop: stop.clone(),
        hub,
        streams: Streams::new((connections / 2).max(1), numbers.streams),
        public_check: !config.limits.no_public_check,
        mails: config.mail.smtp.is_some(),
        limits: rates.clone(),
    };
    let mut dialects = vec![
        webstrates::dialect(webstrates),
        api::dialect(api),
        rkvst::dialect(rkvst),
        site::dialect(site),
        auth::dialect(auth),
    ];
    if config.demo {
        dialects.push(demo::dialect(invites.clone(), auth.clone()));
    }
    let (router, dialects) = Dialects::join(dialects);
    // One stack, outermost first: laid one by one, each layer would copy all those inside it in a box of their own.
    let router = router.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(trace::trace))
            .layer(middleware::from_fn(unread::say_so))
            .layer(middleware::from_fn_with_state(dialects.clone(), guarded))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::REQUEST_TIMEOUT,
                REQUEST_TIME,
            ))
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .layer(middleware::from_fn_with_state(
                (rates.clone(), handed::proxies(config), dialects.clone()),
                limits::limit_address,
            ))
            .layer(middleware::from_fn_with_state(
                (auth.clone(), dialects.clone()),
                auth::identify,
            ))
            .layer(middleware::from_fn_with_state(
                (rates, dialects.clone()),
                limits::limit,
            )),
    );
    match cors::layer(listed, &dialects) {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

// What every answer says unless its route says otherwise: keep nothing, run nothing, tell nobody where it came from.
async fn guarded(State(dialects): State<Dialects>, request: Request, next: Next) -> Response {
    let dialect = dialects.at(request.uri().path());
    let id = request.extensions().get::<RequestId>().cloned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let call = Call::default();
    let mut response = call.watch(next.run(request)).await;
    if response.status() == StatusCode::REQUEST_TIMEOUT
        && let Some(dialect) = dialect
    {
        let route = route.as_ref().map_or("", MatchedPath::as_str);
        CALL_ENDED.met(route, call.waits_for());
        response = (dialect.refuse)(Hindrance::TimedOut, &id.unwrap_or_else(RequestId::fresh));
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(EVENTS)) {
        // nginx would keep events until it has a bufferful of them.
        let unbuffered = HeaderValue::from_static("no");
        response.headers_mut().insert(BUFFERING, unbuffered);
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
