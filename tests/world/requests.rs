//! Requests over HTTP, and what becomes of them on the way.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use serde_json::Value;

use crate::network::Weather;
use crate::promise::Promise;
use crate::world::{At, Dialect, World};
use crate::{lies, server_http};

#[derive(Clone, Debug)]
pub struct HttpRequest {
    pub method: &'static str,
    /// Without the server.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

impl HttpRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|header| header.0 == name);
        found.map(|header| header.1.as_str())
    }
}

#[derive(Clone, Debug)]
pub struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub text: String,
}

/// A request under way; its end is awaited until this is dropped.
pub struct Fetching {
    answer: Promise<Result<HttpResponse, ()>>,
    in_flight: Rc<Cell<usize>>,
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.in_flight.set(self.in_flight.get() - 1);
    }
}

impl Future for Fetching {
    type Output = Result<HttpResponse, ()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(context)
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    Refused,
    LostOnTheWay,
    AnswerLost,
    SwallowedOnTheWay,
    AnswerSwallowed,
    GatewayBefore,
    GatewayAfter,
    Busy,
}

/// The key that is to be accepted, and for what.
fn accept_of(request: &HttpRequest) -> Option<(String, String)> {
    if let Some((path, rest)) = request.path.split_once("?acceptInvite=") {
        let key = rest.split('&').next().unwrap_or_default();
        return Some((key.to_owned(), path.trim_matches('/').to_owned()));
    }
    let body = request.body.as_deref()?;
    let body: Value = serde_json::from_str(body).ok()?;
    request.path.ends_with("/invites/accept").then(|| {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (text("key"), text("resource"))
    })
}

impl World {
    fn fate(&self) -> Fate {
        match self.network.weather() {
            Weather::Calm
            | Weather::Slow
            | Weather::Mute
            | Weather::Doubling
            | Weather::Lying
            | Weather::Circling
            | Weather::Laden => Fate::Answered,
            Weather::Refusing => Fate::Refused,
            Weather::Silent if self.percent(30) => Fate::AnswerSwallowed,
            Weather::Silent | Weather::HalfOpen => Fate::SwallowedOnTheWay,
            Weather::Lossy => self.pick(&[
                Fate::Answered,
                Fate::Answered,
                Fate::LostOnTheWay,
                Fate::AnswerLost,
                Fate::AnswerLost,
                Fate::SwallowedOnTheWay,
                Fate::AnswerSwallowed,
            ]),
            Weather::Gateway => {
                self.pick(&[Fate::Answered, Fate::GatewayBefore, Fate::GatewayAfter])
            }
            Weather::Busy => self.pick(&[Fate::Answered, Fate::Busy, Fate::Busy]),
        }
    }

    pub fn fetch(self: &Rc<World>, run: usize, request: HttpRequest) -> Fetching {
        let answer = Promise::new();
        let in_flight = Rc::clone(&self.network.in_flight);
        in_flight.set(in_flight.get() + 1);
        self.asked(&request);
        let mut fate = self.fate();
        // Webstrates has no words for other sites' pages: the browser keeps the answer.
        let is_known = request.path.starts_with("/.well-known");
        if self.place == At::Elsewhere && self.dialect == Dialect::Webstrates && !is_known {
            fate = Fate::AnswerLost;
        }
        let (mut there, back) = (self.latency(), self.latency());
        if !is_known {
            there += self.toll();
        }
        let accept = accept_of(&request)
            .map(|(key, place)| self.accept_leaves(run, key, place, fate == Fate::Answered));
        self.trace(|| {
            format!(
                "→ {} {} {}",
                request.method,
                request.path,
                request.body.as_deref().unwrap_or_default()
            )
        });
        let (world, promise) = (Rc::clone(self), answer.clone());
        let who = self.page.who.get();
        match fate {
            Fate::SwallowedOnTheWay => self.trace(|| "  … swallowed on the way".to_owned()),
            Fate::Refused | Fate::LostOnTheWay => self.executor.after(there, move || {
                world.trace(|| "← lost on the way: offline".to_owned());
                promise.resolve(Err(()));
            }),
            Fate::GatewayBefore => self.executor.after(there + back, move || {
                let response = lies::gateway(&world);
                world.trace(|| format!("← a proxy says {}, nothing was done", response.status));
                promise.resolve(Ok(response));
            }),
            Fate::Busy => self.executor.after(there + back, move || {
                let response = lies::busy(&world);
                world.trace(|| format!("← {}", response.status));
                world.ledger.refused_by_all("rate_limited");
                promise.resolve(Ok(response));
            }),
            _ => self.executor.after(there, move || {
                let (question, mut response) = server_http::answer(&world, &request, who);
                match fate {
                    Fate::AnswerLost | Fate::AnswerSwallowed => {
                        world.trace(|| {
                            format!("  … done ({}), the answer is lost", response.status)
                        });
                        if fate == Fate::AnswerLost {
                            world.executor.after(back, move || promise.resolve(Err(())));
                        }
                    }
                    Fate::GatewayAfter => {
                        let response = lies::gateway(&world);
                        world.trace(|| format!("← done, but a proxy says {}", response.status));
                        world
                            .executor
                            .after(back, move || promise.resolve(Ok(response)));
                    }
                    _ => {
                        if world.network.weather() == Weather::Lying {
                            lies::distort(&world, &mut response);
                        }
                        world.trace(|| format!("← {} {}", response.status, response.text));
                        world.ledger.heard(&world, question, &response);
                        world.executor.after(back, move || {
                            if let Some(accept) = accept {
                                accept.end();
                            }
                            promise.resolve(Ok(response));
                        });
                    }
                }
            }),
        }
        Fetching { answer, in_flight }
    }
}
