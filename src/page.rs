//! The page around the SDK, or the worker, or Node: the only file that touches it.

use core::cell::{Cell, RefCell};

use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, RequestCredentials};

use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Later, Task};
use crate::options::DialectName;
use crate::transport::fetch;
use crate::transport::socket::{self, BrowserLine};
use crate::transport::{Event, Place, Platform, Request, Response};
use crate::value;

/// What a connection was given that JSON cannot hold.
pub struct Browser {
    /// The caller's own `fetch`.
    pub(crate) fetch: Option<Function>,
    /// Whether cookies go along.
    pub(crate) credentials: RequestCredentials,
    /// The caller's own `WebSocket`.
    pub(crate) web_socket: Option<Function>,
    /// A token, or what gets one.
    pub(crate) token: JsValue,
    /// Tells the page about events.
    pub(crate) emit: Function,
}

/// What a call was given that JSON cannot hold.
#[derive(Default)]
pub struct Held {
    /// The caller's `AbortSignal`.
    pub(crate) signal: Option<JsValue>,
    /// The caller's policy.
    pub(crate) policy: Option<Function>,
}

impl Held {
    /// Reads an argument, and keeps what JSON cannot hold.
    pub(crate) fn read(&mut self, value: &JsValue) -> Result<Json, Error> {
        if let Some(policy) = value.dyn_ref::<Function>() {
            self.policy = Some(policy.clone());
            return Ok(Json::Bool(true));
        }
        value::read(value, &mut |name, member| {
            if name != "signal" || value::get(member, "aborted").as_bool().is_none() {
                return None;
            }
            self.signal = Some(member.clone());
            Some(Json::Bool(true))
        })
    }
}

impl Browser {
    async fn get_token(&self) -> Result<Option<String>, Error> {
        if self.token.is_falsy() {
            return Ok(None);
        }
        let token = match self.token.dyn_ref::<Function>() {
            Some(get) => settled(get.call0(&JsValue::UNDEFINED)).await,
            None => Ok(self.token.clone()),
        };
        // The token becomes a header: what cannot stand there would trap.
        let usable =
            |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let mut error = Error::new(Code::BadCredentials, "auth.bearer gave no token.");
        match token {
            Ok(token) => token.as_string().filter(usable).map(Some).ok_or(error),
            Err(cause) => {
                error.cause = Some(cause);
                Err(error)
            }
        }
    }
}

impl Platform for Browser {
    type Line = BrowserLine;
    type Held = Held;
    type Guard = Guard;

    fn fetch(&self, request: Request) -> Task<'_, Result<Response, Error>> {
        Box::pin(fetch::send(self, request))
    }

    fn open(&self, url: &str, on_event: Box<dyn Fn(Event)>) -> Result<BrowserLine, Error> {
        socket::open(self.web_socket.as_ref(), url, on_event)
    }

    fn token(&self) -> Task<'_, Result<Option<String>, Error>> {
        Box::pin(self.get_token())
    }

    fn credentials(&self) -> &'static str {
        match self.credentials {
            RequestCredentials::Omit => "omit",
            RequestCredentials::Include => "include",
            _ => "same-origin",
        }
    }

    fn after(&self, milliseconds: f64, then: Box<dyn FnOnce()>) -> Guard {
        Guard::Timer(Timeout::new(milliseconds as u32, then))
    }

    fn now(&self) -> f64 {
        js_sys::Date::now()
    }

    fn date(&self, text: &str) -> f64 {
        js_sys::Date::parse(text)
    }

    fn chance(&self) -> f64 {
        js_sys::Math::random()
    }

    fn watch(&self, held: &Held, stop: &Later) -> Option<Guard> {
        let signal = held.signal.clone()?;
        let stop = stop.clone();
        let end = {
            let signal = signal.clone();
            move || {
                let mut error = Error::new(Code::Aborted, "The call was aborted.");
                error.cause = Some(value::get(&signal, "reason"));
                stop.set(Err(error));
            }
        };
        if value::get(&signal, "aborted").is_truthy() {
            end();
            return None;
        }
        Some(Guard::Listener(Listener::new(signal, "abort", end)))
    }

    fn ask<'a>(&'a self, held: &'a Held, preview: &Json) -> Task<'a, Result<bool, Error>> {
        let preview = value::write(preview);
        let answer = match &held.policy {
            Some(policy) => policy.call1(&JsValue::UNDEFINED, &preview),
            None => self
                .emit
                .call2(&JsValue::UNDEFINED, &"confirm".into(), &preview),
        };
        Box::pin(async {
            match settled(answer).await {
                Ok(answer) => Ok(answer.is_truthy()),
                Err(cause) => {
                    let mut error = Error::new(Code::Aborted, "The policy failed.");
                    error.cause = Some(cause);
                    Err(error)
                }
            }
        })
    }

    fn lock(&self, name: &str) -> Task<'static, Option<Guard>> {
        Box::pin(Lock::get(name.to_owned()))
    }

    fn memory(&self, write: Option<&str>) -> Option<String> {
        let storage = value::global("localStorage");
        if let Some(text) = write {
            let _ = value::call(
                &storage,
                "setItem",
                &Array::of2(&MEMORY.into(), &text.into()),
            );
            REMEMBERED.set(Some(text.to_owned()));
        }
        // Blocked or full, as in a sandboxed frame: then it is this page's alone.
        value::call(&storage, "getItem", &Array::of1(&MEMORY.into()))
            .ok()
            .and_then(|text| text.as_string())
            .or_else(|| REMEMBERED.with_borrow(Clone::clone))
    }

    fn place(&self) -> Option<Place> {
        let origin = value::get(&value::global("location"), "origin").as_string();
        let origin = origin.filter(|origin| origin.starts_with("http"));
        let own = origin.clone().unwrap_or_default();
        let resource = value::get(&value::global("webstrate"), "webstrateId").as_string();
        if let (Some(server), Some(_)) = (&origin, &resource) {
            return Some(Place {
                origin: own,
                server: server.clone(),
                resource,
                dialect: Some(DialectName::Webstrates),
            });
        }
        let selector = Array::of1(&"meta[name=invite-keys]".into());
        let meta =
            value::call(&value::global("document"), "querySelector", &selector).unwrap_or_default();
        let server = value::get(&meta, "content").as_string().or(origin)?;
        Some(Place {
            origin: own,
            server,
            resource: None,
            dialect: None,
        })
    }

    fn page_user(&self) -> Option<Json> {
        let user = value::get(&value::global("webstrate"), "user");
        user.is_object().then(|| value::from_parsed(&user))
    }

    fn visible_since(&self) -> f64 {
        VISIBLE_SINCE.get()
    }

    fn emit(&self, event: &str, detail: &Json) {
        if let ("invitewarning", Some(message)) = (event, detail.text("message")) {
            let line = ["invite-keys: ", message].concat();
            let _ = value::call(&value::global("console"), "warn", &Array::of1(&line.into()));
        }
        let detail = value::write(detail);
        if event == "inviteused" {
            let now = js_sys::Date::new_0().to_iso_string();
            let _ = Reflect::set(&detail, &"at".into(), &now);
        }
        // A listener's failure is the listener's.
        let _ = self.emit.call2(&JsValue::UNDEFINED, &event.into(), &detail);
    }
}

