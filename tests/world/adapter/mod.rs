//! The SDK as this world sees it. Nothing else here knows its types.

mod arguments;

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use invite_keys::connection::Connection;
use invite_keys::error::{Code, Error};
use invite_keys::json::Json;
use invite_keys::later::{Later, Task};
use invite_keys::operation;
use invite_keys::transport::{Event, Line, Place, Platform, Request, Response};
use serde_json::{Value, json};

use arguments::{HELD, arguments, json_of, value_of};

use crate::claims::emitted;
use crate::executor::Time;
use crate::ledger::{Call, Outcome, Policy};
use crate::page::Signal;
use crate::requests::HttpRequest;
use crate::sabotage::Sabotage;
use crate::sockets::{Socket, SocketEvent};
use crate::town;
use crate::world::{At, Auth, World};

pub const SERVER: &str = "https://example.org";

/// A connection, as `connect` or `configure` makes one.
pub struct Run {
    pub number: usize,
    /// Milliseconds for each call that says nothing else.
    pub timeout: u64,
    connection: Rc<Connection<Browser>>,
    browser: Rc<Browser>,
}

impl Run {
    pub fn new(world: &Rc<World>, number: usize, auth: Auth, options: Value, timeout: u64) -> Run {
        let mut options = options;
        options["server"] = SERVER.into();
        match &auth {
            Auth::Cookies => {}
            Auth::Token(person) if world.percent(50) => {
                let token = format!("{}-1", person.name());
                options["auth"] =
                    json!({"accessToken": token, "username": person.name(), "provider": "test"});
            }
            Auth::Token(person) => {
                options["auth"] = json!({"bearer": format!("{}-1", person.name())});
            }
            Auth::Function(_) => options["auth"] = json!(HELD),
        }
        world
            .ledger
            .says_dialect
            .borrow_mut()
            .push(options["dialect"].is_string());
        let browser = Rc::new(Browser {
            run: number,
            world: Rc::clone(world),
            auth,
        });
        let connection = Connection::new(Rc::clone(&browser), Ok(json_of(&options)));
        Run {
            number,
            timeout,
            connection: Rc::new(connection),
            browser,
        }
    }

    pub fn call(
        &self,
        id: usize,
        call: &Call,
        signal: Signal,
    ) -> Pin<Box<dyn Future<Output = Outcome>>> {
        let (method, arguments, policy) = arguments(call);
        let held = CallHeld { id, signal, policy };
        let arguments = arguments.iter().map(json_of).collect();
        let waited = call.waited as f64;
        let reply = Rc::clone(&self.connection).call(
            operation::Call::read(method, arguments),
            waited,
            held,
        );
        Box::pin(async move {
            match reply.await {
                Ok(value) => Outcome::Answer(value_of(&value)),
                Err(error) => Outcome::Failed {
                    code: error.code_text().to_owned(),
                    is_known: error.code != Code::Newer,
                    message: error.message.clone(),
                },
            }
        })
    }

    pub fn close(&self) {
        self.connection.close();
    }

    /// What is left of it when nobody holds it any more: how many still hold the page.
    pub fn dropped(self) -> usize {
        let Run {
            connection,
            browser,
            ..
        } = self;
        drop(connection);
        Rc::strong_count(&browser) - 1
    }
}

/// What a call brings that JSON cannot hold.
pub struct CallHeld {
    id: usize,
    signal: Signal,
    policy: Policy,
}

/// The browser of one connection.
pub struct Browser {
    run: usize,
    world: Rc<World>,
    auth: Auth,
}

pub struct ClientLine {
    world: Rc<World>,
    socket: Rc<Socket>,
}

impl Line for ClientLine {
    fn send(&self, text: &str) {
        self.world.send_up(&self.socket, text);
    }

    fn close(&self) {
        self.world.close_up(&self.socket);
    }
}

fn microseconds(milliseconds: f64) -> Time {
    (milliseconds.max(0.0) * 1000.0).round() as Time
}

fn path_of(url: &str) -> String {
    let path = url.split_once("//").and_then(|rest| rest.1.split_once('/'));
    format!("/{}", path.unwrap_or_default().1)
}

fn aborted() -> Error {
    Error::new(Code::Aborted, "The call was aborted.")
}

impl Platform for Browser {
    type Line = ClientLine;
    type Held = CallHeld;
    type Guard = Box<dyn Any>;

