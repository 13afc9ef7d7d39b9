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

/// What every Webstrates answers.
const SHAKE: &str = r#"{"a":"hs","id":null,"protocol":1,"protocolMinor":2}"#;

/// So long no call is answered before the server is asked whether it has invites.
const PROBE: f64 = 2_000.0;

const NO_INVITES: &str =
    "This Webstrates server has no invites: invites need Webstrates 1.8.0 or newer.";

/// So many sockets in a row must fail before there is said to be no way to have one.
const REFUSALS: u32 = 2;

/// The one socket of a connection, opened when it is needed.
pub struct Multiplexer<P: Platform> {
    platform: Rc<P>,
    current: RefCell<Option<Rc<Socket<P>>>>,
    tokens: Cell<u32>,
    /// So many sockets in a row ended before `init`.
    refused: Cell<u32>,
    /// The server has answered a call.
    answers: Cell<bool>,
}

/// A socket and the calls that wait on it.
pub struct Socket<P: Platform> {
    line: OnceCell<P::Line>,
    /// The document in its path, the only one it can subscribe to.
    document: String,
    opened: f64,
    account: RefCell<Option<Json>>,
    /// `init` has come. What is sent before is lost on a real Webstrates.
    ready: Cell<bool>,
    /// No new calls: it closes after the last one.
    retired: Cell<bool>,
    outstanding: RefCell<Vec<Outstanding>>,
    /// Runs while nothing is outstanding.
    idle: Cell<Option<P::Guard>>,
    /// Runs while nobody knows whether the server has invites at all.
    probe: Cell<Option<P::Guard>>,
    doubt: Cell<Doubt>,
}

/// How far a socket is with finding out whether its server has invites.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    Waiting,
    Asked,
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
            refused: Cell::new(0),
            answers: Cell::new(false),
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
    pub fn open(self: &Rc<Self>, document: &str, url: &str) -> Result<Rc<Socket<P>>, Error> {
        self.retire();
        let socket = Rc::new(Socket {
            line: OnceCell::new(),
            document: document.to_owned(),
            account: RefCell::default(),
            opened: self.platform.now(),
            ready: Cell::new(false),
            retired: Cell::new(false),
            outstanding: RefCell::default(),
            idle: Cell::new(None),
            probe: Cell::new(None),
            doubt: Cell::new(Doubt::None),
        });
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(&socket));
        let on_event = move |event| match event {
            Event::Text(text) => multiplexer.on_frame(&this, &text),
            Event::Closed { code, reason } => {
                multiplexer.forget(&this);
                if !this.ready.get() && !this.retired.get() {
                    multiplexer.refused.set(multiplexer.refused.get() + 1);
                }
                this.fail(code, reason);
            }
        };
        let line = self.platform.open(url, Box::new(on_event))?;
        let _ = socket.line.set(line);
        *self.current.borrow_mut() = Some(Rc::clone(&socket));
        Ok(socket)
    }

    /// Whether the server, or what stands before it, takes no sockets.
    pub fn is_refused(&self) -> bool {
        self.refused.get() >= REFUSALS
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
        let ticket = self.enter(&socket, token, json::write(&frame), sent);
        self.doubt(&socket);
        ticket.reply.wait().await
    }

    /// Subscribes to the socket's document, whereupon the server says who we are: `null` where it may not be read.
    pub async fn hello(self: &Rc<Self>, socket: Rc<Socket<P>>) -> Reply {
        let sent = Rc::default();
        let subscribe = Json::object()
            .with("a", "s")
            .with("c", "webstrates")
            .with("d", socket.document.as_str());
        let _first = self.enter(&socket, String::new(), SHAKE.to_owned(), &sent);
        self.enter(&socket, HELLO.to_owned(), json::write(&subscribe), &sent)
            .reply
            .wait()
            .await
    }

    /// A server of before invites answers no call, ever. Where none has been answered for a while, a question that
    /// needs no looking up goes along with one that such a server knows.
    fn doubt(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        if self.answers.get() || !socket.ready.get() || socket.doubt.get() != Doubt::None {
            return;
        }
        socket.doubt.set(Doubt::Waiting);
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(socket));
        let ask = move || {
            if let (false, Some(line)) = (multiplexer.answers.get(), this.line.get()) {
                this.doubt.set(Doubt::Asked);
                line.send(r#"{"wa":"getInvites","token":"?"}"#);
                line.send(SHAKE);
            }
        };
        let timer = self.platform.after(PROBE, Box::new(ask));
        socket.probe.set(Some(timer));
    }

    /// Anything that is neither `init` nor a reply to one of ours is somebody else's.
    fn on_frame(self: &Rc<Self>, socket: &Rc<Socket<P>>, text: &str) {
        let Some(mut frame) = json::parse(text) else {
            return;
        };
        let token = match (frame.text("a"), frame.text("wa")) {
            (Some("init"), _) => {
                self.refused.set(0);
                socket.ready.set(true);
                socket.flush();
                return self.doubt(socket);
            }
            // It knows what every Webstrates knows. If it knows invites, their answer is under way.
            (Some("hs"), _) if !self.answers.get() && socket.doubt.get() == Doubt::Asked => {
                let (multiplexer, this) = (Rc::clone(self), Rc::clone(socket));
                let give_up = move || {
                    // The next call asks anew: servers are updated.
                    this.doubt.set(Doubt::None);
                    if !multiplexer.answers.get() {
                        this.end(&Error::new(Code::NotInvitesServer, NO_INVITES));
                    }
                };
                let timer = self.platform.after(PROBE / 2.0, Box::new(give_up));
                return socket.probe.set(Some(timer));
            }
            (Some("s"), _) if frame.get("error").is_some() => {
                return socket.settle(HELLO, Ok(Json::Null));
            }
            (_, Some("reply")) => {
                self.answers.set(true);
                socket.probe.set(None);
                frame.text("token").unwrap_or_default().to_owned()
            }
            (_, Some(HELLO)) => HELLO.to_owned(),
            _ => return,
        };
        let outcome = match (
            frame.take("reply").or_else(|| frame.take("user")),
            frame.take("error"),
        ) {
            (Some(value), None) => Ok(value),
            // The dialect gives the words their code.
            (None, Some(Json::Text(words))) => Err(Error::new(Code::ServerError, &words)),
            _ => Err(Error::bad_response()),
        };
        socket.settle(&token, outcome);
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

    /// Gives an answer to who waits for it.
    fn settle(&self, token: &str, outcome: Reply) {
        let reply = self
            .outstanding
            .borrow()
            .iter()
            .find(|call| call.token == token)
            .map(|call| call.reply.clone());
        if let Some(reply) = reply {
            reply.set(outcome);
        }
    }

    /// Whose socket it is, once that was found out.
    pub fn account(&self, found: Option<&Json>) -> Option<Json> {
        if let Some(found) = found {
            self.account.replace(Some(found.clone()));
        }
        self.account.borrow().clone()
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
        self.probe.set(None);
        self.end(&error);
    }

    fn end(&self, error: &Error) {
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
