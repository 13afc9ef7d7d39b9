//! The page around the SDK, or the worker, or Node: the only file that touches it.

mod listener;
mod timer;

use core::cell::Cell;

use invite_key::text::is_printable_ascii;
use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::dialect::DialectName;
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Later, Task};
use crate::transport::fetch;
use crate::transport::socket::{self, BrowserLine};
use crate::transport::{Event, Place, Platform, Request, Response};
use crate::value;

use listener::Listener;
use timer::Timer;

/// What a connection was given that JSON cannot hold.
pub struct Browser {
    /// The caller's own `fetch`.
    pub(crate) fetch: Option<Function>,
    /// Whether cookies go along.
    pub(crate) credentials: &'static str,
    /// The caller's own `WebSocket`.
    pub(crate) web_socket: Option<Function>,
    /// A token, or what gets one.
    pub(crate) token: JsValue,
    /// Tells the page about events, and asks it for what it has: a person's answer, locks among tabs, its memory.
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
    /// Reads the arguments of a call.
    pub(crate) fn read_all(&mut self, arguments: &Array) -> Result<Vec<Json>, Error> {
        let mut values = Vec::new();
        for argument in arguments.iter() {
            values.push(self.read(&argument)?);
        }
        Ok(values)
    }

    /// Reads an argument, and keeps what JSON cannot hold.
    fn read(&mut self, value: &JsValue) -> Result<Json, Error> {
        if let Some(policy) = value.dyn_ref::<Function>() {
            self.policy = Some(policy.clone());
            return Ok(Json::HELD);
        }
        value::read(value, &mut |name, member| {
            if name != "signal" || value::get(member, "aborted").as_bool().is_none() {
                return None;
            }
            self.signal = Some(member.clone());
            Some(Json::HELD)
        })
    }
}

impl Browser {
    /// Tells the page's side (`pkg/sdk/invites.js`), and gives what that gives back.
    pub(crate) fn tell(&self, event: &str, detail: &JsValue) -> Result<JsValue, JsValue> {
        value::apply(&self.emit, &JsValue::UNDEFINED, &[&event.into(), detail])
    }

    async fn get_token(&self) -> Result<Option<String>, Error> {
        if self.token.is_falsy() {
            return Ok(None);
        }
        let token = match self.token.dyn_ref::<Function>() {
            Some(get) => settled(value::apply(get, &JsValue::UNDEFINED, &[])).await,
            None => Ok(self.token.clone()),
        };
        let mut error = Error::new(Code::BadCredentials, "auth.bearer gave no token.");
        match token {
            Ok(token) => token
                .as_string()
                .filter(|token| is_printable_ascii(token))
                .map(Some)
                .ok_or(error),
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

    fn fetch<'a>(
        &'a self,
        request: Request,
        left: &'a Cell<bool>,
    ) -> Task<'a, Result<Response, Error>> {
        Box::pin(fetch::send(self, request, left))
    }

    fn open(&self, url: &str, on_event: Box<dyn Fn(Event)>) -> Result<BrowserLine, Error> {
        socket::open(self.web_socket.as_ref(), url, on_event)
    }

