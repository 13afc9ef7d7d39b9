//! `/emulate/`: how tests set the scene, provoke faults, and look at what arrived. Not in the original.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Json, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::document::{Asset, Document};
use super::emulator::Emulator;
use super::people::Person;
use super::settings::Settings;
use super::world::{Outgoing, World};

/// The controls, and the members' one that `--demo` also has.
pub(super) fn router(emulator: Emulator) -> Router {
    Router::new()
        .route("/emulate/settings", get(settings).patch(change_settings))
        .route(
            "/emulate/webstrates/{id}",
            put(put_webstrate)
                .get(show_webstrate)
                .delete(delete_webstrate),
        )
        .route("/emulate/calls", get(calls).delete(forget_calls))
        .route("/emulate/sockets", get(sockets))
        .route("/emulate/cut", post(cut))
        .route("/emulate/cache", delete(forget_cache))
        .route("/emulate/reset", post(reset))
        .route("/demo/members/{id}", post(set_member))
        .layer(middleware::from_fn_with_state(emulator.clone(), own_only))
        .with_state(emulator)
}

// A page of another site that a developer has open must not play with the emulator.
async fn own_only(State(emulator): State<Emulator>, request: Request, next: Next) -> Response {
    if is_of_another_site(request.headers(), &emulator.origins) {
        let sentence = "Only pages of this server and tests may do this.";
        return refuse(StatusCode::FORBIDDEN, sentence);
    }
    next.run(request).await
}

fn is_of_another_site(headers: &HeaderMap, own: &[String]) -> bool {
    let text = |name: &str| Some(headers.get(name)?.to_str().unwrap_or("unreadable"));
    match (text("origin"), text("sec-fetch-site")) {
        (None | Some("null"), None | Some("none" | "same-origin")) => false,
        (Some(origin), _) => !own.iter().any(|own| own == origin),
        (None, Some(_)) => true,
    }
}

async fn settings(State(emulator): State<Emulator>) -> Response {
    Json(&emulator.world().settings).into_response()
}

/// `PATCH`: the members that are sent take the place of what was. A `seed` starts chance anew.
async fn change_settings(
    State(emulator): State<Emulator>,
    changes: Body<Map<String, Value>>,
) -> Response {
    let changes = match body(changes) {
        Ok(changes) => changes,
        Err(sentence) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &sentence),
    };
    let seeded = changes.contains_key("seed");
    let changed = emulator.world().settings.changed(changes);
    match changed {
        Ok(changed) => {
            set_settings(&mut emulator.world(), changed.clone(), seeded);
            emulator.changed.send_replace(());
            Json(changed).into_response()
        }
        Err(sentence) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &sentence),
    }
}

fn set_settings(world: &mut World, settings: Settings, seeded: bool) {
    if seeded {
        world.random = super::random::Random::new(settings.seed);
    }
    world.settings = settings;
}

/// What a test wants of a webstrate; what it leaves out stays.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    /// `data-auth`: entries, a text exactly as given, or `null` for none.
    #[serde(default, deserialize_with = "present")]
    auth: Option<Value>,
    /// `data-cors`: origins.
    cors: Option<Vec<String>>,
    /// The document.
    jsonml: Option<Value>,
    /// Or its page, as HTML.
    html: Option<String>,
    /// Whether the page is the original's shell with `window.webstrate`.
    webstrate: Option<bool>,
    /// Files, by name: `{"type", "text"}`. They are added to those that are there.
    #[serde(default)]
    assets: BTreeMap<String, WantedAsset>,
    /// Whether cached permissions and access tokens outlive this, unlike an edit by a person.
    #[serde(default)]
    keep_cache: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedAsset {
    #[serde(rename = "type")]
    media_type: String,
    text: String,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// `PUT`: makes the webstrate if it is not there. Making it is one version, setting `data-auth` another.
async fn put_webstrate(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    wanted: Body<Wanted>,
) -> Response {
    let wanted = match body(wanted) {
        Ok(wanted) => wanted,
        Err(sentence) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &sentence),
    };
    if wanted
        .jsonml
        .as_ref()
        .is_some_and(|jsonml| !jsonml.is_array())
    {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "jsonml is an array.");
    }
    let mut world = emulator.world();
    let mut document = world
        .webstrates
        .remove(&id)
        .unwrap_or_else(|| Document::empty(&id));
    if let Some(jsonml) = wanted.jsonml {
        document.jsonml = jsonml;
    }
    if let Some(cors) = wanted.cors {
        document.set_attribute("data-cors", Some(json!(cors).to_string()));
    }
    if let Some(html) = wanted.html {
        document.html = Some(html);
    }
    if let Some(live) = wanted.webstrate {
        document.live = live;
    }
    let files = wanted
        .assets
        .into_iter()
        .map(|(name, WantedAsset { media_type, text })| (name, Asset { media_type, text }));
    document.assets.extend(files);
    if let Some(auth) = wanted.auth {
        let text = match auth {
            Value::Null => None,
            Value::String(text) => Some(text),
            entries => Some(entries.to_string()),
        };
        document.set_auth(text);
        document.version += 1;
    }
    world.webstrates.insert(id.clone(), document);
    if !wanted.keep_cache {
        world.auth_was_edited(&id);
    }
    show(&world, &id)
}

