//! The routes: sockets anywhere, `/<id>` and `/<id>/` with all that hangs on their query.

use axum::Router;
use axum::extract::rejection::{PathRejection, RawFormRejection};
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{Path, Query, RawForm, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::emulator::Emulator;
use super::pages;
use super::people::{self, Person};
use super::random::hex_id;
use super::settings::Sockets;
use super::socket::{self, MESSAGE_BYTES};
use super::world::{AccessToken, Call, Fate};

const BAD_TOKEN: &str = "Invalid access token.";
const NO_TOKEN_ASKED: &str = "Parameter missing from request. No 'token' or files found.";
const TOKEN_BY_TOKEN: &str = "Insufficient permission. Cannot generate access token from token-based access \
                              (cannot generate tokens using tokens).";
/// How long an access token lasts when nothing sensible was asked, in seconds.
const TOKEN_SECONDS: f64 = 300.0;

type Id = Result<Path<String>, PathRejection>;
type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// `/`, `/<id>`, `/<id>/`, assets, and the answer to whatever is none of these.
pub(super) fn router(emulator: Emulator) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/{id}", get(without_slash))
        .route("/{id}/", get(webstrate).post(access_token))
        .fallback(elsewhere)
        .with_state(emulator)
}

async fn root(upgrade: Upgrade) -> Response {
    match upgrade {
        Ok(upgrade) => refuse_socket(upgrade, None),
        Err(_) => redirect("/frontpage", &HeaderMap::new()),
    }
}

async fn elsewhere(
    State(emulator): State<Emulator>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return refuse_socket(upgrade, None);
    }
    let parts: Vec<&str> = uri.path().split('/').collect();
    match parts.as_slice() {
        ["", id, name] if name.contains('.') => {
            let person = match who(&emulator, id, &uri, &headers) {
                Some((person, _)) => person,
                None => return bad_token(),
            };
            pages::asset(&emulator.world(), &person, id, name)
        }
        // A version or a tag: redirected like a webstrate, and then there is no such tag.
        ["", _, _] => redirect(&with_slash(&uri), &headers),
        ["", _, _, ""] => pages::html(StatusCode::CONFLICT, "Error: No such tag"),
        _ => pages::html(StatusCode::NOT_FOUND, "There is nothing here."),
    }
}

async fn without_slash(
    state: State<Emulator>,
    id: Id,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    match (upgrade, id) {
        (Ok(upgrade), Ok(id)) => webstrate(state, Ok(id), method, uri, headers, Ok(upgrade)).await,
        (Ok(upgrade), Err(_)) => refuse_socket(upgrade, None),
        (Err(_), Ok(Path(id))) if is_id(&id) => redirect(&with_slash(&uri), &headers),
        _ => pages::html(StatusCode::NOT_FOUND, "There is nothing here."),
    }
}

async fn webstrate(
    State(emulator): State<Emulator>,
    id: Id,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    match (upgrade, id) {
        (Ok(upgrade), Ok(Path(id))) => open_socket(emulator, upgrade, id, &uri, &headers),
        (Ok(upgrade), Err(_)) => refuse_socket(upgrade, None),
        (Err(_), Ok(Path(id))) if is_id(&id) => read(&emulator, &method, &id, &uri, &headers).await,
        _ => pages::html(StatusCode::NOT_FOUND, "There is nothing here."),
    }
}

// The cookie counts from every origin; what counts even more is a token in the address.
fn open_socket(
    emulator: Emulator,
    upgrade: WebSocketUpgrade,
    id: String,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    if emulator.world().settings.sockets == Sockets::Refused {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let query = Parameters::of(uri);
    let person = match query.one("token") {
        Some(token) => {
            let holder = emulator.world().token_holder(&id, token, people::now());
            match holder {
                Some(person) => person,
                None => return refuse_socket(upgrade, Some(BAD_TOKEN)),
            }
        }
        None => people::person(headers),
    };
    let noop = query.has("noop");
    bounded(upgrade).on_upgrade(move |socket| socket::serve(emulator, socket, id, person, noop))
}

fn refuse_socket(upgrade: WebSocketUpgrade, reason: Option<&'static str>) -> Response {
    bounded(upgrade).on_upgrade(move |socket| socket::refuse(socket, reason))
}

fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
}

// GET and HEAD: an invite in the address is accepted first, then the document is read.
async fn read(
    emulator: &Emulator,
    method: &Method,
    id: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let person = match who(emulator, id, uri, headers) {
        Some((person, _)) => person,
        None => return bad_token(),
    };
    let query = Parameters::of(uri);
    if let Some(key) = query.value("acceptInvite")
        && emulator.world().settings.invites
        && let Err(text) = accept(emulator, method, id, &person, key).await
    {
        return pages::html(StatusCode::CONFLICT, &text);
    }
    pages::read(&emulator.world(), &person, id, &query, headers)
}