    fn token(&self) -> Task<'_, Result<Option<String>, Error>> {
        Box::pin(self.get_token())
    }

    fn credentials(&self) -> &'static str {
        self.credentials
    }

    fn after(&self, milliseconds: f64, then: Box<dyn FnOnce()>) -> Guard {
        Guard::Timer(Timer::new(milliseconds, then))
    }

    fn monotonic(&self) -> f64 {
        monotonic()
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
        Some(Guard::Listener(Listener::new(
            signal,
            "abort",
            Box::new(end),
        )))
    }

    fn ask<'a>(&'a self, held: &'a Held, preview: &Json) -> Task<'a, Result<bool, Error>> {
        let preview = value::write(preview);
        let answer = match &held.policy {
            Some(policy) => value::apply(policy, &JsValue::UNDEFINED, &[&preview]),
            None => self.tell("confirm", &preview),
        };
        Box::pin(async {
            match settled(answer).await {
                Ok(answer) => Ok(answer == true),
                Err(cause) => {
                    let mut error = Error::new(Code::Aborted, "The policy failed.");
                    error.cause = Some(cause);
                    Err(error)
                }
            }
        })
    }

    fn lock(&self, name: &str) -> Task<'static, Option<Guard>> {
        let lock = Lock(self.tell("lock", &name.into()).unwrap_or_default());
        Box::pin(async move {
            let _ = settled(Ok(value::get(&lock.0, "granted"))).await;
            Some(Guard::Lock(lock))
        })
    }

    fn memory(&self, write: Option<&str>) -> Option<String> {
        let text = write.map_or(JsValue::UNDEFINED, JsValue::from);
        self.tell("gains", &text).ok()?.as_string()
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
                dialect: Some(DialectName::WEBSTRATE),
            });
        }
        let selector = "meta[name=invite-keys]".into();
        let meta = value::call(&value::global("document"), "querySelector", &[&selector])
            .unwrap_or_default();
        let server = value::get(&meta, "content").as_string().or(origin)?;
        Some(Place {
            origin: own,
            server,
            resource: None,
            dialect: None,
        })
    }

    fn page_user(&self) -> Option<Json> {
        // Three names of what may lead in a circle.
        let user = value::get(&value::global("webstrate"), "user");
        let mut known = Json::object();
        for name in &["username", "provider", "displayName"] {
            if let Some(text) = value::get(&user, name).as_string() {
                known.set(name, text.into());
            }
        }
        user.is_object().then_some(known)
    }

    fn visible_since(&self) -> f64 {
        VISIBLE_SINCE.get()
    }

    fn hidden(&self) -> bool {
        value::get(&value::global("document"), "hidden").is_truthy()
    }

    fn emit(&self, event: &str, detail: &Json) {
        // A listener's failure is the listener's.
        let _ = self.tell(event, &value::write(detail));
    }
}

thread_local! {
    static VISIBLE_SINCE: Cell<f64> = const { Cell::new(0.0) };
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Notes from now on when the page comes into view; once per page.
pub(crate) fn watch_visibility() {
    let document = value::global("document");
    if document.is_falsy() || WATCHING.replace(true) {
        return;
    }
    let target = document.clone();
    let came = move || {
        if value::get(&document, "visibilityState") == "visible" {
            VISIBLE_SINCE.set(monotonic());
        }
    };
    let listener = Listener::new(target, "visibilitychange", Box::new(came));
    core::mem::forget(listener);
}

fn monotonic() -> f64 {
    let performance = value::global("performance");
    let origin = value::get(&performance, "timeOrigin").as_f64();
    let now = value::call(&performance, "now", &[]).ok();
    match (origin, now.and_then(|now| now.as_f64())) {
        (Some(origin), Some(now)) => origin + now,
        _ => js_sys::Date::now(),
    }
}

/// What a call into JavaScript gave, waited for where it is a promise. `Promise.resolve` would let what a strange one
/// throws pass through us.
pub(crate) fn settled(result: Result<JsValue, JsValue>) -> JsFuture {
    JsFuture::from(Promise::new(&mut |resolve, reject| {
        let (settle, value) = match &result {
            Ok(value) => (resolve, value),
            Err(cause) => (reject, cause),
        };
        let _ = value::apply(&settle, &JsValue::UNDEFINED, &[value]);
    }))
}

/// What ends when it is dropped.
pub enum Guard {
    /// A timer.
    Timer(Timer),
    /// A listener.
    Listener(Listener),
    /// A lock.
    Lock(Lock),
}

/// A lock among tabs (`pkg/sdk/page.js`), or a place in the queue for it, until it is dropped.
pub struct Lock(JsValue);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = value::call(&self.0, "release", &[]);
    }
}
