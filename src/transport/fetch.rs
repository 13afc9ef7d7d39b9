//! HTTP over `fetch`: gloo-net builds the request and reads the response, and we send it ourselves, because the
//! caller may have brought a `fetch` of their own.

use gloo_net::http::{Method, RequestBuilder};
use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestRedirect};

use crate::error::{Cause, Error};
use crate::page::settled;
use crate::transport::{Request, Response};
use crate::value;

/// How requests are sent.
pub(crate) struct Sender {
    /// The caller's own `fetch`.
    pub(crate) fetch: Option<Function>,
    /// Whether cookies go along.
    pub(crate) credentials: RequestCredentials,
}

/// Ends the request when the call no longer waits for it. Without a reason: gloo-net traps on one that is no `Error`.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) async fn send(sender: &Sender, request: Request) -> Result<Response, Error> {
    let guard = AbortOnDrop(AbortController::new().map_err(offline)?);
    let mut builder = RequestBuilder::new(&request.url)
        .method(match request.method {
            "GET" => Method::GET,
            "DELETE" => Method::DELETE,
            _ => Method::POST,
        })
        .credentials(sender.credentials)
        .cache(RequestCache::NoStore)
        .abort_signal(Some(&guard.0.signal()));
    // A body may hold a key: it goes where it was sent and nowhere else.
    if request.body.is_some() {
        builder = builder.redirect(RequestRedirect::Error);
    }
    if let Some(bearer) = request.bearer {
        builder = builder.header("authorization", &["Bearer ", &bearer].concat());
    }
    if let Some(name) = request.idempotency_key {
        builder = builder.header("idempotency-key", &name);
    }
    if let Some(content_type) = request.content_type {
        builder = builder.header("content-type", content_type);
    }
    let built = match request.body {
        Some(body) => builder.body(body),
        None => builder.build(),
    };
    let built: web_sys::Request = built
        .map_err(|_| Error::invalid("server", "The server's address is none."))?
        .into();

    let fetch = match &sender.fetch {
        Some(fetch) => fetch.clone(),
        None => value::get(&js_sys::global(), "fetch")
            .dyn_into()
            .map_err(offline)?,
    };
    let answer = settled(fetch.call1(&JsValue::UNDEFINED, &built))
        .await
        .map_err(offline)?;
    // A caller's `fetch` may answer anything, and gloo-net would trap on it.
    let is_response = value::get(&answer, "text").is_function()
        && value::get(&value::get(&answer, "headers"), "get").is_function();
    if !is_response {
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

fn offline(cause: Cause) -> Error {
    let mut error = Error::offline();
    error.cause = Some(cause);
    error
}
