//! What JavaScript sees: arguments in, promises out, no rules.

use core::future::ready;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::RequestCredentials;

use crate::connection::Connection;
use crate::error::Error;
use crate::json::Json;
use crate::operation::Method;
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
