//! Our own HTTP API: JSON in, JSON out, refusals as problem documents (RFC 9457), described by the OpenAPI document at
//! `/api/v1/openapi.json`.

mod about;
mod asker;
mod body;
mod documented;
mod events;
mod invites;
mod me;
mod members;
mod paging;
mod pending;
mod problem;
mod receipts;
mod resources;
mod streams;
mod views;
mod webhooks;

use std::{fmt, sync::Arc};

use axum::{
    Json, Router,
    http::{Method, StatusCode},
    middleware,
    response::IntoResponse,
    routing::{any, get},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use asker::{Asker, Authenticator, Proof};
pub use pending::Cookies;
pub use streams::Streams;

use crate::{
    core::Refusal,
    dialect::{Cors, Cost, Dialect, Identify, Readers},
    hub::Hub,
    invites::Invites,
    limits::Limits,
    stop::Stop,
};
use problem::ApiError;
use webhooks::Webhooks;

/// What the calls work with.
pub struct ApiState {
    /// The rules over the store.
    pub invites: Invites,
    /// Finds out who asks.
    pub authenticator: Arc<dyn Authenticator>,
    /// The path where people sign in, if they can.
    pub sign_in: Option<String>,
    /// Ends the streams of events when the server stops.
    pub stop: Stop,
    /// What tells streams of events what happens.
    pub hub: Hub,
    /// Places for streams of events.
    pub streams: Streams,
    /// Whether somebody who is not signed in may look an invite up.
    pub public_check: bool,
    /// Whether invites can be mailed.
    pub mails: bool,
    /// How often one may call.
    pub limits: Limits,
}

/// One for all calls: each layer around them takes a clone along with each request.
type Shared = Arc<ApiState>;

impl fmt::Debug for ApiState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiState")
            .field("sign_in", &self.sign_in)
            .finish_non_exhaustive()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "invite-keys", description = "Create, list, check, accept and remove invite keys."),
    components(schemas(problem::Problem)),
    modifiers(&Credentials, &Webhooks),
    security((), ("session" = []), ("bearer" = [])),
)]
struct Description;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer =
            SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "A person's bearer; or an app key (ika_…) together with On-Behalf-Of, which names the person \
                     it acts for as username:provider.",
                ))
                .build(),
        );
        let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "session",
            "Set by signing in; called __Host-session behind https. Changes then also need an Origin of this server.",
        )));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", bearer);
        components.add_security_scheme("session", session);
    }
}

/// All routes of the API, under their full paths: `/api/…`, `/.well-known/invite-keys`, `/healthz`, `/readyz`.
fn router(state: ApiState) -> Router {
    let state = Shared::new(state);
    let (router, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(about::me))
        .routes(routes!(me::sign_out_everywhere))
        .routes(routes!(about::discovery))
        .routes(routes!(about::public_keys))
        .routes(routes!(about::healthy))
        .routes(routes!(about::ready))
        .routes(routes!(resources::list, resources::create_anywhere))
        .routes(routes!(resources::create, resources::delete))
        .routes(routes!(members::list, members::replace))
        .routes(routes!(members::show, members::set, members::remove))
        .routes(routes!(events::watch))
        .routes(routes!(receipts::redeem))
        .routes(routes!(invites::create, invites::list))
        .routes(routes!(invites::remove_by_id))
        .routes(routes!(invites::resend))
        .routes(routes!(invites::remove))
        .routes(routes!(invites::check))
        .routes(routes!(invites::accept))
        .routes(routes!(pending::keep, pending::list, pending::forget))
        .split_for_parts();
    documented::Refusals.modify(&mut description);
    let description = Arc::new(description);
    let describe = move || async move { Json(description.as_ref()).into_response() };
    router
        .route("/api/v1/openapi.json", get(describe))
        .route("/api", any(no_such_call))
        .route("/api/", any(no_such_call))
        .route("/api/{*rest}", any(no_such_call))
        .method_not_allowed_fallback(other_method)
        .layer(middleware::from_fn(problem::finish))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            pending::resolve,
        ))
        .with_state(state)
}

/// The API, as what stands around it sees it.
pub fn dialect(state: ApiState) -> Dialect {
    let apps = asker::AppKeys(state.invites.clone());
    Dialect {
        name: "api",
        wire: Some("http"),
        routes: router(state),
        prefix: &[
            "/api",
            "/api/",
            "/.well-known/invite-keys",
            "/.well-known/jwks.json",
            "/healthz",
            "/readyz",
        ],
        identify: Identify::People,
        apps: Some(Arc::new(apps)),
        cost,
        refuse: problem::refuse,
        cors: Cors {
            readers: |_| Readers::Listed,
            sends: &["if-match", "idempotency-key", "last-event-id"],
            sees: &["etag"],
        },
    }
}

fn cost(method: &Method, route: &str) -> Cost {
    if matches!(route, "/healthz" | "/readyz") {
        return Cost::FREE;
    }
    let checks = route == "/api/v1/invites/check";
    let by_key = matches!(
        route,
        "/api/v1/invites/accept" | "/api/v1/invites/remove" | "/api/v1/receipts/redeem"
    );
    Cost {
        free: false,
        checks,
        keeps: route == "/api/v1/pending" && *method == Method::POST,
        tries_key: checks || by_key,
    }
}

async fn no_such_call() -> ApiError {
    Refusal::NotFound.into()
}

async fn other_method() -> ApiError {
    ApiError::with_status(Refusal::NotFound, StatusCode::METHOD_NOT_ALLOWED)
}
