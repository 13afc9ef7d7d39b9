//! A WebSocket: constructed by us, from the caller's class where they brought one, and read through gloo-net.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::Poll;

use futures_util::StreamExt as _;
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::transport::{Event, Line};
use crate::value;

/// gloo-net's socket for reading, and the browser's own for what needs no waiting.
pub struct BrowserLine {
    raw: web_sys::WebSocket,
    stream: RefCell<WebSocket>,
}

/// Begins to open a socket. What the constructor throws may quote the address, and that may hold a token: it is not
/// passed on.
pub(crate) fn open(class: Option<&Function>, url: &str) -> Result<BrowserLine, Error> {
    let class = match class {
        Some(class) => class.clone(),
        None => value::get(&js_sys::global(), "WebSocket").dyn_into().map_err(|_| {
            Error::invalid("WebSocket", "There is no WebSocket here (Node before 22): connect({ WebSocket }) with the one of the npm package ws.")
        })?,
    };
    let raw = Reflect::construct(&class, &Array::of1(&url.into())).map_err(|_| Error::offline())?;
    let raw: web_sys::WebSocket = raw.unchecked_into();
    let stream = WebSocket::try_from(raw.clone()).map_err(|_| Error::offline())?;
    Ok(BrowserLine {
        raw,
        stream: RefCell::new(stream),
    })
}

impl Line for BrowserLine {
    fn send(&self, text: &str) {
        // It throws only before it is open, and nothing is sent before `init`.
        let _ = self.raw.send_with_str(text);
    }

    fn close(&self) {
        let _ = self.raw.close();
    }

    async fn receive(&self) -> Event {
        poll_fn(|context| {
            let mut stream = self.stream.borrow_mut();
            loop {
                return Poll::Ready(match stream.poll_next_unpin(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(Message::Text(text)))) => Event::Text(text),
                    Poll::Ready(Some(Err(WebSocketError::ConnectionClose(close)))) => {
                        Event::Closed {
                            code: close.code,
                            reason: close.reason,
                        }
                    }
                    // An error is followed by its close; bytes are not for us.
                    Poll::Ready(Some(_)) => continue,
                    Poll::Ready(None) => Event::Closed {
                        code: 1006,
                        reason: String::new(),
                    },
                });
            }
        })
        .await
    }
}
