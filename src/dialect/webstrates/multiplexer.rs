//! Many calls over one shared WebSocket: frames wait for the server's `init`, tokens lead replies to their callers.
//!
//! Whatever is outstanding settles: by its reply, when the socket ends or falls silent, or by its caller giving up.

use core::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use zeroize::Zeroizing;

use crate::call::Progress;
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::Later;
use crate::transport::{Event, Line, Platform, push_base36};

use super::socket::{Outstanding, Socket, State};
use super::ticket::Ticket;

/// An idle socket costs the server memory and the user's other pages a frame.
const IDLE: f64 = 30_000.0;

/// So long a socket may take until its `init`: then another is tried. A call's usual deadline is 10 seconds.
const OPENING: f64 = 6_000.0;

/// So long nothing comes from a server that owes an answer before it is asked for a sign of life (half as long where it
/// has never answered, for it may know no invites), and so long again before the line is given up. A line that died without a word (sleep, NAT, a proxy) says nothing either.
const SILENCE: f64 = 2_000.0;

/// The token under which a `hello` is expected, which names none.
const HELLO: &str = "hello";

/// What every Webstrates answers.
const SHAKE: &str = r#"{"a":"hs","id":null,"protocol":1,"protocolMinor":2}"#;

/// What every Webstrates that has invites answers, without looking anything up.
const PING: &str = r#"{"wa":"getInvites","token":"?"}"#;

const NO_INVITES: &str =
    "This server has no invites: they need Webstrates 1.8.0 or newer.";

/// So many sockets in a row must fail before there is said to be no way to have one.
const REFUSALS: u32 = 2;

/// The one socket of a connection, opened when it is needed.
pub(super) struct Multiplexer<P: Platform> {
    platform: Rc<P>,
    current: RefCell<Option<Rc<Socket<P>>>>,
    tokens: Cell<u32>,
    /// So many sockets in a row ended before `init`.
    refused: Cell<u32>,
    opens: Cell<bool>,
    /// The server has answered a call.
    answers: Cell<bool>,
}


impl<P: Platform> Multiplexer<P> {
    /// No socket yet.
    pub(super) fn new(platform: Rc<P>) -> Rc<Multiplexer<P>> {
        Rc::new(Multiplexer {
            platform,
            current: RefCell::new(None),
            tokens: Cell::new(0),
            refused: Cell::new(0),
            opens: Cell::new(false),
            answers: Cell::new(false),
        })
    }

    /// The open socket, unless it was opened before `since`; 0 for whenever that was. At that very moment is before it, too.
    pub(super) fn socket(&self, since: f64) -> Option<Rc<Socket<P>>> {
        let current = self.current.borrow();
        current
            .as_ref()
            .filter(|socket| since == 0.0 || socket.opened > since)
            .cloned()
    }

