//! Locks that the browser keeps among tabs.

use invite_key::hex;
use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::settled;
use crate::json::Json;
use crate::later::Later;
use crate::value;

/// The name of the lock for what must not happen twice at once: it says nothing of a key that it is made of. Nothing
/// where there is no cryptography to name it by.
pub(crate) async fn lock_name(what: &str) -> Option<String> {
    let subtle = value::get(&value::global("crypto"), "subtle");
    let bytes = Uint8Array::from(what.as_bytes());
    let digest = value::call(&subtle, "digest", &[&"SHA-256".into(), &bytes]);
    let digest = settled(digest).await.ok()?;
    if !digest.is_object() {
        return None;
    }
    let digest = Uint8Array::new(&digest);
    let mut name = String::from("invite-keys:");
    for place in 0..8 {
        hex::push(&mut name, &[digest.get_index(place)]);
    }
    Some(name)
}

/// A lock, until it is dropped.
pub struct Lock {
    controller: JsValue,
    release: Option<Function>,
    _granted: Closure<dyn FnMut() -> Promise>,
}

impl Lock {
    /// Waits for the lock of what is named. Nothing where there is no such thing.
    pub(super) async fn get(what: String) -> Option<Lock> {
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
        let controller = value::construct(&value::global("AbortController"), &[]).ok()?;
        let options = value::write(&Json::object());
        value::set(&options, "signal", &value::get(&controller, "signal"));
        let request = value::call(
            &locks,
            "request",
            &[&name.into(), &options, on_grant.as_ref()],
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
        Some(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still in the queue: leave it. Held already: this does nothing.
        let _ = value::call(&self.controller, "abort", &[]);
        if let Some(release) = &self.release {
            let _ = value::apply(release, &JsValue::UNDEFINED, &[]);
        }
    }
}