/// Where the memory is kept. It holds no keys.
const MEMORY: &str = "invite-keys:gained";

thread_local! {
    static REMEMBERED: RefCell<Option<String>> = const { RefCell::new(None) };
    static VISIBLE_SINCE: Cell<f64> = const { Cell::new(0.0) };
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Notes from now on when the page comes into view; once per page.
pub(crate) fn watch_visibility() {
    let document = value::global("document");
    if document.is_falsy() || WATCHING.replace(true) {
        return;
    }
    let listener = Listener::new(document.clone(), "visibilitychange", move || {
        if value::get(&document, "visibilityState") == "visible" {
            VISIBLE_SINCE.set(js_sys::Date::now());
        }
    });
    core::mem::forget(listener);
}

/// What a call into JavaScript gave, waited for where it is a promise.
pub(crate) async fn settled(result: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&result?)).await
}

/// What ends when it is dropped.
pub enum Guard {
    /// A timer.
    Timer(Timeout),
    /// A listener.
    Listener(Listener),
    /// A lock.
    Lock(Lock),
}

/// An event listener.
pub struct Listener {
    target: JsValue,
    arguments: Array,
    _callback: Closure<dyn FnMut()>,
}

impl Listener {
    fn new(target: JsValue, event: &str, callback: impl FnMut() + 'static) -> Listener {
        let callback = Closure::<dyn FnMut()>::new(callback);
        let arguments = Array::of2(&event.into(), callback.as_ref());
        let _ = value::call(&target, "addEventListener", &arguments);
        Listener {
            target,
            arguments,
            _callback: callback,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = value::call(&self.target, "removeEventListener", &self.arguments);
    }
}

/// The name of the lock for what must not happen twice at once: it says nothing of a key that it is made of.
pub(crate) async fn lock_name(what: &str) -> Option<String> {
    let subtle = value::get(&value::global("crypto"), "subtle");
    let bytes = Uint8Array::from(what.as_bytes());
    let digest = value::call(&subtle, "digest", &Array::of2(&"SHA-256".into(), &bytes));
    let digest = Uint8Array::new(&settled(digest).await.ok()?);
    let mut name = String::from("invite-keys:");
    for place in 0..8 {
        let byte = digest.get_index(place);
        for nibble in [byte >> 4, byte & 15] {
            name.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    Some(name)
}

/// A lock that the browser keeps among tabs.
pub struct Lock {
    controller: AbortController,
    release: Option<Function>,
    _granted: Closure<dyn FnMut() -> Promise>,
}

impl Lock {
    /// Waits for the lock of what is named. Nothing where there is no such thing, or no cryptography to name it by.
    async fn get(what: String) -> Option<Guard> {
        let locks = value::get(&value::global("navigator"), "locks");
        if locks.is_falsy() {
            return None;
        }
        let name = lock_name(&what).await?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let granted = Later::default();
        let done = granted.clone();
        let on_grant = Closure::<dyn FnMut() -> Promise>::new(move || {
            done.set(Ok(Json::Null));
            held.clone()
        });
        let controller = AbortController::new().ok()?;
        let options = js_sys::Object::new();
        let _ = Reflect::set(&options, &"signal".into(), &controller.signal());
        let request = value::call(
            &locks,
            "request",
            &Array::of3(&name.into(), &options, on_grant.as_ref()),
        );
        let lock = Lock {
            controller,
            release,
            _granted: on_grant,
        };
        let done = granted.clone();
        spawn_local(async move {
            // Refused, as in a sandboxed frame: go on without.
            let _ = settled(request).await;
            done.set(Ok(Json::Null));
        });
        let _ = granted.wait().await;
        Some(Guard::Lock(lock))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still in the queue: leave it. Held already: this does nothing.
        self.controller.abort();
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