    /// Opens a socket in place of the present one, which closes once its calls are done.
    pub(super) fn open(self: &Rc<Self>, document: &str, url: &str) -> Result<Rc<Socket<P>>, Error> {
        self.retire();
        let socket = Rc::new(Socket {
            line: OnceCell::new(),
            document: document.to_owned(),
            account: RefCell::default(),
            opened: self.platform.monotonic(),
            state: Cell::new(State::Opening),
            retired: Cell::new(false),
            outstanding: RefCell::default(),
            heard: Cell::new(0),
            idle: Cell::new(None),
            vigil: Cell::new(None),
            asked: Cell::new(false),
            silent: Cell::new(false),
            doubted: Cell::new(false),
            shakes: Cell::new(0),
        });
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(&socket));
        let on_event = move |event| match event {
            Event::Text(text) => multiplexer.on_frame(&this, &text),
            Event::Closed { code, reason } => multiplexer.on_end(&this, code, &reason),
        };
        let line = self.platform.open(url, Box::new(on_event))?;
        let _ = socket.line.set(line);
        *self.current.borrow_mut() = Some(Rc::clone(&socket));
        self.wait(&socket, OPENING, |this, socket, _| this.lose(socket));
        Ok(socket)
    }

    /// Whether the server, or what stands before it, takes no sockets: one that did once has a bad day.
    pub(super) fn is_refused(&self) -> bool {
        !self.opens.get() && self.refused.get() >= REFUSALS
    }

    /// Sends a frame; what waits for the reply to it.
    pub(super) fn ask(
        self: &Rc<Self>,
        socket: &Rc<Socket<P>>,
        frame: Json,
        progress: &Rc<Progress>,
    ) -> Result<Ticket<P>, Error> {
        if socket.doubted.get() && !self.answers.get() {
            // Said at once, and asked anew by the next: servers are updated.
            self.forget(socket);
            socket.retire();
            return Err(no_invites());
        }
        let number = self.tokens.get().wrapping_add(1);
        self.tokens.set(number);
        let mut token = String::new();
        push_base36(&mut token, number.into());
        let mut frame = frame.with("token", token.as_str());
        let text = json::write(&frame);
        frame.wipe();
        Ok(self.enter(socket, token, text, progress))
    }

    /// Subscribes to the socket's document, whereupon the server says who we are: `null` where it may not be read. The
    /// first waits for what says that all before was read.
    pub(super) fn hello(
        self: &Rc<Self>,
        socket: &Rc<Socket<P>>,
        progress: &Rc<Progress>,
    ) -> (Ticket<P>, Ticket<P>) {
        let subscribe = Json::object()
            .with("a", "s")
            .with("c", "webstrates")
            .with("d", socket.document.as_str());
        // Its answer has no token either.
        let first = self.enter(socket, String::new(), SHAKE.to_owned(), progress);
        let subscribe = json::write(&subscribe);
        (first, self.enter(socket, HELLO.to_owned(), subscribe, progress))
    }

    /// Anything that is neither `init` nor a reply to one of ours is somebody else's, and a sign of life.
    fn on_frame(self: &Rc<Self>, socket: &Rc<Socket<P>>, text: &str) {
        if socket.state.get() == State::Closed {
            return;
        }
        socket.hear(self.platform.monotonic());
        socket.flush();
        let mut frame = json::parse(text).unwrap_or(Json::Null);
        let token = match (frame.text("a"), frame.text("wa")) {
            (Some("init"), _) => return self.on_init(socket),
            // It knows what every Webstrates knows. If it knows invites, their answer is under way.
            (Some("hs"), _) => {
                let owed = socket.shakes.get().saturating_sub(1);
                socket.shakes.set(owed);
                if owed == 0 && socket.asked.get() && !self.answers.get() {
                    self.wait(socket, SILENCE / 2.0, |this, socket, _| this.doubt(socket));
                }
                return;
            }
            (Some("s"), _) if frame.get("error").is_some() => {
                return socket.settle(&Ok(Json::Null), &|call| call.token == HELLO);
            }
            (_, Some("reply")) => {
                self.answers.set(true);
                frame.text("token").unwrap_or_default().to_owned()
            }
            (_, Some(HELLO)) => HELLO.to_owned(),
            // What is no frame may have been an answer, and nobody can say to whom.
            (None, None) => return self.lose(socket),
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
        socket.settle(&outcome, &|call| call.token == token);
    }

    fn on_init(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        self.opens.set(true);
        if socket.state.get() == State::Opening {
            socket.state.set(State::Ready);
        }
        socket.flush();
        self.watch(socket);
    }

    fn on_end(&self, socket: &Rc<Socket<P>>, code: u16, reason: &str) {
        self.forget(socket);
        if socket.state.get() == State::Opening {
            self.refused.set(self.refused.get().wrapping_add(1));
        }
        socket.state.set(State::Closed);
        socket.idle.set(None);
        socket.vigil.set(None);
        // A protocol error with words is Webstrates refusing an access token.
        socket.end(if code == 1002 && !reason.is_empty() {
            Error::new(Code::BadCredentials, reason)
        } else {
            Error::offline()
        });
    }

    /// Goes on with `then` after a while, unless the socket's vigil ends or another takes its place; it is told how many
    /// frames had come by now.
    fn wait(self: &Rc<Self>, socket: &Rc<Socket<P>>, milliseconds: f64, then: Then<P>) {
        let heard = socket.heard.get();
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(socket));
        let go_on = move || then(&multiplexer, &this, heard);
        let timer = self.platform.after(milliseconds, Box::new(go_on));
        socket.vigil.set(Some(timer));
    }

    /// Looks after a while whether anything has come, as long as anybody waits.
    fn watch(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        socket.asked.set(false);
        if socket.outstanding.borrow().is_empty() {
            return socket.vigil.set(None);
        }
        let patience = if self.answers.get() {
            SILENCE
        } else {
            SILENCE / 2.0
        };
        self.wait(socket, patience, |multiplexer, socket, heard| {
            if socket.heard.get() != heard {
                return multiplexer.watch(socket);
            }
            multiplexer.wait(socket, SILENCE, |multiplexer, socket, heard| {
                if socket.heard.get() == heard {
                    multiplexer.lose(socket);
                } else {
                    multiplexer.watch(socket);
                }
            });
            socket.asked.set(true);
            socket.silent.set(true);
            if let Some(line) = socket.line.get() {
                line.send(PING);
                socket.shakes.set(socket.shakes.get().wrapping_add(1));
                line.send(SHAKE);
            }
        });
    }

    /// A server of before invites answers no call, ever. The next socket asks anew: servers are updated.
    fn doubt(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        if !self.answers.get() {
            socket.doubted.set(true);
            socket.end(no_invites());
        }
        self.watch(socket);
    }

    /// Gives up a line from which nothing comes. Calls that may be made again are made on another; of the others the
    /// answer may still come.
    fn lose(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        self.forget(socket);
        if socket.state.get() == State::Opening {
            self.refused.set(self.refused.get().wrapping_add(1));
        }
        socket.retired.set(true);
        socket.vigil.set(None);
        socket.settle(&Err(Error::offline()), &|call| {
            call.frame.is_some() || call.progress.repeats()
        });
        if socket.outstanding.borrow().is_empty() {
            socket.close();
        }
    }

    fn enter(
        self: &Rc<Self>,
        socket: &Rc<Socket<P>>,
        token: String,
        frame: String,
        progress: &Rc<Progress>,
    ) -> Ticket<P> {
        let reply = Later::default();
        socket.idle.set(None);
        let first = socket.outstanding.borrow().is_empty();
        socket.outstanding.borrow_mut().push(Outstanding {
            token,
            frame: Some(Zeroizing::new(frame)),
            sent_after: 0,
            progress: Rc::clone(progress),
            reply: reply.clone(),
        });
        let ticket = Ticket {
            multiplexer: Rc::clone(self),
            socket: Rc::clone(socket),
            reply,
        };
        if first && socket.state.get() == State::Ready {
            self.watch(socket);
        }
        socket.flush();
        ticket
    }

    /// Lets go of the socket: its identity may be another's by now. It closes after its last call.
    pub(super) fn retire(&self) {
        if let Some(socket) = self.current.take() {
            socket.retire();
        }
    }

    /// Closes the socket at once.
    pub(super) fn close(&self) {
        if let Some(socket) = self.current.take() {
            socket.close();
        }
    }

    pub(super) fn forget(&self, socket: &Rc<Socket<P>>) {
        let mut current = self.current.borrow_mut();
        if current
            .as_ref()
            .is_some_and(|current| Rc::ptr_eq(current, socket))
        {
            *current = None;
        }
    }

    /// Nothing is outstanding any more: the socket waits a while for more.
    pub(super) fn rest(self: &Rc<Self>, socket: &Rc<Socket<P>>) {
        match socket.state.get() {
            State::Closed => return,
            _ if socket.retired.get() => return socket.close(),
            // Whoever opened it gave up; the next may still have it, for as long as it may take to open.
            State::Opening => {}
            State::Ready => socket.vigil.set(None),
        }
        let (multiplexer, this) = (Rc::clone(self), Rc::clone(socket));
        let close = move || {
            multiplexer.forget(&this);
            this.close();
        };
        let timer = self.platform.after(IDLE, Box::new(close));
        socket.idle.set(Some(timer));
    }
}

fn no_invites() -> Error {
    Error::new(Code::NotInvitesServer, NO_INVITES)
}

/// What follows a wait.
type Then<P> = fn(&Rc<Multiplexer<P>>, &Rc<Socket<P>>, u32);
