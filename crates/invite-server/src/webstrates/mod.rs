//! The Webstrates dialect: the socket and the few HTTP forms of `/<id>/`.
//!
//! It differs from Webstrates 1.8 where that would hurt: nothing is accepted by GET or HEAD, options are checked, early
//! messages are not lost, and each `d` names an existing resource or one without admins. In particular there is no
//! webstrate without `data-auth`, on which the original lets everybody do everything: a resource that nobody was given
//! anything on gives nobody anything.

mod answer;
mod frame;
mod opener;
mod socket;
mod token;
mod turns;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Form, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Extension, Router};
use invite_key::permissions::Permission;
use invite_key::resource;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::auth::{Auth, Identity};
use crate::core::{Actor, Member, Refusal};
use crate::dialect::{Cors, Cost, Dialect, Identify, plainly};
use crate::invites::Invites;
use crate::limits::{self, Limits, Places, Who};
use crate::site::Site;
use crate::stop::Stop;
use opener::Opener;
use socket::Session;
use turns::Turns;

const UNREADABLE: &str = "Insufficient permissions. Read is required to access this webstrate.";
const BAD_TOKEN: &str = "Invalid access token.";
const NO_TOKEN_ASKED: &str = "Parameter missing from request. No 'token' or files found.";
const SIGNED_OUT: &str = "Must be logged in to get an access token.";

/// What the dialect works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webstrates {
    invites: Invites,
    auth: Auth,
    site: Site,
    stop: Stop,
    sockets: Arc<Semaphore>,
    places: Places,
    turns: Turns,
    limits: Limits,
}

impl Webstrates {
    /// The dialect over these, with so many sockets at once.
    pub fn new(invites: Invites, auth: Auth, site: Site, stop: Stop, sockets: u32) -> Self {
        Self {
            invites,
            auth,
            site,
            stop,
            sockets: Arc::new(Semaphore::new(sockets as usize)),
            places: Places::new(0),
            turns: Turns::default(),
            limits: Limits::none(),
        }
    }

    /// With limits on how often one may call, and on how many sockets may come from one address.
    pub fn held_to(self, limits: Limits, places: Places) -> Self {
        Self {
            limits,
            places,
            ..self
        }
    }
}

/// `/`, `/<id>` and `/<id>/`, and the answer to whatever has no other route.
fn router(state: Webstrates) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/{resource}", get(without_slash))
        .route("/{resource}/", get(webstrate).post(access_token))
        .fallback(elsewhere)
        .with_state(state)
}

/// The dialect, as what stands around it sees it. Resources have any name, so it is at home wherever nobody else is.
pub fn dialect(state: Webstrates) -> Dialect {
    Dialect {
        name: "webstrates",
        wire: Some("webstrates"),
        routes: router(state),
        prefix: &["/"],
        identify: Identify::People,
        apps: None,
        cost: |_, _| Cost::default(),
        refuse: plainly,
        cors: Cors::listed(),
    }
}

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;
type Id = Result<Path<String>, PathRejection>;

async fn root(State(state): State<Webstrates>, headers: HeaderMap, upgrade: Upgrade) -> Response {
    match upgrade {
        Ok(upgrade) => refuse_socket(upgrade, None),
        Err(_) => state.site.manager_page(&headers),
    }
}

async fn elsewhere(
    State(state): State<Webstrates>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    upgrade.map_or_else(
        |_| state.site.not_found(&headers),
        |upgrade| refuse_socket(upgrade, None),
    )
}

async fn without_slash(
    State(state): State<Webstrates>,
    id: Id,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    identity: Identity,
    who: Option<Extension<Who>>,
    upgrade: Upgrade,
) -> Response {
    if upgrade.is_ok() {
        return webstrate(
            State(state),
            id,
            RawQuery(query),
            headers,
            identity,
            who,
            upgrade,
        )
        .await;
    }
    // Only what is written plainly, so that no address of ours leads to another host.
    let Some(id) = page_id(id) else {
        return state.site.not_found(&headers);
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    (
        StatusCode::FOUND,
        [(header::LOCATION, format!("/{id}/{query}"))],
    )
        .into_response()
}

async fn webstrate(
    State(state): State<Webstrates>,
    id: Id,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    identity: Identity,
    who: Option<Extension<Who>>,
    upgrade: Upgrade,
) -> Response {
    let address = who.and_then(|Extension(who)| who.address);
    let query = Query::read(query.as_deref().unwrap_or_default());
    match (upgrade, id) {
        (Ok(upgrade), Ok(Path(id))) => {
            open_socket(state, upgrade, &id, &query, &identity, address).await
        }
        (Ok(upgrade), Err(_)) => refuse_socket(upgrade, None),
        (Err(rejection), _) if headers.contains_key(header::UPGRADE) => rejection.into_response(),
        (Err(_), id) => read(&state, id, &query, &identity, &headers).await,
    }
}

async fn open_socket(
    state: Webstrates,
    upgrade: WebSocketUpgrade,
    id: &str,
    query: &Query,
    identity: &Identity,
    address: Option<IpAddr>,
) -> Response {
    // What is no good is refused, not left out: whoever sends it takes themselves for somebody.
    let by_request = match identity.socket() {
        Ok(actor) => actor.cloned(),
        Err(refusal @ Refusal::BadCredentials) => {
            return (StatusCode::UNAUTHORIZED, refusal.sentence()).into_response();
        }
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let opener = match &query.token {
        Some(token) => match token::open(&state.auth, id, token).await {
            Ok(Some((actor, grounds))) => Opener {
                actor: Some(actor),
                proof: state.auth.watch(&grounds),
                only: Some(id.to_owned()),
            },
            Ok(None) => return refuse_socket(upgrade, Some(BAD_TOKEN)),
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        None => Opener {
            actor: by_request,
            proof: state.auth.watch(identity.grounds()),
            only: None,
        },
    };
    let Some(own_place) = state.places.take(address) else {
        let who = Who::new(address, opener.actor.as_ref());
        limits::refused("sockets", &(&who).into());
        let sentence =
            "So many sockets are open from your address that there can be no other. Close one.";
        let wait = [(header::RETRY_AFTER, "5")];
        return (StatusCode::TOO_MANY_REQUESTS, wait, sentence).into_response();
    };
    let Ok(place) = state.sockets.try_acquire_owned() else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "5")],
        )
            .into_response();
    };
    let session = Session {
        invites: state.invites,
        who: Who::new(address, opener.actor.as_ref()),
        limits: state.limits,
        turns: state.turns,
        opener,
        running: state.stop.begin(),
        places: (place, own_place),
    };
    bounded(upgrade).on_upgrade(move |socket| socket::serve(socket, session))
}

