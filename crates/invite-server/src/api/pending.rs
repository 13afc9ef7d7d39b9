//! An invite that waits for a sign-in or sign-up: its key is exchanged for a sealed cookie, so that any tab of this
//! browser can go on with it for a day.
//!
//! Scripts get a stand-in: a text in the shape of a key that means something only together with the cookie, which they
//! cannot read. `check` and `accept` take it in place of the key. The same key has the same stand-in in every tab.

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Response},
};
use invite_key::InviteKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    ApiError, Shared,
    body::{KeyBody, Object},
};
use crate::auth::seal::{self, Purpose, Sealer};
use crate::core::{
    Refusal,
    options::{text_option, unknown_member},
};

/// How long it still answers once it has been accepted or refused: other tabs may be about to ask.
const LINGERS: u32 = 60;
/// Most invites that wait in one browser; then the oldest goes.
const MOST: usize = 5;
/// Bytes of a request's body at most.
const BODY_LIMIT: usize = 64 * 1024;
/// Begins the cookie's name; eight characters of the stand-in follow.
const COOKIE: &str = "pending_";
/// The same for the cookie that scripts can read: only that something waits.
const MARK: &str = "invites_pending_";

/// Writes and reads the cookies of waiting invites.
#[derive(Clone, Copy, Debug)]
pub struct Cookies<'a> {
    /// Seals them.
    pub sealer: &'a Sealer,
    /// Whether browsers may send them by https only.
    pub secure: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    key: Zeroizing<String>,
    /// What scripts have in the key's place. Kept, so that it stays the same when the server's secrets change.
    stand_in: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    continue_path: Option<String>,
    /// Seconds since 1970.
    since: u64,
}

/// An invite that waits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pending {
    /// What `check` and `accept` take in place of the key, from this browser.
    key: String,
    /// What it is to, where its link said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// The path on this server to go on at.
    #[serde(skip_serializing_if = "Option::is_none")]
    continue_path: Option<String>,
    /// Milliseconds since 1970.
    since: u64,
}

/// All that wait.
#[derive(Serialize, ToSchema)]
pub(super) struct PendingList {
    /// The latest first.
    pending: Vec<Pending>,
}

/// How many wait no longer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Forgotten {
    deleted_count: usize,
}

/// An invite to keep.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewPending {
    /// The secret text.
    #[schema(max_length = 4096)]
    key: String,
    /// A resource id.
    resource: Option<String>,
    /// A path on this server.
    #[schema(max_length = 1024)]
    continue_path: Option<String>,
}

fn stand_in(key: &InviteKey, sealer: &Sealer) -> String {
    let bytes = sealer.derive(b"invite-server/stand-in/1/", key.reveal().as_bytes());
    InviteKey::opaque(&bytes).reveal().to_owned()
}

impl Waiting {
    fn shown(self) -> Pending {
        Pending {
            key: self.stand_in,
            resource: self.resource,
            continue_path: self.continue_path,
            since: self.since * 1000,
        }
    }
}

/// A page of this server. Another site must neither park an invite here nor take one away.
pub(super) struct OwnPage;

impl FromRequestParts<Shared> for OwnPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, ApiError> {
        if state.authenticator.identify(parts).await?.from_own_page {
            return Ok(Self);
        }
        Err(ApiError::from(Refusal::Forbidden {
            sentence: "Invites are kept for this server's own pages: send an Origin or Sec-Fetch-Site that says so."
                .into(),
        }))
    }
}

/// Keeps an invite in a sealed cookie for 24 hours.
#[utoipa::path(post, path = "/api/v1/pending", tag = "pending", request_body = NewPending, responses(
    (status = 200, body = Pending),
))]
pub(super) async fn keep(
    _: OwnPage,
    State(state): State<Shared>,
    headers: HeaderMap,
    Object(mut members): Object,
) -> Result<Response, ApiError> {
    let cookies = cookies(&state)?;
    let continue_path = members
        .remove("continuePath")
        .map(|value| text_option("continuePath", &value))
        .transpose()?
        .filter(|path| path.len() <= 1024 && crate::auth::stays_here(path));
    let KeyBody { key, resource } = KeyBody::read(members)?;
    let mut others = waiting_in(&cookies, &headers);
    let again = others.iter().position(|one| *one.key == key.reveal());
    let again = again.map(|place| others.remove(place).stand_in);
    let waiting = Waiting {
        stand_in: again.unwrap_or_else(|| stand_in(&key, cookies.sealer)),
        key: Zeroizing::new(key.reveal().to_owned()),
        resource,
        continue_path,
        since: seal::now(),
    };
    let seconds = cookies.sealer.lifetime(Purpose::Pending);
    let set = cookies.set(&waiting, seconds).ok_or_else(|| {
        Refusal::invalid_option("key", "This key is too long to be kept in a cookie.")
    })?;
    let mut all = set.to_vec();
    for oldest in others.iter().skip(MOST - 1) {
        all.extend(cookies.clear(&oldest.stand_in));
    }
    let all = all.into_iter().map(|value| (header::SET_COOKIE, value));
    let headers = AppendHeaders(all.collect::<Vec<_>>());
    Ok((headers, Json(waiting.shown())).into_response())
}

