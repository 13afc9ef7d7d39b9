//! A WebSocket: constructed by us, from the caller's class where they brought one.
//!
//! Not read through gloo-net: its stream costs 2.7 KB (brotli) that two handlers do not.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{CloseEvent, MessageEvent};

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
    let class = match class {
        Some(class) => class.clone(),
        None => value::global("WebSocket").dyn_into().map_err(|_| {
            Error::misused("WebSocket", "There is no WebSocket here (Node before 22): connect({ WebSocket }) with the one of the npm package ws.")
        })?,
    };
    let raw = Reflect::construct(&class, &Array::of1(&url.into())).map_err(|_| Error::offline())?;
    let raw: web_sys::WebSocket = raw.unchecked_into();
    let on_event = std::rc::Rc::new(on_event);
    let tell = on_event.clone();
    let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            tell(Event::Text(text));
        }
    });
    raw.set_onmessage(Some(message.as_ref().unchecked_ref()));
    // An error has no data and is followed by its close; but npm's ws throws one that nobody listens to.
    raw.set_onerror(Some(message.as_ref().unchecked_ref()));
    let end = Closure::once_into_js(move |event: CloseEvent| {
        drop(message);
        on_event(Event::Closed {
            code: event.code(),
            reason: event.reason(),
        });
    });
    raw.set_onclose(Some(end.unchecked_ref()));
    Ok(BrowserLine(raw))
}

impl Line for BrowserLine {
    fn send(&self, text: &str) {
        // It throws only before it is open, and nothing is sent before `init`.
        let _ = self.0.send_with_str(text);
    }

    fn close(&self) {
        let _ = self.0.close();
    }
}