fn refuse_socket(upgrade: WebSocketUpgrade, reason: Option<&'static str>) -> Response {
    bounded(upgrade).on_upgrade(move |socket| socket::refuse(socket, reason))
}

fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(socket::READ_BYTES)
        .max_frame_size(socket::READ_BYTES)
}

// Reading: whatever `acceptInvite` says, nothing changes.
async fn read(
    state: &Webstrates,
    id: Id,
    query: &Query,
    identity: &Identity,
    headers: &HeaderMap,
) -> Response {
    let Some(id) = page_id(id) else {
        return state.site.not_found(headers);
    };
    let actor = match &query.token {
        Some(token) => match token::open(&state.auth, &id, token).await {
            Ok(Some((actor, _))) => Some(actor),
            Ok(None) => return (StatusCode::FORBIDDEN, BAD_TOKEN).into_response(),
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        None => match identity.reader() {
            Ok(actor) => actor.cloned(),
            Err(Refusal::TryAgain) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Err(_) => return (StatusCode::FORBIDDEN, BAD_TOKEN).into_response(),
        },
    };
    if !query.version && !query.json {
        return state.site.accept_page(headers);
    }
    let found = match state.invites.resource(actor.as_ref(), &id).await {
        Ok(found) => Some(found),
        Err(Refusal::TryAgain | Refusal::UnknownOutcome | Refusal::ServerError) => {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Err(_) => None,
    };
    match (found, actor) {
        (Some((resource, members)), Some(actor)) if may_read(&members, &actor) => {
            if query.version {
                return Json(json!({ "version": resource.version })).into_response();
            }
            Json(document(resource.title.as_deref().unwrap_or(&id), &members)).into_response()
        }
        _ => (StatusCode::FORBIDDEN, UNREADABLE).into_response(),
    }
}

fn may_read(members: &[Member], actor: &Actor) -> bool {
    members
        .iter()
        .any(|member| member.user.is(&actor.user) && member.permissions.contains(Permission::Read))
}

// JsonML, whose root carries who may do what as a text of JSON.
fn document(title: &str, members: &[Member]) -> Value {
    let permissions: Vec<Value> = members
        .iter()
        .map(|Member { user, permissions }| {
            json!({ "username": user.username, "provider": user.provider, "permissions": permissions.as_str() })
        })
        .collect();
    json!(["html", { "data-auth": Value::Array(permissions).to_string() }, ["head", {}, ["title", {}, title]], ["body", {}]])
}

#[derive(Deserialize)]
struct TokenForm {
    token: String,
}

async fn access_token(
    State(state): State<Webstrates>,
    id: Id,
    identity: Identity,
    headers: HeaderMap,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Response {
    let Some(id) = page_id(id) else {
        return state.site.not_found(&headers);
    };
    let Ok(Form(form)) = form else {
        return (StatusCode::UNPROCESSABLE_ENTITY, NO_TOKEN_ASKED).into_response();
    };
    let actor = match identity.changer() {
        Ok(Some(actor)) => actor,
        Ok(None) => return (StatusCode::UNAUTHORIZED, SIGNED_OUT).into_response(),
        Err(refusal @ Refusal::BadCredentials) => {
            return (StatusCode::UNAUTHORIZED, refusal.sentence()).into_response();
        }
        Err(Refusal::TryAgain) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(refusal) => return (StatusCode::FORBIDDEN, refusal.sentence()).into_response(),
    };
    let Ok(issued) = token::issue(&state.auth, &id, &identity, &form.token).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let answer = json!({ "webstrateId": id, "username": actor.user.username, "provider": actor.user.provider,
                         "token": issued.token, "expiration": issued.expiration });
    Json(answer).into_response()
}

fn page_id(id: Id) -> Option<String> {
    let Path(id) = id.ok()?;
    (resource::is_valid(&id) && !resource::is_reserved(&id)).then_some(id)
}

/// The parameters that mean something here.
#[derive(Default)]
struct Query {
    version: bool,
    json: bool,
    token: Option<String>,
}

impl Query {
    fn read(query: &str) -> Self {
        let mut all = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "v" => all.version = true,
                "json" => all.json = true,
                // Our tokens need no escapes; one that has been escaped all the same is read.
                "token" => all.token = Some(value.replace("%2E", ".").replace("%2e", ".")),
                _ => {}
            }
        }
        all
    }
}
