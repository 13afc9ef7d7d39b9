//! What a dialect needs from the world: messages out and in, time, chance and the page around it.
//!
//! In a browser or Node it is `page::Browser`; tests bring their own.

use core::cell::Cell;
use core::future::pending;

use crate::dialect::DialectName;
use crate::error::Error;
use crate::json::Json;
use crate::later::{Later, Reply, Task, until};

#[cfg(target_arch = "wasm32")]
pub(crate) mod fetch;
#[cfg(target_arch = "wasm32")]
pub(crate) mod socket;

/// A request to be sent.
pub struct Request {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent along.
    pub body: Option<String>,
    /// The token that goes along as `Authorization`.
    pub token: Option<String>,
    /// Whether an answer that the browser has kept, for as long as the server lets it, will do.
    pub may_be_kept: bool,
}

impl Request {
    /// Asks for what stands at an address.
    pub fn get(url: String) -> Request {
        Request {
            method: "GET",
            url,
            headers: Vec::new(),
            body: None,
            token: None,
            may_be_kept: false,
        }
    }
}

/// An answer to a [`Request`].
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
}

impl Response {
    /// The header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.0 == name)?;
        Some(&header.1)
    }
}

/// What comes in over a [`Line`].
pub enum Event {
    /// A frame.
    Text(String),
    /// The end; nothing follows.
    Closed {
        /// The close code, 1006 where the connection just broke.
        code: u16,
        /// The server's words, where it said any.
        reason: String,
    },
}

/// A WebSocket that is open or about to be.
pub trait Line: 'static {
    /// Hands a frame over; nothing may have come of it.
    fn send(&self, text: &str);
    /// Closes; [`Event::Closed`] follows.
    fn close(&self);
}

/// Where a page's own server is.
pub struct Place {
    /// The origin of the page itself.
    pub origin: String,
    /// Its server's address.
    pub server: String,
    /// What the page is about, where the page says so.
    pub resource: Option<String>,
    /// How the server speaks, where the page says so.
    pub dialect: Option<DialectName>,
}

/// The world around the SDK.
pub trait Platform: 'static {
    /// Its WebSocket.
    type Line: Line;
    /// What a call brought along that JSON cannot hold: its signal, its policy.
    type Held: 'static;
    /// A timer, a listener, a lock: it ends when it is dropped.
    type Guard: 'static;

    /// Sends a request. Fails with `offline` where no answer came. `left` tells whether it may have arrived.
    fn fetch<'a>(
        &'a self,
        request: Request,
        left: &'a Cell<bool>,
    ) -> Task<'a, Result<Response, Error>>;
    /// Begins to open a WebSocket. Its events come in later turns, never from within this.
    fn open(&self, url: &str, on_event: Box<dyn Fn(Event)>) -> Result<Self::Line, Error>;
    /// The bearer or access token, where the caller gave one.
    fn token(&self) -> Task<'_, Result<Option<String>, Error>>;
    /// Whether cookies go along, in the words of `fetch`.
    fn credentials(&self) -> &'static str;
    /// Calls back after so many milliseconds.
    fn after(&self, milliseconds: f64, then: Box<dyn FnOnce()>) -> Self::Guard;
    /// Milliseconds since 1970 by a clock that nobody sets while the page is open: for deadlines, and for what pages
    /// remember together.
    fn monotonic(&self) -> f64;
    /// Milliseconds since 1970, by a clock that may be set at any time: for dates.
    fn now(&self) -> f64;
    /// Milliseconds since 1970 of a date in any usual form; NaN where it is none.
    fn date(&self, text: &str) -> f64;
    /// A number from 0 to 1.
    fn chance(&self) -> f64;
    /// Tells `stop` once the caller's signal ends the call.
    fn watch(&self, held: &Self::Held, stop: &Later) -> Option<Self::Guard>;
    /// Asks the caller's policy, or the person, whether to accept. Only `true` is a yes.
    fn ask<'a>(&'a self, held: &'a Self::Held, preview: &Json) -> Task<'a, Result<bool, Error>>;
    /// Waits until no other tab has what this names, where tabs can tell each other.
    fn lock(&self, name: &str) -> Task<'static, Option<Self::Guard>>;
    /// What connections remember together, across pages where that can be. Writes it where there is something to write.
    fn memory(&self, write: Option<&str>) -> Option<String>;
    /// The page's own server.
    fn place(&self) -> Option<Place>;
    /// Who is signed in, where the page itself knows.
    fn page_user(&self) -> Option<Json>;
    /// When the page last came into view, by [`monotonic`](Platform::monotonic); what was opened before may belong to
    /// somebody else.
    fn visible_since(&self) -> f64;
    /// Whether nobody sees the page now.
    fn hidden(&self) -> bool;
    /// Tells the page.
    fn emit(&self, event: &str, detail: &Json);
}

/// Waits so many milliseconds. There is nothing to reply.
pub(crate) fn sleep<P: Platform>(platform: &P, milliseconds: f64) -> Task<'static, Reply> {
    within(platform, milliseconds, Box::pin(pending()))
}

/// Does the work, or fails once so many milliseconds have passed.
pub(crate) fn within<'a, P: Platform>(
    platform: &P,
    milliseconds: f64,
    work: Task<'a, Reply>,
) -> Task<'a, Reply> {
    within_or(platform, milliseconds, Box::new(Error::timeout), work)
}

/// The same, with an end of one's own.
pub(crate) fn within_or<'a, P: Platform>(
    platform: &P,
    milliseconds: f64,
    end: Box<dyn FnOnce() -> Error>,
    work: Task<'a, Reply>,
) -> Task<'a, Reply> {
    let stop = Later::default();
    let stops = stop.clone();
    let timer = platform.after(milliseconds, Box::new(move || stops.set(Err(end()))));
    until(stop, Some(timer), work)
}

/// Writes a number in 36 digits, the last first.
pub(crate) fn push_base36(text: &mut String, mut number: u64) {
    while number > 0 {
        text.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
    }
}
