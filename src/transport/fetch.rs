//! HTTP over `fetch`, which the caller may have brought along.
//!
//! Headers go out as gloo-net's. The request is ours: callers' own `fetch` gets an address and options, as everybody's
//! does, and gloo-net's builder would make two requests of it. The response is read by name: what a caller's `fetch`
//! answers may be anything, and gloo-net traps on what it does not expect.

use core::cell::Cell;

use gloo_net::http::Headers;
use wasm_bindgen::prelude::*;

use crate::error::{Cause, Error};
use crate::json::Json;
use crate::page::{Browser, settled};
use crate::transport::{Request, Response};
use crate::value;

/// Ends the request when the call no longer waits for it.
struct AbortOnDrop(JsValue);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        let _ = value::call(&self.0, "abort", &[]);
    }
}

pub(crate) async fn send(
    browser: &Browser,
    request: Request,
    left: &Cell<bool>,
) -> Result<Response, Error> {
    let own = browser.fetch.clone().map(JsValue::from);
    let fetch = own.unwrap_or_else(|| value::global("fetch"));
    if !fetch.is_function() {
        let words = "There is no fetch() here: connect({ fetch }) with one.";
        return Err(Error::misused("fetch", words));
    }
    check_address(&request.url)?;
    let guard =
        AbortOnDrop(value::construct(&value::global("AbortController"), &[]).map_err(offline)?);
    let url = JsValue::from(request.url.as_str());
    let is_here = ["http://127.", "http://localhost", "http://[::1]"];
    let is_here = is_here.iter().any(|here| request.url.starts_with(here));
    let init = init_of(browser, request, &guard.0)?;
    let was_cut_off = is_cut_off();
    // From here on nobody can tell whether it has arrived.
    left.set(true);
    let answer = value::apply(&fetch, &JsValue::UNDEFINED, &[&url, &init]);
    let answer = settled(answer).await.map_err(|cause| {
        let lost = lost(browser, &cause);
        if lost == Some(true) || was_cut_off && is_cut_off() && !is_here {
            left.set(false);
        }
        failure(browser, lost, cause)
    })?;
    let status = value::get(&answer, "status").as_f64();
    let text = value::get(&answer, "text");
    let is_response = status.is_some() && text.is_function();
    let headers = headers_of(&value::get(&answer, "headers"));
    let (true, Some(headers)) = (is_response, headers) else {
        return Err(no_response());
    };
    // The body may break off.
    let text = settled(value::apply(&text, &answer, &[])).await;
    let text = text.map_err(|cause| failure(browser, lost(browser, &cause), cause))?;
    Ok(Response {
        status: status.unwrap_or_default() as u16,
        headers,
        text: text.as_string().ok_or_else(no_response)?,
    })
}

/// Whoever wrote the `fetch` has to mend it: another attempt would end as this.
fn no_response() -> Error {
    Error::misused("fetch", "What fetch() answered with is no Response.")
}

fn init_of(browser: &Browser, request: Request, controller: &JsValue) -> Result<JsValue, Error> {
    // gloo-net traps where a page has broken this.
    if value::construct(&value::global("Headers"), &[]).is_err() {
        return Err(Error::misused(
            "fetch",
            "The Headers of this page do not work.",
        ));
    }
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value);
    }
    if let Some(token) = request.token {
        headers.set("authorization", &["Bearer ", &token].concat());
    }
    let mut init = Json::object()
        .with("method", request.method)
        .with("credentials", browser.credentials);
    if !request.may_be_kept {
        init.set("cache", "no-store".into());
    }
    if let Some(body) = request.body {
        // A body may hold a key: it goes where it was sent and nowhere else.
        init.set("redirect", "error".into());
        init.set("body", body.into());
    }
    let plain = value::write(&init);
    init.wipe();
    value::set(&plain, "headers", &headers.into_raw());
    value::set(&plain, "signal", &value::get(controller, "signal"));
    Ok(plain)
}

/// Whether the browser says that it has no network at all.
fn is_cut_off() -> bool {
    value::get(&value::global("navigator"), "onLine") == false
}

/// An address that is none fails as a lost connection does, and would be tried again.
fn check_address(url: &str) -> Result<(), Error> {
    let class = value::global("URL");
    if class.is_function() && value::construct(&class, &[&url.into()]).is_err() {
        return Err(Error::misused("server", "The server's address is none."));
    }
    Ok(())
}

/// The headers that a dialect reads; nothing where they are none.
fn headers_of(headers: &JsValue) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for name in &["content-type", "date", "retry-after"] {
        let value = value::call(headers, "get", &[&(*name).into()]).ok()?;
        if let Some(text) = value.as_string() {
            found.push(((*name).to_owned(), text));
        }
    }
    Some(found)
}

/// Whether what was thrown tells of a connection that was not to be had, and if so, whether nothing can have left
/// (`pkg/sdk/network.js`): what browsers and Node say is theirs, and changes.
fn lost(browser: &Browser, cause: &JsValue) -> Option<bool> {
    browser.tell("lost", cause).ok()?.as_bool()
}

/// A lost connection, or what a caller's own `fetch` has to say.
fn failure(browser: &Browser, lost: Option<bool>, cause: Cause) -> Error {
    if browser.fetch.is_none() || lost.is_some() {
        return offline(cause);
    }
    let mut error = Error::misused(
        "fetch",
        "The fetch() given to connect() failed: see `cause`.",
    );
    error.cause = Some(cause);
    error
}

fn offline(cause: Cause) -> Error {
    let mut error = Error::offline();
    error.cause = Some(cause);
    error
}
