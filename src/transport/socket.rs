//! A WebSocket: constructed by us, from the caller's class where they brought one, and read through gloo-net.

use futures_util::StreamExt as _;
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

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
    let mut stream = WebSocket::try_from(raw.clone()).map_err(|_| Error::offline())?;
    // Read to its end even when nobody listens any more: dropped earlier, gloo-net's socket would be called back.
    spawn_local(async move {
        loop {
            on_event(match stream.next().await {
                Some(Ok(Message::Text(text))) => Event::Text(text),
                Some(Err(WebSocketError::ConnectionClose(close))) => Event::Closed {
                    code: close.code,
                    reason: close.reason,
                },
                // An error is followed by its close; bytes are not for us.
                Some(_) => continue,
                None => return,
            });
        }
    });
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
