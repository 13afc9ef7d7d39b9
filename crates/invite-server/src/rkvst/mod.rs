//! The Invites API of RKVST (later DataTrails), as its documentation and its clients speak it, on the same store and
//! rules.
//!
//! Its callers are clients (`invite-server apps add --dialect rkvst`): each is an account of its own, an admin of the one resource
//! that is its tenancy. A client sees and deletes the invites that it has made itself. People's bearers and app keys
//! count for nothing here: they name no tenancy.

mod caller;
mod documented;
mod invites;
mod page;
mod refused;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::routing::{any, get, post};

use refused::Status;

use crate::core::Refusal;
use crate::dialect::{Cors, Cost, Dialect, Identify, Readers};
use crate::invites::Invites;
use crate::limits::Limits;

/// Where a client gets its bearer. No page of a browser has any business here.
const TOKEN: &str = "/archivist/iam/v1/appidp/token";
/// Where invites are: as the vendor's pages say, and as its OpenAPI file says.
const INVITES: [&str; 2] = ["/archivist/iam/v1/invites", "/archivist/v1/invites"];

/// What the dialect works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rkvst {
    /// The rules over the store.
    pub invites: Invites,
    /// How often one may call.
    pub limits: Limits,
    /// Whether invites can be mailed.
    pub mails: bool,
    /// How long an invite lasts, in seconds.
    pub lifetime: u32,
}

/// All routes of the dialect, with and without a slash at the end, and its OpenAPI document.
fn router(state: Rkvst) -> Router {
    let mut router = Router::new();
    for slash in ["", "/"] {
        router = router.route(&format!("{TOKEN}{slash}"), post(token::token));
        for invites in INVITES {
            router = router
                .route(
                    &format!("{invites}{slash}"),
                    get(invites::list).post(invites::create),
                )
                .route(
                    &format!("{invites}/{{uuid}}{slash}"),
                    get(invites::one).delete(invites::delete),
                );
        }
    }
    router
        .route("/archivist/openapi.json", get(documented::describe))
        .route("/archivist", any(no_such_call))
        .route("/archivist/", any(no_such_call))
        .route("/archivist/{*rest}", any(no_such_call))
        .method_not_allowed_fallback(other_method)
        .with_state(state)
}

/// The dialect, as what stands around it sees it. Cookies and people's bearers count for nothing there.
pub fn dialect(state: Rkvst) -> Dialect {
    let apps = caller::Bearers(state.invites.clone());
    Dialect {
        name: "rkvst",
        wire: Some("rkvst"),
        routes: router(state),
        prefix: &["/archivist", "/archivist/"],
        identify: Identify::Own,
        apps: Some(Arc::new(apps)),
        cost,
        refuse: refused::refuse,
        cors: Cors {
            readers,
            sends: &[
                "datatrails-partner-id",
                "datatrails-user-agent",
                "x-request-total-count",
            ],
            sees: &["archivist-rate-limit-reset", "x-total-count"],
        },
    }
}

fn cost(_: &Method, route: &str) -> Cost {
    Cost {
        tries_key: route.trim_end_matches('/') == TOKEN,
        ..Cost::default()
    }
}

// A client's secret is no browser's.
fn readers(request: &Parts) -> Readers {
    if request.uri.path().starts_with(TOKEN) {
        Readers::Nobody
    } else {
        Readers::Listed
    }
}

async fn no_such_call() -> Status {
    Refusal::NotFound.into()
}

async fn other_method() -> Status {
    Status::with(StatusCode::METHOD_NOT_ALLOWED, Refusal::NotFound)
}
