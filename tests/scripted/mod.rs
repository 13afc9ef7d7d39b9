//! A world for the SDK's plain Rust: a server that follows a script, and a clock that jumps to the next timer.
#![allow(missing_docs, unreachable_pub, dead_code)]

pub mod http;
pub mod socket;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use invite_keys::connection::Connection;
use invite_keys::error::Error;
use invite_keys::json::Json;
use invite_keys::later::{Later, Reply, Task};
use invite_keys::operation::Call;
pub use invite_keys::operation::Method;
use invite_keys::transport::{Event, Line, Place, Platform, Request, Response};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// 2026-11-21T05:21:08.803Z
pub const START: f64 = 1_795_238_468_803.0;

/// What the script is asked.
pub trait Server: 'static {
    /// A socket begins to open.
    fn opened(&self, _peer: &Peer, _url: &str) {}
    /// A frame came.
    fn frame(&self, _peer: &Peer, _text: &str) {}
    /// The client closes; by default the socket is closed then.
    fn closing(&self, peer: &Peer) {
        peer.close(1000, "");
    }
    /// A request came; `None`: the connection breaks.
    fn request(&self, request: &Request) -> Option<Response> {
        panic!("nobody expects {} {}", request.method, request.url)
    }
}

/// The server's end of a socket.
#[derive(Clone)]
pub struct Peer(UnboundedSender<Event>);

impl Peer {
    /// Whether both are one end.
    pub fn is(&self, other: &Peer) -> bool {
        self.0.same_channel(&other.0)
    }

    pub fn send(&self, frame: &str) {
        let _ = self.0.send(Event::Text(frame.to_owned()));
    }

    pub fn init(&self) {
        self.send(r#"{"a":"init","protocol":1,"protocolMinor":2,"id":"0","type":"http://sharejs.org/types/JSONv0"}"#);
    }

    pub fn close(&self, code: u16, reason: &str) {
        let _ = self.0.send(Event::Closed {
            code,
            reason: reason.to_owned(),
        });
    }
}

pub struct World<S> {
    pub server: Rc<S>,
    pub events: RefCell<Vec<(String, Json)>>,
    pub visible: Cell<f64>,
    pub hidden: Cell<bool>,
    /// Nobody listens at the server's port, but for the question what it speaks.
    pub refuses: Cell<bool>,
    /// So many milliseconds pass before a request is answered.
    pub takes: Cell<u64>,
    /// So many milliseconds after the start another tab lets go of its locks.
    pub other_tab: Cell<u64>,
    /// What a policy or a person answers.
    pub answer: Cell<bool>,
    pub asked: Cell<u32>,
    /// So many milliseconds pass before that answer.
    pub thinks: Cell<u64>,
    pub token: Option<String>,
    pub memory: RefCell<Option<String>>,
    start: Instant,
}

impl<S: Server> World<S> {
    pub fn new(server: S) -> World<S> {
        World {
            server: Rc::new(server),
            events: RefCell::default(),
            visible: Cell::new(0.0),
            hidden: Cell::new(false),
            refuses: Cell::new(false),
            takes: Cell::new(0),
            other_tab: Cell::new(0),
            answer: Cell::new(true),
            asked: Cell::new(0),
            thinks: Cell::new(0),
            token: None,
            memory: RefCell::default(),
            start: Instant::now(),
        }
    }
}

pub struct ScriptedLine<S> {
    server: Rc<S>,
    peer: Peer,
}

impl<S: Server> Line for ScriptedLine<S> {
    fn send(&self, text: &str) {
        self.server.frame(&self.peer, text);
    }

    fn close(&self) {
        self.server.closing(&self.peer);
    }
}

struct Timer(tokio::task::JoinHandle<()>);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<S: Server> Platform for World<S> {
    type Line = ScriptedLine<S>;
    /// What stops the call, as a caller's signal would.
    type Held = Option<Later>;
    type Guard = Box<dyn Any>;

