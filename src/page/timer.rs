//! A timer of the page's own, which goes when it is dropped.
//!
//! Not gloo's: that traps where a page has broken `setTimeout` or `clearTimeout`.

use wasm_bindgen::prelude::*;

use crate::value;

/// Calls back once.
pub struct Timer {
    id: JsValue,
    callback: Option<Closure<dyn FnMut()>>,
}

impl Timer {
    pub(super) fn new(milliseconds: f64, then: Box<dyn FnOnce()>) -> Timer {
        let mut then = Some(then);
        // Not `Closure::once`: this sort of closure there is already.
        let callback = Closure::wrap(Box::new(move || {
            if let Some(then) = then.take() {
                then();
            }
        }) as Box<dyn FnMut()>);
        let arguments = [callback.as_ref(), &milliseconds.into()];
        let id = value::call(&js_sys::global(), "setTimeout", &arguments);
        Timer {
            id: id.unwrap_or_default(),
            callback: Some(callback),
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let cleared = value::call(&js_sys::global(), "clearTimeout", &[&self.id]);
        // It will come all the same, and must find something.
        if let (Err(_), Some(callback)) = (cleared, self.callback.take()) {
            callback.forget();
        }
    }
}
