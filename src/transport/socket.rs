//! A WebSocket: constructed by us, from the caller's class where they brought one.
//!
//! Not read through gloo-net: its stream costs 2.7 KB (brotli) that two handlers do not.

use core::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::transport::{Event, Line};
use crate::value;

/// The browser's own socket: what needs no waiting goes straight to it.
pub struct BrowserLine(web_sys::WebSocket);

/// Begins to open a socket. What the constructor throws may quote the address, and that may hold a token: it is not
/// passed on.
pub(crate) fn open(
    class: Option<&Function>,
    url: &str,
    on_event: Box<dyn Fn(Event)>,
) -> Result<BrowserLine, Error> {
    let own = class.cloned().map(JsValue::from);
    let class = own.unwrap_or_else(|| value::global("WebSocket"));
    if !class.is_function() {
        return Err(Error::misused(
            "WebSocket",
            "There is no WebSocket here (Node before 22): connect({ WebSocket }) with npm's ws.",
        ));
    }
    let raw = value::construct(&class, &[&url.into()]).map_err(|_| Error::offline())?;
    let on_event = Rc::new(on_event);
    let closed = Rc::new(Cell::new(false));
    // A caller's class may hand over anything as an event, and may go on after its end. The closures are the socket's.
    let set = |name: &str, listener: JsValue| {
        value::set(&raw, name, &listener);
    };
    let message = {
        let (tell, closed) = (Rc::clone(&on_event), Rc::clone(&closed));
        Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            let text = value::get(&event, "data").as_string();
            if let (false, Some(text)) = (closed.get(), text) {
                tell(Event::Text(text));
            }
        })
        .into_js_value()
    };
    // An error has no data and is followed by its close; but npm's ws throws one that nobody listens to.
    set("onerror", message.clone());
    set("onmessage", message);
    let end = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        if !closed.replace(true) {
            on_event(Event::Closed {
                code: value::get(&event, "code").as_f64().unwrap_or_default() as u16,
                reason: value::get(&event, "reason").as_string().unwrap_or_default(),
            });
        }
    });
    set("onclose", end.into_js_value());
    Ok(BrowserLine(raw.unchecked_into()))
}

impl Line for BrowserLine {
    fn send(&self, text: &str) {
        // It throws only before it is open, and nothing is sent before `init`.
        let _ = value::call(&self.0, "send", &[&text.into()]);
    }

    fn close(&self) {
        let _ = value::call(&self.0, "close", &[]);
    }
}