async fn accept(
    emulator: &Emulator,
    method: &Method,
    id: &str,
    person: &Person,
    key: Value,
) -> Result<(), String> {
    let record = Call {
        wa: "acceptInvite".into(),
        d: id.into(),
        token: Value::Null,
        user: person.user_id(),
        over: if method == Method::HEAD {
            "HEAD"
        } else {
            "GET"
        },
        fate: Fate::UnderWay,
    };
    let number = emulator.world().record(record);
    let outcome = emulator
        .perform(
            person,
            "acceptInvite",
            Some(&id.into()),
            Some(&json!({ "key": key })),
        )
        .await;
    let fate = if outcome.is_ok() {
        Fate::Done
    } else {
        Fate::Refused
    };
    emulator.world().settle(number, fate);
    outcome.map(drop).map_err(|text| {
        let sort = if text.ends_with("is not defined") {
            "ReferenceError"
        } else {
            "Error"
        };
        format!("{sort}: {text}")
    })
}

async fn access_token(
    State(emulator): State<Emulator>,
    id: Id,
    uri: Uri,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let Some(Path(id)) = id.ok().filter(|Path(id)| is_id(id)) else {
        return pages::html(StatusCode::NOT_FOUND, "There is nothing here.");
    };
    let (person, by_token) = match who(&emulator, &id, &uri, &headers) {
        Some(found) => found,
        None => return bad_token(),
    };
    let form = form.map_or_else(
        |_| String::new(),
        |RawForm(bytes)| String::from_utf8_lossy(&bytes).into_owned(),
    );
    let form = Parameters::read(&form);
    let Some(seconds) = form.one("token") else {
        return pages::html(StatusCode::UNPROCESSABLE_ENTITY, NO_TOKEN_ASKED);
    };
    if by_token {
        return pages::html(StatusCode::FORBIDDEN, TOKEN_BY_TOKEN);
    }
    let seconds = seconds.parse().unwrap_or(0.0);
    let seconds = if seconds > 0.0 {
        seconds
    } else {
        TOKEN_SECONDS
    };
    // Saturates: whoever asks for eternity gets it.
    let expiration = people::now().saturating_add(seconds as u64);
    let token = hex_id::<8>();
    let answer = json!({ "webstrateId": id, "username": person.username, "provider": person.provider,
                         "token": token, "expiration": expiration });
    let token = AccessToken {
        webstrate: id,
        token,
        person,
        expiration,
    };
    emulator.world().tokens.push(token);
    pages::json(&answer)
}

/// Who asks over HTTP, and whether by a token; `None` if the token is no good.
fn who(emulator: &Emulator, id: &str, uri: &Uri, headers: &HeaderMap) -> Option<(Person, bool)> {
    match Parameters::of(uri).one("token") {
        Some(token) => {
            let holder = emulator.world().token_holder(id, token, people::now());
            Some((holder?, true))
        }
        None => Some((people::person(headers), false)),
    }
}

fn bad_token() -> Response {
    pages::html(StatusCode::FORBIDDEN, BAD_TOKEN)
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !id.is_empty() && id.bytes().all(plain)
}

fn with_slash(uri: &Uri) -> String {
    let query = uri
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    format!("{}/{query}", uri.path())
}

fn redirect(to: &str, request: &HeaderMap) -> Response {
    let accept = request
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let (media_type, body) = if accept.is_some_and(|accept| accept.contains("text/html")) {
        let shown = to.replace('&', "&amp;").replace('<', "&lt;");
        (pages::HTML, format!("<p>Found. Redirecting to {shown}</p>"))
    } else {
        (
            "text/plain; charset=utf-8",
            format!("Found. Redirecting to {to}"),
        )
    };
    (
        StatusCode::FOUND,
        [(header::LOCATION, to), (header::CONTENT_TYPE, media_type)],
        body,
    )
        .into_response()
}

/// Parameters of a query or a form, in order, decoded.
#[derive(Default)]
pub(super) struct Parameters {
    all: Vec<(String, String)>,
}

impl Parameters {
    pub(super) fn of(uri: &Uri) -> Self {
        match Query::try_from_uri(uri) {
            Ok(Query(all)) => Self { all },
            Err(_) => Self::default(),
        }
    }

    fn read(text: &str) -> Self {
        Uri::builder()
            .path_and_query(format!("/?{text}"))
            .build()
            .map_or_else(|_| Self::default(), |uri| Self::of(&uri))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(known, _)| known == name)
    }

    fn one(&self, name: &str) -> Option<&str> {
        let found = self.all.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A text; a list if it is there more than once.
    fn value(&self, name: &str) -> Option<Value> {
        let mut all: Vec<Value> = self
            .all
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.clone().into())
            .collect();
        if all.len() > 1 {
            Some(all.into())
        } else {
            all.pop()
        }
    }
}
