//! HTTP over `fetch`, which the caller may have brought along.
//!
//! Headers and responses are gloo-net's. The request is not: its builder parses each address twice and makes two
//! requests of it, and brings two kilobytes of text formatting along.

use gloo_net::http::Headers;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCache, RequestInit, RequestRedirect};

use crate::error::{Cause, Error};
use crate::page::{Browser, settled};
use crate::transport::{Platform as _, Request, Response};
use crate::value;

/// Ends the request when the call no longer waits for it. Without a reason: gloo-net traps on one that is no `Error`.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) async fn send(browser: &Browser, request: Request) -> Result<Response, Error> {
    let token = if request.authorized {
        browser.token().await?
    } else {
        None
    };
    let guard = AbortOnDrop(AbortController::new().map_err(offline)?);
    let built = build(browser, request, token, &guard.0)?;
    let fetch = match &browser.fetch {
        Some(fetch) => fetch.clone(),
        None => value::global("fetch").dyn_into().map_err(offline)?,
    };
    let answer = settled(fetch.call1(&JsValue::UNDEFINED, &built))
        .await
        .map_err(offline)?;
    // A caller's `fetch` may answer anything, and gloo-net would trap on it.
    let headers = value::get(&answer, "headers");
    if !value::get(&answer, "text").is_function() || !value::get(&headers, "get").is_function() {
        return Err(Error::bad_response());
    }
    let raw: web_sys::Response = answer.unchecked_into();
    let text = settled(raw.text().map(JsValue::from))
        .await
        .map_err(offline)?;
    let response = gloo_net::http::Response::from(raw);
    let headers = response.headers();
    Ok(Response {
        status: response.status(),
        content_type: headers.get("content-type").unwrap_or_default(),
        retry_after: headers.get("retry-after"),
        text: text.as_string().unwrap_or_default(),
    })
}

fn build(
    browser: &Browser,
    request: Request,
    token: Option<String>,
    controller: &AbortController,
) -> Result<web_sys::Request, Error> {
    let headers = Headers::new();
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_credentials(browser.credentials);
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&controller.signal()));
    if let Some(token) = token {
        headers.set("authorization", &["Bearer ", &token].concat());
    }
    if let Some(name) = request.idempotency_key {
        headers.set("idempotency-key", &name);
    }
    if let Some((kind, body)) = request.body {
        headers.set("content-type", kind);
        init.set_body(&body.into());
        // A body may hold a key: it goes where it was sent and nowhere else.
        init.set_redirect(RequestRedirect::Error);
    }
    init.set_headers(&headers.into_raw());
    web_sys::Request::new_with_str_and_init(&request.url, &init)
        .map_err(|_| Error::misused("server", "The server's address is none."))
}

fn offline(cause: Cause) -> Error {
    let mut error = Error::offline();
    error.cause = Some(cause);
    error
}
