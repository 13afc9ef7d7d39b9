//! Listeners that go when they are dropped.

use wasm_bindgen::prelude::*;

use crate::value;

/// An event listener.
pub struct Listener {
    target: JsValue,
    event: JsValue,
    callback: Closure<dyn FnMut()>,
}

impl Listener {
    pub(super) fn new(target: JsValue, event: &str, callback: Box<dyn FnMut()>) -> Listener {
        let callback = Closure::wrap(callback);
        let listener = Listener {
            target,
            event: event.into(),
            callback,
        };
        listener.tell("addEventListener");
        listener
    }

    fn tell(&self, method: &str) {
        let _ = value::call(&self.target, method, &[&self.event, self.callback.as_ref()]);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.tell("removeEventListener");
    }
}