async fn show_webstrate(State(emulator): State<Emulator>, Path(id): Path<String>) -> Response {
    show(&emulator.world(), &id)
}

fn show(world: &World, id: &str) -> Response {
    let Some(document) = world.webstrates.get(id) else {
        return refuse(StatusCode::NOT_FOUND, "There is no such webstrate.");
    };
    let invites = world.invites.iter().filter(|invite| invite.webstrate == id);
    Json(json!({ "id": id, "version": document.version, "auth": document.auth(), "invites": invites.count(),
                 "assets": document.assets.keys().collect::<Vec<_>>() }))
    .into_response()
}

async fn delete_webstrate(State(emulator): State<Emulator>, Path(id): Path<String>) -> Response {
    let mut world = emulator.world();
    world.webstrates.remove(&id);
    world.auth_was_edited(&id);
    StatusCode::NO_CONTENT.into_response()
}

async fn calls(State(emulator): State<Emulator>) -> Response {
    Json(json!({ "calls": emulator.world().calls })).into_response()
}

async fn forget_calls(State(emulator): State<Emulator>) -> Response {
    emulator.world().calls.clear();
    StatusCode::NO_CONTENT.into_response()
}

async fn sockets(State(emulator): State<Emulator>) -> Response {
    let world = emulator.world();
    let sockets: Vec<Value> = world
        .sockets
        .values()
        .map(|socket| {
            json!({ "id": socket.id, "webstrate": socket.webstrate, "user": socket.person.user_id(),
                    "subscribed": socket.subscribed })
        })
        .collect();
    Json(json!({ "sockets": sockets })).into_response()
}

/// Which sockets, and how.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Cut {
    /// Close with this code; without, the connection ends without a word.
    code: Option<u16>,
    /// Only those of this user, by name.
    user: Option<String>,
}

async fn cut(State(emulator): State<Emulator>, wanted: Option<Json<Cut>>) -> Response {
    let Json(Cut { code, user }) = wanted.unwrap_or_default();
    let world = emulator.world();
    let chosen = world.sockets.values().filter(|socket| {
        user.as_ref()
            .is_none_or(|user| *user == socket.person.username)
    });
    let count = chosen
        .map(|socket| socket.out.send(Outgoing::Cut(code)))
        .filter(Result::is_ok)
        .count();
    Json(json!({ "cut": count })).into_response()
}

async fn forget_cache(State(emulator): State<Emulator>) -> Response {
    emulator.world().forget_cache();
    StatusCode::NO_CONTENT.into_response()
}

/// As just started: nothing is left but the sockets, and those are cut.
async fn reset(State(emulator): State<Emulator>) -> Response {
    let mut world = emulator.world();
    for socket in world.sockets.values() {
        let _ = socket.out.send(Outgoing::Cut(None));
    }
    let mut anew = World::new((*emulator.start).clone());
    std::mem::swap(&mut anew.sockets, &mut world.sockets);
    anew.number_sockets_like(&world);
    *world = anew;
    drop(world);
    emulator.changed.send_replace(());
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
struct Membership {
    username: String,
    permissions: Option<String>,
}

/// As in `--demo`: sets one entry of `data-auth`, as an admin's edit would.
async fn set_member(
    State(emulator): State<Emulator>,
    Path(id): Path<String>,
    wanted: Body<Membership>,
) -> Response {
    let Membership {
        username,
        permissions,
    } = match body(wanted) {
        Ok(wanted) => wanted,
        Err(sentence) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, &sentence),
    };
    let mut world = emulator.world();
    let document = world
        .webstrates
        .entry(id.clone())
        .or_insert_with(|| Document::empty(&id));
    let person = Person::of_test(&username);
    document.set_auth(Some(document.auth_with(&person, permissions.as_deref())));
    document.version += 1;
    world.auth_was_edited(&id);
    show(&world, &id)
}

type Body<T> = Result<Json<T>, JsonRejection>;

fn body<T>(body: Body<T>) -> Result<T, String> {
    body.map(|Json(body)| body)
        .map_err(|rejection| rejection.body_text())
}

fn refuse(status: StatusCode, sentence: &str) -> Response {
    (status, sentence.to_owned()).into_response()
}
