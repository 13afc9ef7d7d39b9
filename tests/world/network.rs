//! What carries requests and frames, or does not.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::executor::{MS, Time};
use crate::sockets::Socket;
use crate::world::World;

/// How it is just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weather {
    Calm,
    /// Seconds each way.
    Slow,
    /// Some requests are lost, some answers are; some noisily, some in silence.
    Lossy,
    /// Nobody listens.
    Refusing,
    /// Everything is swallowed; sockets that are open now stay dead.
    Silent,
    /// Connections are taken, and nothing is ever said on them.
    HalfOpen,
    /// Sockets open, and `init` never comes.
    Mute,
    /// A proxy answers for the server.
    Gateway,
    /// Answers are not what the protocol allows.
    Lying,
    /// Answers come twice, and late.
    Doubling,
    /// Too many calls.
    Busy,
    /// A list's last page says that the first one comes next.
    Circling,
    /// The server has much to do: each answer takes seconds, and the line lives. Not one of [`WEATHERS`]: those are what
    /// old seeds draw from.
    Laden,
}

pub const WEATHERS: [Weather; 12] = [
    Weather::Calm,
    Weather::Slow,
    Weather::Lossy,
    Weather::Refusing,
    Weather::Silent,
    Weather::HalfOpen,
    Weather::Mute,
    Weather::Gateway,
    Weather::Lying,
    Weather::Doubling,
    Weather::Busy,
    Weather::Circling,
];

#[derive(Default)]
pub struct Network {
    weather: Cell<Option<Weather>>,
    /// When it became so.
    pub since: Cell<Time>,
    pub sockets: RefCell<Vec<Rc<Socket>>>,
    pub opened: Cell<usize>,
    pub in_flight: Rc<Cell<usize>>,
}

impl Network {
    pub fn weather(&self) -> Weather {
        self.weather.get().unwrap_or(Weather::Calm)
    }

    /// Requests that somebody waits for.
    pub fn in_flight(&self) -> usize {
        self.in_flight.get()
    }

    /// Sockets that the client has not seen closed.
    pub fn open_sockets(&self) -> usize {
        self.sockets.borrow().len()
    }

    pub fn set(&self, weather: Weather) {
        self.weather.set(Some(weather));
        if weather == Weather::Silent {
            self.kill();
        }
    }

    /// Every open socket dies without a word.
    pub fn kill(&self) {
        for socket in self.sockets.borrow().iter() {
            socket.dead.set(true);
        }
    }

    pub fn all_sockets(&self) -> Vec<Rc<Socket>> {
        self.sockets.borrow().clone()
    }

    pub fn clear(&self) {
        for socket in self.sockets.take() {
            socket.heard.take();
        }
    }
}

impl World {
    /// How long the server thinks about what it was asked.
    pub fn toll(&self) -> Time {
        match self.network.weather() {
            Weather::Laden => self.aside(|random| random.between(5_000, 8_900)) * MS,
            _ => 0,
        }
    }

    pub fn latency(&self) -> Time {
        match self.network.weather() {
            Weather::Slow => self.between(300, 7_000) * MS,
            Weather::Doubling => self.between(1, 1_500) * MS,
            _ => self.between(1, 40) * MS,
        }
    }
}
