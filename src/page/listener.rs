//! Listeners that go when they are dropped.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::value;

/// An event listener.
pub struct Listener {
    target: JsValue,
    arguments: Array,
    _callback: Closure<dyn FnMut()>,
}

impl Listener {
    pub(super) fn new(target: JsValue, event: &str, callback: impl FnMut() + 'static) -> Listener {
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
