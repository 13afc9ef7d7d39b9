//! HTTP over `fetch`, which the caller may have brought along.
//!
//! Headers go out as gloo-net's. The request is ours: callers' own `fetch` gets an address and options, as everybody's
//! does, and gloo-net's builder would make two requests of it. The response is read by name: what a caller's `fetch`
//! answers may be anything, and gloo-net traps on what it does not expect.

use core::cell::Cell;

use gloo_net::http::Headers;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use crate::error::{Cause, Error};
use crate::json::Json;
use crate::page::{Browser, settled};
use crate::transport::{Platform as _, Request, Response};
use crate::value;

/// Ends the request when the call no longer waits for it.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What Node says of a connection that never was; and whatever speaks of a certificate.
const NEVER_LEFT: [&str; 8] = [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ENETDOWN",
    "ERR_INVALID_URL",
    "UND_ERR_CONNECT_TIMEOUT",
];

pub(crate) async fn send(
    browser: &Browser,
    request: Request,
    left: &Cell<bool>,
) -> Result<Response, Error> {
    let token = if request.authorized {
        browser.token().await?
    } else {
        None
    };
    let fetch: Function = match &browser.fetch {
        Some(fetch) => fetch.clone(),
        None => value::global("fetch").dyn_into().map_err(|_| {
            Error::misused(
                "fetch",
                "There is no fetch() here: connect({ fetch }) with one.",
            )
        })?,
    };
    check_address(&request.url)?;
    let guard = AbortOnDrop(AbortController::new().map_err(offline)?);
    let url = JsValue::from(request.url.as_str());
    let is_here = ["http://127.", "http://localhost", "http://[::1]"];
    let is_here = is_here.iter().any(|here| request.url.starts_with(here));
    let init = init_of(browser, request, token, &guard.0)?;
    let was_cut_off = is_cut_off();
    // From here on nobody can tell whether it has arrived.
    left.set(true);
    let answer = fetch.call2(&JsValue::UNDEFINED, &url, &init);
    let answer = settled(answer).await.map_err(|cause| {
        if never_left(&cause) || was_cut_off && is_cut_off() && !is_here {
            left.set(false);
        }
        failure(browser, cause)
    })?;
    let text = settled(value::call(&answer, "text", &Array::new()));
    let text = text.await.map_err(offline)?.as_string();
    let status = value::get(&answer, "status").as_f64();
    let (Some(text), Some(status)) = (text, status) else {
        return Err(Error::bad_response());
    };
    Ok(Response {
        status: status as u16,
        headers: headers_of(&value::get(&answer, "headers")),
        text,
    })
}

fn init_of(
    browser: &Browser,
    request: Request,
    token: Option<String>,
    controller: &AbortController,
) -> Result<JsValue, Error> {
    // gloo-net traps where a page has broken this.
    let class = value::global("Headers").dyn_into();
    if !class.is_ok_and(|class: Function| Reflect::construct(&class, &Array::new()).is_ok()) {
        return Err(Error::misused(
            "fetch",
            "The Headers of this page do not work.",
        ));
    }
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value);
    }
    if let Some(token) = token {
        headers.set("authorization", &["Bearer ", &token].concat());
    }
    let mut init = Json::object()
        .with("method", request.method)
        .with("credentials", browser.credentials)
        .with("cache", "no-store");
    if let Some(body) = request.body {
        // A body may hold a key: it goes where it was sent and nowhere else.
        init.set("redirect", "error".into());
        init.set("body", body.into());
    }
    let plain = value::write(&init);
    init.wipe();
    let _ = Reflect::set(&plain, &"headers".into(), &headers.into_raw());
    let _ = Reflect::set(&plain, &"signal".into(), &controller.signal());
    Ok(plain)
}

/// Whether the browser says that it has no network at all.
fn is_cut_off() -> bool {
    value::get(&value::global("navigator"), "onLine") == false
}

fn never_left(cause: &JsValue) -> bool {
    let code = value::get(&value::get(cause, "cause"), "code").as_string();
    code.is_some_and(|code| {
        let mut windows = code.as_bytes().windows(4);
        NEVER_LEFT.contains(&code.as_str()) || windows.any(|window| window == b"CERT")
    })
}

/// An address that is none fails as a lost connection does, and would be tried again.
fn check_address(url: &str) -> Result<(), Error> {
    let Ok(class) = value::global("URL").dyn_into::<Function>() else {
        return Ok(());
    };
    match Reflect::construct(&class, &Array::of1(&url.into())) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::misused("server", "The server's address is none.")),
    }
}

/// The headers that a dialect reads.
fn headers_of(headers: &JsValue) -> Vec<(String, String)> {
    let names = ["content-type", "date", "retry-after"];
    let header = |name: &str| {
        let value = value::call(headers, "get", &Array::of1(&name.into())).ok()?;
        Some((name.to_owned(), value.as_string()?))
    };
    names.into_iter().filter_map(header).collect()
}

/// A lost connection, or what a caller's own `fetch` has to say.
fn failure(browser: &Browser, cause: Cause) -> Error {
    if browser.fetch.is_none() || is_of_network(&cause) {
        return offline(cause);
    }
    let mut error = Error::misused(
        "fetch",
        "The fetch() that connect() was given failed: `cause` has its own error.",
    );
    error.cause = Some(cause);
    error
}

/// Whether browsers, Node and their like throw this for a connection that is not to be had.
fn is_of_network(cause: &JsValue) -> bool {
    let text = |name| value::get(cause, name).as_string().unwrap_or_default();
    let message = text("message");
    match text("name").as_str() {
        "TypeError" => NETWORK.iter().any(|words| message.starts_with(words)),
        "AbortError" | "TimeoutError" | "NetworkError" | "FetchError" => true,
        _ => false,
    }
}

/// How Chromium, Node, Firefox and Safari begin to say so.
const NETWORK: [&str; 6] = [
    "Failed to fetch",
    "fetch failed",
    "NetworkError",
    "Load failed",
    "The network",
    "The Internet",
];

fn offline(cause: Cause) -> Error {
    let mut error = Error::offline();
    error.cause = Some(cause);
    error
}
