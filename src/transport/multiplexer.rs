//! Many calls over one shared WebSocket: frames wait for the server's `init`, tokens lead replies to their callers.
//!
//! Whatever is outstanding settles: by its reply, when the socket ends, or by its caller giving up.

use core::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::{Later, Reply};
use crate::transport::{Event, Line, Platform};

/// An idle socket costs the server memory and the user's other pages a frame.
const IDLE: f64 = 30_000.0;

/// The token under which a `hello` is expected, which names none.
const HELLO: &str = "hello";

/// The one socket of a connection, opened when it is needed.
pub struct Multiplexer<P: Platform> {
    platform: Rc<P>,
    current: RefCell<Option<Rc<Socket<P>>>>,
    tokens: Cell<u32>,
}

/// A socket and the calls that wait on it.
pub struct Socket<P: Platform> {
    line: OnceCell<P::Line>,
    opened: f64,
    /// `init` has come. What is sent before is lost on a real Webstrates.
    ready: Cell<bool>,
    /// No new calls: it closes after the last one.
    retired: Cell<bool>,
    outstanding: RefCell<Vec<Outstanding>>,
    /// Runs while nothing is outstanding.
    idle: Cell<Option<P::Guard>>,
}

struct Outstanding {
    token: String,
    /// The frame, until it is sent.
    frame: Option<String>,
    sent: Rc<Cell<bool>>,
    reply: Later,
}

impl<P: Platform> Multiplexer<P> {
    /// No socket yet.
    pub fn new(platform: Rc<P>) -> Rc<Multiplexer<P>> {
        Rc::new(Multiplexer {
            platform,
            current: RefCell::new(None),
            tokens: Cell::new(0),
        })
    }

    /// The open socket, unless it was opened before `since`.
    pub fn socket(&self, since: f64) -> Option<Rc<Socket<P>>> {
        self.current
            .borrow()
            .as_ref()
            .filter(|socket| socket.opened >= since)
            .cloned()
    }

    /// Opens a socket in place of the present one, which closes once its calls are done.
    pub fn open(self: &Rc<Self>, url: &str) -> Result<Rc<Socket<P>>, Error> {
        self.retire();
        let socket = Rc::new(Socket {
            line: OnceCell::new(),
            opened: self.platform.now(),
            ready: Cell::new(false),
            retired: Cell::new(false),
            outstanding: RefCell::default(),
            idle: Cell::new(None),
        });
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(&socket));
        let on_event = move |event| match event {
            Event::Text(text) => this.on_frame(&text),
            Event::Closed { code, reason } => {
                multiplexer.forget(&this);
                this.fail(code, reason);
            }
        };
        let line = self.platform.open(url, Box::new(on_event))?;
        let _ = socket.line.set(line);
        *self.current.borrow_mut() = Some(Rc::clone(&socket));
        Ok(socket)
    }

    /// Sends a frame and waits for the reply to it. `sent` tells whether it has left.
    pub async fn ask(
        self: &Rc<Self>,
        socket: Rc<Socket<P>>,
        frame: Json,
        sent: &Rc<Cell<bool>>,
    ) -> Reply {
        let token = self.tokens.get().wrapping_add(1);
        self.tokens.set(token);
        let token = letters(token);
        let frame = frame.with("token", token.as_str());
        self.enter(&socket, token, json::write(&frame), sent)
            .reply
            .wait()
            .await
    }

    /// Subscribes to a document, whereupon the server says who we are.
    pub async fn hello(self: &Rc<Self>, socket: Rc<Socket<P>>, id: &str) -> Reply {
        let sent = Rc::default();
        let shake = r#"{"a":"hs","id":null,"protocol":1,"protocolMinor":2}"#.to_owned();
        let subscribe = Json::object()
            .with("a", "s")
            .with("c", "webstrates")
            .with("d", id);
        let _first = self.enter(&socket, String::new(), shake, &sent);
        self.enter(&socket, HELLO.to_owned(), json::write(&subscribe), &sent)
            .reply
            .wait()
            .await
    }

    fn enter(
        self: &Rc<Self>,
        socket: &Rc<Socket<P>>,
        token: String,
        frame: String,
        sent: &Rc<Cell<bool>>,
    ) -> Ticket<P> {
        let reply = Later::default();
        socket.idle.set(None);
        socket.outstanding.borrow_mut().push(Outstanding {
            token,
            frame: Some(frame),
            sent: Rc::clone(sent),
            reply: reply.clone(),
        });
        socket.flush();
        Ticket {
            multiplexer: Rc::clone(self),
            socket: Rc::clone(socket),
            reply,
        }
    }

    /// Lets go of the socket: its identity may be another's by now. It closes after its last call.
    pub fn retire(&self) {
        if let Some(socket) = self.current.take() {
            socket.retired.set(true);
            if socket.outstanding.borrow().is_empty() {
                socket.close();
            }
        }
    }

    /// Closes the socket at once.
    pub fn close(&self) {
        if let Some(socket) = self.current.take() {
            socket.close();
        }
    }

    fn forget(&self, socket: &Rc<Socket<P>>) {
        let mut current = self.current.borrow_mut();
        if current
            .as_ref()
            .is_some_and(|current| Rc::ptr_eq(current, socket))
        {
            *current = None;
        }
    }

    /// Nothing is outstanding any more: the socket waits a while for more.
    fn rest(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        if socket.retired.get() {
            return socket.close();
        }
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(socket));
        let close = move || {
            multiplexer.forget(&this);
            this.close();
        };
        socket
            .idle
            .set(Some(self.platform.after(IDLE, Box::new(close))));
    }
}