    fn fetch<'a>(
        &'a self,
        request: Request,
        left: &'a Cell<bool>,
    ) -> Task<'a, Result<Response, Error>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if self.refuses.get() && request.method == "POST" {
                return Err(Error::offline());
            }
            left.set(true);
            let takes = Duration::from_millis(self.takes.get());
            tokio::time::sleep(takes).await;
            self.server.request(&request).ok_or_else(Error::offline)
        })
    }

    fn open(&self, url: &str, on_event: Box<dyn Fn(Event)>) -> Result<ScriptedLine<S>, Error> {
        let (sender, mut receiver) = unbounded_channel();
        tokio::task::spawn_local(async move {
            while let Some(event) = receiver.recv().await {
                on_event(event);
            }
        });
        let peer = Peer(sender);
        self.server.opened(&peer, url);
        Ok(ScriptedLine {
            server: Rc::clone(&self.server),
            peer,
        })
    }

    fn token(&self) -> Task<'_, Result<Option<String>, Error>> {
        Box::pin(async { Ok(self.token.clone()) })
    }

    fn credentials(&self) -> &'static str {
        "same-origin"
    }

    fn after(&self, milliseconds: f64, then: Box<dyn FnOnce()>) -> Box<dyn Any> {
        Box::new(Timer(tokio::task::spawn_local(async move {
            tokio::time::sleep(Duration::from_secs_f64(milliseconds / 1000.0)).await;
            then();
        })))
    }

    fn monotonic(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1000.0
    }

    fn now(&self) -> f64 {
        START + self.start.elapsed().as_secs_f64() * 1000.0
    }

    fn date(&self, text: &str) -> f64 {
        milliseconds_of(text).unwrap_or(f64::NAN)
    }

    fn chance(&self) -> f64 {
        0.5
    }

    fn watch(&self, held: &Self::Held, stop: &Later) -> Option<Box<dyn Any>> {
        let (held, stop) = (held.clone()?, stop.clone());
        let task = tokio::task::spawn_local(async move { stop.set(held.wait().await) });
        Some(Box::new(Timer(task)))
    }

    fn ask<'a>(&'a self, _held: &'a Self::Held, _preview: &Json) -> Task<'a, Result<bool, Error>> {
        self.asked.set(self.asked.get() + 1);
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(self.thinks.get())).await;
            Ok(self.answer.get())
        })
    }

    fn memory(&self, write: Option<&str>) -> Option<String> {
        if let Some(text) = write {
            self.memory.replace(Some(text.to_owned()));
        }
        self.memory.borrow().clone()
    }

    fn lock(&self, _name: &str) -> Task<'static, Option<Box<dyn Any>>> {
        let free = self.start + Duration::from_millis(self.other_tab.get());
        Box::pin(async move {
            tokio::time::sleep_until(free).await;
            None
        })
    }

    fn place(&self) -> Option<Place> {
        None
    }

    fn page_user(&self) -> Option<Json> {
        None
    }

    fn visible_since(&self) -> f64 {
        self.visible.get()
    }

    fn hidden(&self) -> bool {
        self.hidden.get()
    }

    fn emit(&self, event: &str, detail: &Json) {
        self.events
            .borrow_mut()
            .push((event.to_owned(), detail.clone()));
    }
}

/// A response's headers.
pub fn headers(content_type: &str, retry_after: Option<&str>) -> Vec<(String, String)> {
    let given = [
        ("content-type", Some(content_type)),
        ("retry-after", retry_after),
    ];
    let given = given.into_iter();
    given
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect()
}

/// A connection to a server that follows a script.
pub struct Client<S: Server> {
    pub world: Rc<World<S>>,
    pub connection: Rc<Connection<World<S>>>,
}

impl<S: Server> Client<S> {
    pub fn new(world: World<S>, options: &str) -> Client<S> {
        let world = Rc::new(world);
        let options = invite_keys::json::parse(options).expect("options are JSON");
        let connection = Rc::new(Connection::new(Rc::clone(&world), Ok(options)));
        Client { world, connection }
    }

    pub fn call(&self, method: Method, arguments: Vec<Json>) -> Task<'static, Reply> {
        self.call_until(method, arguments, None)
    }

    pub fn call_until(
        &self,
        method: Method,
        arguments: Vec<Json>,
        signal: Option<Later>,
    ) -> Task<'static, Reply> {
        Rc::clone(&self.connection).call(Call::read(method, arguments), 0.0, signal)
    }
}

/// Runs a test with a clock that jumps to the next timer when nothing else is to do.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// ISO 8601 in UTC with milliseconds → milliseconds since 1970.
pub fn milliseconds_of(text: &str) -> Option<f64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    let seconds = days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    Some((seconds * 1000 + number(20, 23)?) as f64)
}

/// The inverse.
pub fn iso_date(milliseconds: f64) -> String {
    let milliseconds = milliseconds as i64;
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (
        of_year - (153 * shifted + 2) / 5 + 1,
        (shifted + 2) % 12 + 1,
    );
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{rest:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}
