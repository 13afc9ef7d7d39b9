//! What a webstrate's address gives to whoever may read: the page, `?v`, `?json`, `?raw`, assets.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::people::Person;
use super::webstrates::Parameters;
use super::world::World;

pub(super) const HTML: &str = "text/html; charset=utf-8";
const UNREADABLE: &str = "Insufficient permissions. Read is required to access this webstrate.";
const UNWRITABLE: &str = "Insufficient permissions. Write is required to create a new webstrate.";
const NOT_THERE: &str = "Document doesn't exist.";
/// The page of every webstrate is the same file to the original, so it lets caches keep it, whatever the address holds.
const KEPT: &str = "public, max-age=86400";
/// That file: it makes `window.webstrate` and then the document.
const SHELL: &str = include_str!("shell.html");

/// HTML, or a sentence as Express sends it.
pub(super) fn html(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, HTML)], text.to_owned()).into_response()
}

pub(super) fn json(value: &Value) -> Response {
    let media_type = (header::CONTENT_TYPE, "application/json; charset=utf-8");
    ([media_type], value.to_string()).into_response()
}

/// Reads a webstrate. The document itself says who may, not the cache.
pub(super) fn read(
    world: &World,
    person: &Person,
    id: &str,
    query: &Parameters,
    headers: &HeaderMap,
) -> Response {
    let document = world.webstrates.get(id);
    let permissions = world.true_permissions(person, id);
    if document.is_none() && !permissions.contains('w') {
        return html(StatusCode::FORBIDDEN, UNWRITABLE);
    }
    if !permissions.contains('r') {
        return html(StatusCode::FORBIDDEN, UNREADABLE);
    }
    let mut response = match document {
        _ if query.has("v") || query.has("version") => {
            json(&json!({ "version": document.map_or(0, |document| document.version) }))
        }
        Some(document) if query.has("json") => json(&document.jsonml),
        Some(document) if query.has("raw") => html(StatusCode::OK, &document.to_html()),
        None if query.has("json") || query.has("raw") => html(StatusCode::NOT_FOUND, NOT_THERE),
        Some(document) if !document.live => kept(html(StatusCode::OK, &document.to_html())),
        _ => kept(html(StatusCode::OK, SHELL)),
    };
    let origin = headers.get(header::ORIGIN);
    let listed = document.and_then(|document| document.attribute("data-cors"));
    if let (Some(origin), Some(listed)) = (origin, listed)
        && is_listed(origin, listed)
    {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Origin, X-Requested-With, Content-Type, Accept"),
        );
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
    response
}

/// A file that was put into a webstrate.
pub(super) fn asset(world: &World, person: &Person, id: &str, name: &str) -> Response {
    if !world.true_permissions(person, id).contains('r') {
        return html(StatusCode::FORBIDDEN, UNREADABLE);
    }
    let document = world.webstrates.get(id);
    match document.and_then(|document| document.assets.get(name)) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.media_type.clone()),
                (header::CACHE_CONTROL, "public, max-age=60".into()),
            ],
            asset.text.clone(),
        )
            .into_response(),
        None => html(
            StatusCode::NOT_FOUND,
            &format!("Asset \"{name}\" not found.").replace('<', "&lt;"),
        ),
    }
}

fn kept(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    response
}

// Hosts are compared, not schemes.
fn is_listed(origin: &HeaderValue, listed: &str) -> bool {
    let host = |address: &str| {
        let (_, rest) = address.split_once("://")?;
        rest.split('/').next().map(str::to_ascii_lowercase)
    };
    let listed: Vec<String> = serde_json::from_str(&listed.replace('\'', "\"")).unwrap_or_default();
    let asked = origin.to_str().ok().and_then(host);
    asked.is_some() && listed.iter().any(|address| host(address) == asked)
}