impl<P: Platform> Socket<P> {
    /// Sends what waits, once the server is ready. Nothing is borrowed meanwhile: a caller's own `WebSocket` may answer
    /// from within.
    fn flush(&self) {
        let Some(line) = self.line.get().filter(|_| self.ready.get()) else {
            return;
        };
        while let Some(frame) = self.next_frame() {
            line.send(&frame);
        }
    }

    fn next_frame(&self) -> Option<String> {
        let mut outstanding = self.outstanding.borrow_mut();
        let call = outstanding.iter_mut().find(|call| call.frame.is_some())?;
        call.sent.set(true);
        call.frame.take()
    }

    /// Anything that is neither `init` nor a reply to one of ours is somebody else's.
    fn on_frame(&self, text: &str) {
        let Some(mut frame) = json::parse(text) else {
            return;
        };
        if frame.text("a") == Some("init") {
            self.ready.set(true);
            return self.flush();
        }
        let token = match frame.text("wa") {
            Some("reply") => frame.text("token").unwrap_or_default(),
            Some(HELLO) => HELLO,
            _ => return,
        };
        let reply = self
            .outstanding
            .borrow()
            .iter()
            .find(|call| call.token == token)
            .map(|call| call.reply.clone());
        let Some(reply) = reply else { return };
        reply.set(
            match (
                frame.take("reply").or_else(|| frame.take("user")),
                frame.take("error"),
            ) {
                (Some(value), None) => Ok(value),
                // The dialect gives the words their code.
                (None, Some(Json::Text(words))) => Err(Error::new(Code::ServerError, &words)),
                _ => Err(Error::bad_response()),
            },
        );
    }

    /// Ends every call that waits.
    fn fail(&self, code: u16, reason: String) {
        // A protocol error with words is Webstrates refusing an access token.
        let error = if code == 1002 && !reason.is_empty() {
            Error::new(Code::BadCredentials, &reason)
        } else {
            Error::offline()
        };
        self.retired.set(true);
        self.idle.set(None);
        for call in self.outstanding.take() {
            call.reply.set(Err(error.clone()));
        }
    }

    fn close(&self) {
        self.retired.set(true);
        if let Some(line) = self.line.get() {
            line.close();
        }
    }
}

/// A number as text. By hand, for `core::fmt` would cost kilobytes.
fn letters(mut number: u32) -> String {
    let mut text = String::new();
    while number > 0 {
        text.extend(char::from_digit(number % 36, 36));
        number /= 36;
    }
    text
}

/// A call's place among the outstanding, given up when the call ends in whatever way.
struct Ticket<P: Platform> {
    multiplexer: Rc<Multiplexer<P>>,
    socket: Rc<Socket<P>>,
    reply: Later,
}

impl<P: Platform> Drop for Ticket<P> {
    fn drop(&mut self) {
        let mut outstanding = self.socket.outstanding.borrow_mut();
        outstanding.retain(|call| !call.reply.is(&self.reply));
        if outstanding.is_empty() {
            drop(outstanding);
            self.multiplexer.rest(&self.socket);
        }
    }
}