/// The invites that wait in this browser.
#[utoipa::path(get, path = "/api/v1/pending", tag = "pending", responses(
    (status = 200, body = PendingList),
))]
pub(super) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
) -> Result<Json<PendingList>, ApiError> {
    let cookies = cookies(&state)?;
    let waiting = waiting_in(&cookies, &headers).into_iter();
    Ok(Json(PendingList {
        pending: waiting.map(Waiting::shown).collect(),
    }))
}

/// Forgets one waiting invite, or all.
#[utoipa::path(delete, path = "/api/v1/pending", tag = "pending", responses(
    (status = 200, body = Forgotten),
))]
pub(super) async fn forget(
    _: OwnPage,
    State(state): State<Shared>,
    headers: HeaderMap,
    Object(members): Object,
) -> Result<Response, ApiError> {
    let cookies = cookies(&state)?;
    let mut only = None;
    for (name, value) in &members {
        match name.as_str() {
            "key" => only = Some(text_option("key", value)?),
            _ => return Err(unknown_member(name).into()),
        }
    }
    let names: Vec<String> = waiting_in(&cookies, &headers)
        .into_iter()
        .map(|one| one.stand_in)
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    let cleared = names.iter().flat_map(|name| cookies.clear(name));
    let cleared = AppendHeaders(
        cleared
            .map(|value| (header::SET_COOKIE, value))
            .collect::<Vec<_>>(),
    );
    let deleted_count = names.len();
    Ok((cleared, Json(Forgotten { deleted_count })).into_response())
}

/// Middleware: puts the key where a request brought its stand-in, and ends the waiting once the invite is accepted or
/// can never be.
pub(super) async fn resolve(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let accepts = request.uri().path() == "/api/v1/invites/accept";
    let concerned = request.method() == Method::POST
        && (accepts
            || matches!(
                request.uri().path(),
                "/api/v1/invites/check" | "/api/v1/pending"
            ));
    let Some(cookies) = state.authenticator.cookies().filter(|_| concerned) else {
        return next.run(request).await;
    };
    let waiting = waiting_in(&cookies, request.headers());
    if waiting.is_empty() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Too long is refused where bodies are read.
    let bytes = to_bytes(body, BODY_LIMIT)
        .await
        .unwrap_or_else(|_| vec![b' '; BODY_LIMIT + 1].into());
    let meant = serde_json::from_slice::<Value>(&bytes)
        .ok()
        .and_then(|body| {
            let key = body.get("key")?.as_str()?;
            let one = waiting
                .into_iter()
                .find(|one| *one.key == key || one.stand_in == key)?;
            Some((body, one))
        });
    let Some((mut body, one)) = meant else {
        return next
            .run(Request::from_parts(parts, Body::from(bytes)))
            .await;
    };
    if let Some(key) = body.get_mut("key") {
        *key = one.key.as_str().into();
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = Body::from(body.to_string());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let over = (accepts && status.is_success())
        || matches!(
            status,
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::CONFLICT
        );
    if over {
        for value in cookies.let_linger(&one) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

fn cookies(state: &Shared) -> Result<Cookies<'_>, Refusal> {
    state.authenticator.cookies().ok_or(Refusal::NotFound)
}

/// What the cookies of a request keep, the latest first.
fn waiting_in(cookies: &Cookies<'_>, headers: &HeaderMap) -> Vec<Waiting> {
    let lines = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut found: Vec<Waiting> = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.split_once('='))
        .take(4 * MOST)
        .filter_map(|(_, text)| cookies.sealer.unlock(Purpose::Pending, text, seal::now()))
        .collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.since));
    found
}

impl Cookies<'_> {
    fn set(&self, waiting: &Waiting, seconds: u32) -> Option<[HeaderValue; 2]> {
        let sealed = self
            .sealer
            .lock(Purpose::Pending, waiting, seal::now(), seconds)?;
        let stand_in = &waiting.stand_in;
        Some([
            self.cookie(COOKIE, stand_in, &sealed, seconds, "/api/v1; HttpOnly")?,
            self.cookie(MARK, stand_in, "1", seconds, "/")?,
        ])
    }

    fn clear(&self, stand_in: &str) -> impl Iterator<Item = HeaderValue> {
        let cookie = self.cookie(COOKIE, stand_in, "", 0, "/api/v1; HttpOnly");
        let mark = self.cookie(MARK, stand_in, "", 0, "/");
        cookie.into_iter().chain(mark)
    }

    /// Nothing waits any longer, and who asks again within a minute gets the same answer.
    fn let_linger(&self, waiting: &Waiting) -> Vec<HeaderValue> {
        let mark = self.cookie(MARK, &waiting.stand_in, "", 0, "/");
        let lingering = self.set(waiting, LINGERS).map(|[cookie, _]| cookie);
        lingering.into_iter().chain(mark).collect()
    }

    fn cookie(
        &self,
        prefix: &str,
        stand_in: &str,
        value: &str,
        seconds: u32,
        path: &str,
    ) -> Option<HeaderValue> {
        let short: String = stand_in.chars().skip(5).take(8).collect();
        let secure = if self.secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!(
            "{prefix}{short}={value}; Path={path}; Max-Age={seconds}; SameSite=Lax{secure}"
        ))
        .ok()
    }
}
