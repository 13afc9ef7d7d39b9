//! WebSockets, both ends of them, and what becomes of their frames on the way.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::executor::{MS, SECOND, Time};
use crate::network::Weather;
use crate::server_webstrates;
use crate::town::Person;
use crate::world::World;

/// What comes in over a socket.
#[derive(Clone, Debug)]
pub enum SocketEvent {
    Text(String),
    Closed(u16, &'static str),
}

type Heard = Rc<dyn Fn(SocketEvent)>;

/// A WebSocket, both ends of it.
pub struct Socket {
    pub number: usize,
    pub run: usize,
    pub opened: Time,
    /// Whose it is, for as long as it lives.
    pub who: Option<Person>,
    pub token: Option<String>,
    pub heard: RefCell<Option<Heard>>,
    /// Nothing goes through any more, and nobody is told.
    pub dead: Cell<bool>,
    /// An answer went to nobody: who waits for it does so for as long as the line lives.
    pub misled: Cell<bool>,
    /// The client has said good-bye.
    closing: Cell<bool>,
    /// Frames do not overtake each other.
    last_up: Cell<Time>,
    last_down: Cell<Time>,
}

impl World {
    pub fn connect(self: &Rc<World>, run: usize, address: &str, heard: Heard) -> Rc<Socket> {
        let (_, query) = address.split_once('?').unwrap_or((address, ""));
        let token = query.strip_prefix("token=").map(str::to_owned);
        let number = self.network.opened.get();
        self.network.opened.set(number + 1);
        let socket = Rc::new(Socket {
            number,
            run,
            opened: self.executor.now(),
            who: match &token {
                Some(token) => World::person_of(token),
                None => self.page.who.get(),
            },
            token,
            heard: RefCell::new(Some(heard)),
            dead: Cell::new(false),
            misled: Cell::new(false),
            closing: Cell::new(false),
            last_up: Cell::new(0),
            last_down: Cell::new(0),
        });
        self.network.sockets.borrow_mut().push(Rc::clone(&socket));
        let weather = self.network.weather();
        self.trace(|| format!("socket {number} opens ({weather:?})"));
        match weather {
            Weather::Refusing => self.closed(&socket, self.latency(), 1006, ""),
            // A browser gives up in the end.
            Weather::Silent | Weather::HalfOpen => {
                socket.dead.set(true);
                self.closed(&socket, 120 * SECOND, 1006, "");
            }
            Weather::Lossy if self.percent(40) => self.closed(&socket, self.latency(), 1006, ""),
            Weather::Gateway if self.percent(60) => self.closed(&socket, self.latency(), 1006, ""),
            Weather::Mute => {}
            _ => {
                let (world, opened) = (Rc::clone(self), Rc::clone(&socket));
                let delay = self.latency();
                self.executor.after(delay, move || {
                    server_webstrates::opened(&world, &opened);
                });
            }
        }
        socket
    }

    /// A frame of the client's.
    pub fn send_up(self: &Rc<World>, socket: &Rc<Socket>, text: &str) {
        self.trace(|| format!("socket {} → {text}", socket.number));
        self.sent_frame(text);
        self.accept_leaves_on(socket, text);
        if socket.dead.get() || socket.closing.get() || socket.heard.borrow().is_none() {
            return;
        }
        if self.network.weather() == Weather::Lossy && self.percent(25) {
            // It breaks: before the frame is there, or after.
            if self.percent(50) {
                let done = self.percent(50);
                self.trace(|| format!("  … socket {} breaks, done: {done}", socket.number));
                if done {
                    server_webstrates::frame(self, socket, text);
                }
                return self.closed(socket, self.latency(), 1006, "");
            }
            self.trace(|| format!("  … socket {} dies", socket.number));
            socket.dead.set(true);
            if self.percent(50) {
                server_webstrates::frame(self, socket, text);
            }
            return;
        }
        let now = self.executor.now();
        let at = (now + self.latency()).max(socket.last_up.get());
        socket.last_up.set(at);
        let (world, to, text) = (Rc::clone(self), Rc::clone(socket), text.to_owned());
        self.executor.after(at - now, move || {
            if !to.dead.get() {
                server_webstrates::frame(&world, &to, &text);
            }
        });
    }

    /// A frame of the server's.
    pub fn send_down(self: &Rc<World>, socket: &Rc<Socket>, text: String) {
        // Answers to calls do; a handshake is shaken once, and what a server of before invites is known by.
        let is_shake = text.starts_with(r#"{"a":"hs""#);
        let doubled = self.network.weather() == Weather::Doubling && self.percent(50) && !is_shake;
        self.send_once(socket, self.latency(), text.clone());
        if doubled {
            self.send_once(socket, self.latency() * 3, text);
        }
    }

    fn send_once(self: &Rc<World>, socket: &Rc<Socket>, delay: Time, text: String) {
        let now = self.executor.now();
        let at = (now + delay).max(socket.last_down.get());
        socket.last_down.set(at);
        let (world, to) = (Rc::clone(self), Rc::clone(socket));
        self.executor.after(at - now, move || {
            if to.dead.get() || to.closing.get() {
                return;
            }
            let heard = to.heard.borrow().clone();
            if let Some(heard) = heard {
                world.accept_is_answered_on(&to, &text);
                world.trace(|| format!("socket {} ← {text}", to.number));
                heard(SocketEvent::Text(text));
            }
        });
    }

    /// Ends a socket after a while; the client is told then, whatever the weather.
    pub fn closed(
        self: &Rc<World>,
        socket: &Rc<Socket>,
        delay: Time,
        code: u16,
        reason: &'static str,
    ) {
        let (world, to) = (Rc::clone(self), Rc::clone(socket));
        self.executor.after(delay, move || {
            let Some(heard) = to.heard.take() else {
                return;
            };
            let same = |other: &Rc<Socket>| Rc::ptr_eq(other, &to);
            world
                .network
                .sockets
                .borrow_mut()
                .retain(|other| !same(other));
            world.trace(|| format!("socket {} closed {code}", to.number));
            heard(SocketEvent::Closed(code, reason));
        });
    }

    /// The client closes. Who does not answer is not waited for long.
    pub fn close_up(self: &Rc<World>, socket: &Rc<Socket>) {
        if socket.closing.replace(true) {
            return;
        }
        self.trace(|| format!("socket {} is closed by the client", socket.number));
        if socket.dead.get() {
            self.closed(socket, self.between(2_000, 10_000) * MS, 1006, "");
        } else {
            self.closed(socket, self.latency().min(SECOND), 1000, "");
        }
    }
}
