//! Who is asking, and the test sign-in, which takes any name with any password.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The provider of the test sign-in.
const TEST_PROVIDER: &str = "test";
const YEAR: u64 = 365 * 24 * 3600;

const FORM: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Test sign-in</title>
<link rel="icon" href="data:,">
<form method="post">
<p><label>Name <input name="username" required autofocus></label></p>
<p><label>Password <input name="password" type="password"></label></p>
<p><button>Sign in</button></p>
</form>
"#;

/// Somebody, or nobody: then the name is `anonymous` and the provider empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) provider: String,
}

impl Person {
    pub(super) fn anonymous() -> Self {
        Self {
            username: "anonymous".into(),
            provider: String::new(),
        }
    }

    pub(super) fn of_test(username: &str) -> Self {
        Self {
            username: username.into(),
            provider: TEST_PROVIDER.into(),
        }
    }

    pub(super) fn is_signed_in(&self) -> bool {
        !self.provider.is_empty()
    }

    pub(super) fn user_id(&self) -> String {
        format!("{}:{}", self.username, self.provider)
    }

    /// As in `hello`.
    pub(super) fn shown(&self) -> Value {
        let mut user = json!({ "userId": self.user_id(), "username": self.username, "provider": self.provider });
        if let (true, Some(user)) = (self.is_signed_in(), user.as_object_mut()) {
            user.insert("displayName".into(), display_name(&self.username).into());
        }
        user
    }
}

/// What the cookie holds. Anybody may sign in as anybody, so nothing is signed; and it outlives a restart, as the
/// original's does.
#[derive(Serialize, Deserialize)]
struct Session {
    #[serde(flatten)]
    person: Person,
    /// Seconds since 1970.
    expires: u64,
}

impl Session {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str) -> Option<Person> {
        let session: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (now() < session.expires).then_some(session.person)
    }
}

/// Who the session cookie says is asking. A broken one is no error: whoever sends it is nobody.
pub(super) fn person(headers: &HeaderMap) -> Person {
    let lines = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let session = lines
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("session="));
    session
        .and_then(Session::read)
        .unwrap_or_else(Person::anonymous)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Whether it can be the name of somebody: 1 to 64 of `[A-Za-z0-9_.-]`.
fn is_username(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// The name with a capital.
fn display_name(username: &str) -> String {
    let mut letters = username.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Whether it is a path of this server: browsers read "//host" and "/\host" as other hosts.
fn stays_here(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// `/auth/test` and `/auth/logout`.
pub(super) fn router() -> Router {
    Router::new()
        .route("/auth/test", get(async || Html(FORM)).post(sign_in))
        .route("/auth/logout", get(sign_out).post(sign_out))
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
}

#[derive(Deserialize)]
struct Destination {
    #[serde(rename = "continue")]
    go_on: String,
}

async fn sign_in(
    destination: Result<Query<Destination>, QueryRejection>,
    headers: HeaderMap,
    credentials: Result<Form<Credentials>, FormRejection>,
) -> Response {
    let name = match credentials {
        Ok(Form(Credentials { username })) if is_username(&username) => username,
        _ => return StatusCode::UNAUTHORIZED.into_response(),
    };
    let person = Person::of_test(&name);
    let session = Session {
        person: person.clone(),
        expires: now() + YEAR,
    };
    let session = session.write();
    let cookie = format!("session={session}; path=/; Max-Age={YEAR}; httponly");
    // Neither this nor `continue` is in the original; the tests' helpers sign people in by script.
    if wants_json(&headers) {
        return ([(header::SET_COOKIE, cookie)], Json(person.shown())).into_response();
    }
    let go_on = destination.ok().map(|Query(Destination { go_on })| go_on);
    let location = go_on
        .filter(|path| stays_here(path))
        .unwrap_or_else(|| "/".into());
    (
        StatusCode::FOUND,
        [(header::SET_COOKIE, cookie), (header::LOCATION, location)],
    )
        .into_response()
}

async fn sign_out(headers: HeaderMap) -> Response {
    let cookie = (header::SET_COOKIE, "session=; path=/; Max-Age=0; httponly");
    if wants_json(&headers) {
        return (StatusCode::NO_CONTENT, [cookie]).into_response();
    }
    (StatusCode::FOUND, [cookie, (header::LOCATION, "/")]).into_response()
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"))
}
