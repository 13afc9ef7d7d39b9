//! What JavaScript sees: arguments in, promises out, no rules.

use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::connection::Connection;
use crate::json::Json;
use crate::later::{Reply, Task};
use crate::operation::{Call, Method};
use crate::page::{self, Browser, Held};
use crate::value;

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
        let read = value::read(options, &mut |name, member| {
            let stays = match name {
                "fetch" | "WebSocket" => member.is_function(),
                "auth" => has_token,
                _ => false,
            };
            stays.then_some(Json::HELD)
        });
        let function = |name| value::get(options, name).dyn_into().ok();
        let credentials = value::get(options, "credentials").as_string();
        let browser = Browser {
            fetch: function("fetch"),
            credentials: match credentials.as_deref() {
                Some("omit") => "omit",
                Some("include") => "include",
                None if !token.is_falsy() => "omit",
                _ => "same-origin",
            },
            web_socket: function("WebSocket"),
            token,
            emit,
        };
        Handle(Rc::new(Connection::new(Rc::new(browser), read)))
    }

    /// `create(options?, webstrateId?, call?)`
    pub fn create(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Create, waited, arguments)
    }

    /// `get(webstrateId?, call?)`
    pub fn get(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Get, waited, arguments)
    }

    /// `check(key, webstrateId?, call?)`
    pub fn check(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Check, waited, arguments)
    }

    /// `accept(key, webstrateId?, call?)`
    pub fn accept(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Accept, waited, arguments)
    }

    /// `remove(key, webstrateId?, call?)`
    pub fn remove(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Remove, waited, arguments)
    }

    /// One page of `list(filter?, call?)`, with its token in between: `{ invites, next? }`.
    #[wasm_bindgen(js_name = listPage)]
    pub fn list_page(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::ListPage, waited, arguments)
    }

    /// `preview(key, call?)`
    pub fn preview(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Preview, waited, arguments)
    }

    /// One page of `members(filter?, call?)`, with its token in between: `{ members, next? }`.
    pub fn members(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Members, waited, arguments)
    }

    /// `member(user, resource?, call?)`, with the first two in one object.
    pub fn member(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Member, waited, arguments)
    }

    /// `setMember(user, permissions, resource?, call?)`, with all but the last in one object.
    #[wasm_bindgen(js_name = setMember)]
    pub fn set_member(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::SetMember, waited, arguments)
    }

    /// `link(invite, options?, call?)`
    pub fn link(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Link, waited, arguments)
    }

    /// `supports(feature, call?)`
    pub fn supports(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Supports, waited, arguments)
    }

    /// Who is signed in: `(call?)`.
    pub fn identify(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Identify, waited, arguments)
    }

    /// Looks the invite up, asks the policy, takes it, `(key, webstrateId?, policy?, call?)`; `null` where the policy
    /// said no.
    #[wasm_bindgen(js_name = acceptInvite)]
    pub fn accept_invite(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::AcceptInvite, waited, arguments)
    }

    /// Where to read events, as `fetch` takes it; `null` where there are none. Or looks by itself until it is stopped:
    /// `(call?)`.
    pub fn watch(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Watch, waited, arguments)
    }

    /// Keeps a key for after the sign-in, `(key, webstrateId?, path?, call?)`: what stands in for it; `null` where
    /// there is no such thing.
    pub fn park(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Park, waited, arguments)
    }

    /// What waits in this browser: `(call?)`.
    pub fn parked(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Parked, waited, arguments)
    }

    /// Forgets what waits: `(key, call?)`.
    pub fn unpark(&self, waited: f64, arguments: &Array) -> Promise {
        self.start(Method::Unpark, waited, arguments)
    }

    /// Drops the socket and settles the calls under way. The next call connects again.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Handle {
    /// Every call's one way: `waited` is how many milliseconds ago it was made, for its deadline counts from there.
    fn start(&self, method: Method, waited: f64, arguments: &Array) -> Promise {
        let mut held = Held::default();
        let values = held.read_all(arguments);
        let call = values.and_then(|values| Call::read(method, values));
        promise(Rc::clone(&self.0).call(call, waited, held))
    }
}

/// What JavaScript waits for: one future for all, for each further one is compiled again.
fn promise(work: Task<'static, Reply>) -> Promise {
    let mut work = Some(work);
    Promise::new(&mut |resolve, reject| {
        let Some(work) = work.take() else { return };
        spawn_local(async move {
            let (settle, value) = match work.await {
                Ok(value) => (resolve, value::write(&value)),
                Err(error) => (reject, value::error(&error)),
            };
            let _ = value::apply(&settle, &JsValue::UNDEFINED, &[&value]);
        });
    })
}
