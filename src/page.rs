//! The page around the SDK, or the worker, or Node: the only file that touches it.

use core::cell::Cell;
use core::future::{Future, pending};

use invite_key::InviteKey;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::Later;
use crate::options::DialectName;
use crate::transport::fetch::{self, Sender};
use crate::transport::socket::{self, BrowserLine};
use crate::transport::{Place, Platform, Request, Response};
use crate::value;

/// What a connection was given that JSON cannot hold.
pub struct Browser {
    /// Sends requests.
    pub(crate) sender: Sender,
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

impl Platform for Browser {
    type Line = BrowserLine;
    type Held = Held;
    type Lock = Lock;

    async fn fetch(&self, request: Request) -> Result<Response, Error> {
        fetch::send(&self.sender, request).await
    }

    fn open(&self, url: &str) -> Result<BrowserLine, Error> {
        socket::open(self.web_socket.as_ref(), url)
    }

    async fn token(&self) -> Result<Option<String>, Error> {
        if self.token.is_falsy() {
            return Ok(None);
        }
        let failed = |cause| {
            let mut error = Error::new(Code::BadCredentials, "auth.bearer gave no token.");
            error.cause = cause;
            error
        };
        let token = match self.token.dyn_ref::<Function>() {
            Some(get) => settled(get.call0(&JsValue::UNDEFINED))
                .await
                .map_err(|cause| failed(Some(cause)))?,
            None => self.token.clone(),
        };
        // The token becomes a header: what cannot stand there would trap.
        let usable =
            |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        token
            .as_string()
            .filter(usable)
            .map(Some)
            .ok_or_else(|| failed(None))
    }

    async fn sleep(&self, milliseconds: f64) {
        gloo_timers::future::TimeoutFuture::new(milliseconds as u32).await;
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

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        spawn_local(task);
    }

    async fn aborted(&self, held: &Held) -> Error {
        let Some(signal) = &held.signal else {
            return pending().await;
        };
        if value::get(signal, "aborted").is_falsy() {
            let later = Later::default();
            let listener = Listener::new(signal.clone(), "abort", {
                let later = later.clone();
                move || later.set(())
            });
            later.wait().await;
            drop(listener);
        }
        let mut error = Error::new(Code::Aborted, "The call was aborted.");
        error.cause = Some(value::get(signal, "reason"));
        error
    }

    async fn ask(&self, held: &Held, preview: &Json) -> Result<bool, Error> {
        let preview = value::write(preview);
        let answer = match &held.policy {
            Some(policy) => policy.call1(&JsValue::UNDEFINED, &preview),
            None => self
                .emit
                .call2(&JsValue::UNDEFINED, &"confirm".into(), &preview),
        };
        match settled(answer).await {
            Ok(answer) => Ok(answer.is_truthy()),
            Err(cause) => {
                let mut error = Error::new(Code::Aborted, "The policy failed.");
                error.cause = Some(cause);
                Err(error)
            }
        }
    }

    async fn lock(&self, key: &InviteKey) -> Option<Lock> {
        let global: JsValue = js_sys::global().into();
        let locks = value::get(&value::get(&global, "navigator"), "locks");
        let subtle = value::get(&value::get(&global, "crypto"), "subtle");
        if locks.is_falsy() || subtle.is_falsy() {
            return None;
        }
        let bytes = Uint8Array::from(key.reveal().as_bytes());
        let digest = value::call(&subtle, "digest", &Array::of2(&"SHA-256".into(), &bytes));
        let digest = Uint8Array::new(&settled(digest).await.ok()?).to_vec();
        let mut name = String::from("invite-keys:");
        for byte in digest.iter().take(8) {
            for nibble in [byte >> 4, byte & 15] {
                name.extend(char::from_digit(u32::from(nibble), 16));
            }
        }
        Some(Lock::get(&locks, &name).await)
    }

    fn place(&self) -> Option<Place> {
        let global: JsValue = js_sys::global().into();
        let origin = value::get(&value::get(&global, "location"), "origin").as_string();
        let origin = origin.filter(|origin| origin.starts_with("http"));
        let webstrate = value::get(&value::get(&global, "webstrate"), "webstrateId").as_string();
        if let (Some(origin), Some(id)) = (&origin, webstrate) {
            return Some(Place {
                server: origin.clone(),
                resource: Some(id),
                dialect: Some(DialectName::Webstrates),
            });
        }
        let selector = Array::of1(&"meta[name=invite-keys]".into());
        let meta = value::call(&value::get(&global, "document"), "querySelector", &selector);
        let server = meta
            .ok()
            .and_then(|meta| value::get(&meta, "content").as_string())
            .or(origin)?;
        Some(Place {
            server,
            resource: None,
            dialect: None,
        })
    }

    fn page_user(&self) -> Option<Json> {
        let webstrate = value::get(&js_sys::global(), "webstrate");
        let user = value::get(&webstrate, "user");
        let text = |name| value::get(&user, name).as_string();
        let known = Json::object()
            .with("username", text("username")?)
            .with("provider", text("provider")?);
        Some(match text("displayName") {
            Some(name) => known.with("displayName", name),
            None => known,
        })
    }

    fn visible_since(&self) -> f64 {
        VISIBLE_SINCE.get()
    }

    fn emit(&self, event: &str, detail: &Json) {
        // A listener's failure is the listener's.
        let _ = self
            .emit
            .call2(&JsValue::UNDEFINED, &event.into(), &value::write(detail));
    }
}

thread_local! {
    static VISIBLE_SINCE: Cell<f64> = const { Cell::new(0.0) };
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Notes from now on when the page comes into view; once per page.
pub(crate) fn watch_visibility() {
    let document = value::get(&js_sys::global(), "document");
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

/// An event listener that goes when it is dropped.
struct Listener {
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

/// A lock that the browser keeps among tabs, given back when it is dropped.
pub struct Lock {
    controller: web_sys::AbortController,
    release: Option<Function>,
    _granted: Closure<dyn FnMut() -> Promise>,
}

impl Lock {
    async fn get(locks: &JsValue, name: &str) -> Lock {
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let later = Later::default();
        let granted = Closure::<dyn FnMut() -> Promise>::new({
            let later = later.clone();
            move || {
                later.set(());
                held.clone()
            }
        });
        let controller =
            web_sys::AbortController::new().unwrap_or_else(|_| JsValue::UNDEFINED.unchecked_into());
        let options = js_sys::Object::new();
        let _ = Reflect::set(&options, &"signal".into(), &controller.signal());
        let request = value::call(
            locks,
            "request",
            &Array::of3(&name.into(), &options, granted.as_ref()),
        );
        let lock = Lock {
            controller,
            release,
            _granted: granted,
        };
        spawn_local({
            let later = later.clone();
            async move {
                // Refused, as in a sandboxed frame: go on without.
                let _ = settled(request).await;
                later.set(());
            }
        });
        later.wait().await;
        lock
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