    fn fetch<'a>(
        &'a self,
        request: Request,
        left: &'a Cell<bool>,
    ) -> Task<'a, Result<Response, Error>> {
        Box::pin(async move {
            let headers = request.headers.into_iter();
            let mut headers: Vec<_> = headers
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            if let Some(token) = request.token {
                headers.push(("authorization".to_owned(), format!("Bearer {token}")));
            }
            let request = HttpRequest {
                method: request.method,
                path: path_of(&request.url),
                headers,
                body: request.body,
            };
            left.set(true);
            let response = self.world.fetch(self.run, request).await;
            let response = response.map_err(|()| Error::offline())?;
            let headers = response.headers.into_iter();
            Ok(Response {
                status: response.status,
                headers: headers
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
                text: response.text,
            })
        })
    }

    fn open(&self, url: &str, on_event: Box<dyn Fn(Event)>) -> Result<ClientLine, Error> {
        let heard = move |event| match event {
            SocketEvent::Text(text) => on_event(Event::Text(text)),
            SocketEvent::Closed(code, reason) => on_event(Event::Closed {
                code,
                reason: reason.to_owned(),
            }),
        };
        Ok(ClientLine {
            world: Rc::clone(&self.world),
            socket: self.world.connect(self.run, &path_of(url), Rc::new(heard)),
        })
    }

    fn token(&self) -> Task<'_, Result<Option<String>, Error>> {
        Box::pin(async move {
            let token = match &self.auth {
                Auth::Cookies => return Ok(None),
                Auth::Token(person) => Ok(format!("{}-1", person.name())),
                Auth::Function(person) => self.world.token_of(*person).await,
            };
            let usable = |token: &String| token.bytes().all(|byte| byte.is_ascii_graphic());
            let error = || Error::new(Code::BadCredentials, "auth.bearer gave no token.");
            token.ok().filter(usable).map(Some).ok_or_else(error)
        })
    }

    fn after(&self, milliseconds: f64, then: Box<dyn FnOnce()>) -> Box<dyn Any> {
        let delay = microseconds(milliseconds);
        Box::new(self.world.executor.timer(delay, then))
    }

    fn monotonic(&self) -> f64 {
        self.world.executor.now() as f64 / 1000.0
    }

    fn now(&self) -> f64 {
        self.world.wall()
    }

    fn date(&self, text: &str) -> f64 {
        town::milliseconds_of(text)
    }

    fn chance(&self) -> f64 {
        self.world.unit()
    }

    fn watch(&self, held: &CallHeld, stop: &Later) -> Option<Box<dyn Any>> {
        let stop = stop.clone();
        if held.signal.is_aborted() {
            stop.set(Err(aborted()));
            return None;
        }
        let end = Box::new(move || stop.set(Err(aborted())));
        let listener = held.signal.listen(&self.world.page.listeners, end);
        if self.world.sabotage == Sabotage::Leak {
            std::mem::forget(listener);
            return None;
        }
        Some(Box::new(listener))
    }

    fn ask<'a>(&'a self, held: &'a CallHeld, _: &Json) -> Task<'a, Result<bool, Error>> {
        let answer = self.world.decide(held.id, held.policy);
        Box::pin(async move {
            let failed = |()| Error::new(Code::Aborted, "The policy failed.");
            answer.await.map_err(failed)
        })
    }

    fn lock(&self, name: &str) -> Task<'static, Option<Box<dyn Any>>> {
        let locking = self.world.lock(name);
        Box::pin(async move { Some(Box::new(locking.await) as Box<dyn Any>) })
    }

    fn memory(&self, write: Option<&str>) -> Option<String> {
        let mut memory = self.world.page.memory.borrow_mut();
        if let Some(text) = write {
            *memory = Some(text.to_owned());
        }
        memory.clone()
    }

    fn credentials(&self) -> &'static str {
        match self.auth {
            Auth::Cookies => "same-origin",
            _ => "omit",
        }
    }

    fn place(&self) -> Option<Place> {
        let origin = match self.world.place {
            At::Nowhere => return None,
            At::Home => SERVER,
            At::Elsewhere => "https://elsewhere.example",
        };
        Some(Place {
            origin: origin.to_owned(),
            server: origin.to_owned(),
            resource: None,
            dialect: None,
        })
    }

    fn page_user(&self) -> Option<Json> {
        None
    }

    fn visible_since(&self) -> f64 {
        self.world.page.seen_at.get() as f64 / 1000.0
    }

    fn hidden(&self) -> bool {
        self.world.page.hidden.get()
    }

    fn emit(&self, event: &str, detail: &Json) {
        emitted(&self.world, event, &value_of(detail));
    }
}
