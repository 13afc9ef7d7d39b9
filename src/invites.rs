//! What JavaScript sees: arguments in, promises out, no rules.

use core::future::ready;
use std::rc::Rc;

use invite_key::link::{self, Link, LinkError, LinkOptions, Placement};
use invite_key::{InviteKey, Verdict};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::RequestCredentials;

use crate::connection::Connection;
use crate::error::Error;
use crate::json::Json;
use crate::operation::Method;
use crate::options;
use crate::page::{self, Browser, Held};
use crate::value;

/// Hands over the class that errors are made of.
#[wasm_bindgen(js_name = setErrorClass)]
pub fn set_error_class(class: Function) {
    value::set_error_class(class);
}

/// One connection. Each method clones the `Rc` before it goes async: a handle that is freed while a call is under way
/// must not take the call with it.
#[wasm_bindgen(js_name = Connection)]
pub struct Handle(Rc<Connection<Browser>>);

#[wasm_bindgen(js_class = Connection)]
impl Handle {
    /// Never throws: what is wrong with the options fails each call.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, emit: Function) -> Handle {
        page::watch_visibility();
        let auth = value::get(options, "auth");
        let bearer = value::get(&auth, "bearer");
        let token = if bearer.is_falsy() {
            value::get(&auth, "accessToken")
        } else {
            bearer
        };
        let has_token = token.is_function();
        let read = value::read(options, &mut |name, member| match name {
            "fetch" | "WebSocket" if member.is_function() => Some(Json::Bool(true)),
            "auth" if has_token => Some(Json::object().with("bearer", true)),
            _ => None,
        });
        let function = |name| value::get(options, name).dyn_into().ok();
        let credentials = value::get(options, "credentials").as_string();
        let browser = Browser {
            fetch: function("fetch"),
            credentials: match credentials.as_deref() {
                Some("omit") => RequestCredentials::Omit,
                Some("include") => RequestCredentials::Include,
                None if !token.is_falsy() => RequestCredentials::Omit,
                _ => RequestCredentials::SameOrigin,
            },
            web_socket: function("WebSocket"),
            token,
            emit,
        };
        Handle(Rc::new(Connection::new(Rc::new(browser), read)))
    }

    /// Calls a method of `index.d.ts` by its name. One export for all of them: each further one is 60 bytes in the bundle.
    pub fn call(&self, method: &JsValue, arguments: &Array) -> Promise {
        let connection = Rc::clone(&self.0);
        let mut held = Held::default();
        let mut values = Vec::new();
        let mut wrong = None;
        for argument in arguments.iter() {
            match held.read(&argument) {
                Ok(value) => values.push(value),
                Err(error) => wrong = Some(error),
            }
        }
        let method = method.as_string().as_deref().and_then(Method::named);
        let call = match (method, wrong) {
            (Some(method), None) => connection.call(method, values, held),
            (_, error) => Box::pin(ready(Err(error.unwrap_or_else(Error::bad_response)))),
        };
        future_to_promise(async move {
            match call.await {
                Ok(value) => Ok(value::write(&value)),
                Err(error) => Err(value::error(&error)),
            }
        })
    }

    /// Drops the socket and settles the calls under way. The next call connects again.
    pub fn close(&self) {
        self.0.close();
    }
}

/// What can be said about a key, or a link with one, without asking anyone.
#[wasm_bindgen(skip_jsdoc)]
pub fn inspect(text: &JsValue, options: &JsValue) -> JsValue {
    let text = text_of(text);
    let verdict = match link::parse(&text, &link_options(options)) {
        Ok(Some(link)) => invite_key::inspect(link.key.reveal()),
        Err(LinkError::Key(malformed)) => Verdict::Malformed(malformed),
        _ => invite_key::inspect(&text),
    };
    let mut found = Json::object();
    found.set("verdict", verdict.code().into());
    found.set("sentence", verdict.sentence().into());
    match verdict {
        Verdict::Plausible { kind } => found.set("kind", kind.as_str().into()),
        Verdict::Malformed(malformed) => {
            found.set("reason", malformed.code().into());
            if let Some(hint) = malformed.hint {
                found.set("hint", hint.into());
            }
            if let Some(at) = malformed.at {
                found.set("at", (at as f64).into());
            }
        }
        _ => {}
    }
    value::write(&found)
}

/// Takes a link apart; `null` where there is no invite in it.
#[wasm_bindgen(js_name = parseLink, skip_jsdoc)]
pub fn parse_link(url: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    match link::parse(&text_of(url), &link_options(options)) {
        Ok(None) => Ok(JsValue::NULL),
        Ok(Some(link)) => {
            let mut found = Json::object();
            found.set("page", link.page.into());
            found.set("key", link.key.reveal().into());
            found.set("in", link.placement.as_str().into());
            if let Some(resource) = link.resource {
                found.set("resource", resource.into());
            }
            Ok(value::write(&found))
        }
        Err(error) => Err(link_error(error)),
    }
}

/// The exact inverse of `parseLink`.
#[wasm_bindgen(js_name = buildLink, skip_jsdoc)]
pub fn build_link(given: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    let text = |name| value::get(given, name).as_string();
    let placement = match text("in").as_deref() {
        Some("query") => Placement::Query,
        _ => Placement::Fragment,
    };
    let options = link_options(options);
    let page = text_of(&value::get(given, "page"));
    let link = match InviteKey::parse(&text("key").unwrap_or_default()) {
        Ok(key) => Link::new(&page, text("resource").as_deref(), key, placement, &options),
        Err(malformed) => Err(LinkError::Key(malformed)),
    };
    match link {
        Ok(link) => Ok(link::build(&link, &options).into()),
        Err(error) => Err(link_error(error)),
    }
}

/// A string, or the text of a `URL`.
fn text_of(value: &JsValue) -> String {
    value
        .as_string()
        .or_else(|| value::get(value, "href").as_string())
        .unwrap_or_default()
}

fn link_options(options: &JsValue) -> LinkOptions {
    let mut names = LinkOptions::default();
    if let Some(name) = value::get(options, "param").as_string() {
        names.parameter = name;
    }
    names
}

fn link_error(error: LinkError) -> JsValue {
    value::error(&match error {
        LinkError::Key(malformed) => options::malformed(&malformed.sentence()),
        other => Error::misused("link", &other.sentence()),
    })
}
