//! One connection to a server: from a caller's arguments to an answer.
//!
//! Plain Rust over a [`Platform`]; `invites` hands it to JavaScript.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::call;
use crate::dialect::{self, Context, Remote};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Flights, Later, Reply, Task, until};
use crate::link;
use crate::operation::{Method, Operation, Policy};
use crate::options::{self, DialectName};
use crate::transport::Platform;
use crate::transport::multiplexer::Multiplexer;

/// A connection; everything it opens is opened at the first call.
pub struct Connection<P: Platform> {
    platform: Rc<P>,
    options: Result<Json, Error>,
    remote: RefCell<Option<Rc<Remote>>>,
    socket: Rc<Multiplexer<P>>,
    flights: Flights,
    /// What stops each call under way.
    running: RefCell<Vec<Later>>,
}

impl<P: Platform> Connection<P> {
    /// A connection with these options. Wrong ones make every call fail, not this.
    pub fn new(platform: Rc<P>, options: Result<Json, Error>) -> Connection<P> {
        Connection {
            socket: Multiplexer::new(Rc::clone(&platform)),
            platform,
            options: options.and_then(|options| options::check(options, options::CONNECT)),
            remote: RefCell::default(),
            flights: Flights::default(),
            running: RefCell::default(),
        }
    }

    /// Makes a call. It settles by its answer, its deadline, its signal or [`close`](Connection::close), which counts
    /// from now on, before the first poll.
    pub fn call(
        self: Rc<Self>,
        method: Method,
        arguments: Vec<Json>,
        waited: f64,
        held: P::Held,
    ) -> Task<'static, Reply> {
        let stop = Later::default();
        self.running.borrow_mut().push(stop.clone());
        Box::pin(async move {
            let result = self.run(method, arguments, waited, &held, &stop).await;
            let mut running = self.running.borrow_mut();
            running.retain(|running| !running.is(&stop));
            result
        })
    }

    /// Drops the socket and settles every call under way.
    pub fn close(&self) {
        for stop in self.running.take() {
            stop.set(Err(call::closed()));
        }
        self.socket.close();
    }

    async fn run(
        &self,
        method: Method,
        arguments: Vec<Json>,
        waited: f64,
        held: &P::Held,
        stop: &Later,
    ) -> Reply {
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let mut operation = Operation::parse(method, arguments, options.number("timeout"))?;
        // It was made before the core was there.
        operation.timeout = (operation.timeout - waited.max(0.0)).max(1.0);
        let _watch = self.platform.watch(held, stop);
        if method == Method::Watch {
            return self.watch(&operation, stop).await;
        }
        let mut gained = None;
        if method == Method::AcceptInvite {
            operation.method = Method::Preview;
            let preview = self.bounded(&operation, stop).await?;
            if !self.may_accept(operation.policy, &preview, held).await? {
                return Ok(Json::Null);
            }
            operation.method = Method::Accept;
            gained = preview.text("gained").map(str::to_owned);
        }
        let mut result = self.bounded(&operation, stop).await?;
        if method == Method::Accept {
            // The five give what Webstrates' own give.
            result = result.take("permissions").unwrap_or(Json::Null);
        } else if let (Some(gained), None) = (gained, result.get("gained")) {
            result.set("already", gained.is_empty().into());
            result.set("gained", gained.into());
        }
        Ok(result)
    }

    /// Asks the policy. A person may think as long as they like: the deadline is for the server.
    async fn may_accept(
        &self,
        policy: Policy,
        preview: &Json,
        held: &P::Held,
    ) -> Result<bool, Error> {
        // A page's own policy sees every preview: it shows the invite before the sign-in, too, and when nothing is gained.
        let shows = policy == Policy::Function;
        let remote = self.remote.borrow().clone();
        let webstrates = remote.is_some_and(|remote| remote.dialect == DialectName::Webstrates);
        // Webstrates shows no invite to who is not signed in, but does not always say who is.
        if !shows && !webstrates && preview.get("account").is_some_and(Json::is_null) {
            return Err(Error::new(
                Code::NotSignedIn,
                "Sign in to accept this invite.",
            ));
        }
        let gained = preview.text("gained").unwrap_or_default();
        let asks = match policy {
            Policy::Off => return Ok(false),
            Policy::SignedIn => gained.contains('a'),
            Policy::Default if webstrates => gained.contains('a'),
            _ => shows || !gained.is_empty(),
        };
        if asks {
            self.platform.ask(held, preview).await
        } else {
            Ok(true)
        }
    }

    /// Where the server sends events: their address. Else looks out for invites that are used, without a deadline.
    async fn watch(&self, operation: &Operation, stop: &Later) -> Reply {
        let mut remote = self.remote(false).await?;
        if remote.dialect == DialectName::Http {
            remote = self.remote(true).await?;
            return match &remote.resource {
                Some(resource) if remote.has("events") => {
                    let parts = [&remote.server, &remote.api, "/resources/", resource];
                    let url = [&parts.concat(), "/events"].concat();
                    let mut headers = Json::object().with("accept", "text/event-stream");
                    if let Some(token) = self.platform.token().await? {
                        headers.set("authorization", ["Bearer ", &token].concat().into());
                    }
                    Ok(Json::object()
                        .with("url", url)
                        .with("headers", headers)
                        .with("credentials", self.platform.credentials()))
                }
                _ => Ok(Json::Null),
            };
        }
        let sent = Rc::default();
        until(stop, Box::pin(self.attempt(operation, &sent))).await
    }

    /// Runs until it is done, or until its deadline, its signal or `close` ends it.
    fn bounded<'a>(&'a self, operation: &'a Operation, stop: &'a Later) -> Task<'a, Reply> {
        Box::pin(async move {
            let sent = Rc::new(Cell::new(false));
            let end = {
                let (stop, sent, repeats) = (stop.clone(), Rc::clone(&sent), operation.repeats());
                move || {
                    stop.set(Err(if sent.get() && !repeats {
                        call::unknown_outcome()
                    } else {
                        call::timeout()
                    }));
                }
            };
            let _timer = self.platform.after(operation.timeout, Box::new(end));
            let deadline = self.platform.now() + operation.timeout;
            let attempt = || -> Task<'_, Reply> { Box::pin(self.attempt(operation, &sent)) };
            let work = call::until_done(&*self.platform, operation, deadline, &sent, attempt);
            until(stop, Box::pin(work)).await
        })
    }

    async fn attempt(&self, operation: &Operation, sent: &Rc<Cell<bool>>) -> Reply {
        let method = operation.method;
        let remote = self.remote(operation.needs_features()).await?;
        match method {
            Method::Link => return link::of(&remote, operation),
            Method::Supports => return Ok(remote.has(&operation.text).into()),
            Method::Park | Method::Unpark | Method::Parked if !self.keeps(&remote) => {
                return Ok(match method {
                    Method::Parked => Json::List(Vec::new()),
                    _ => Json::Null,
                });
            }
            _ => {}
        }
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let context = Context {
            platform: &*self.platform,
            remote: &remote,
            auth: options.get("auth").unwrap_or(&Json::Null),
            socket: &self.socket,
            operation,
            sent,
        };
        if method != Method::Accept {
            let result = context.perform().await?;
            match method {
                Method::Create => self.platform.emit("invitecreated", &announcement(&result)),
                Method::Remove => {
                    let id = operation.id.as_deref().map(Json::from);
                    let home = operation.home.as_deref().map(Json::from);
                    let mut detail = Json::object();
                    for (name, value) in [("id", id), ("resource", home)] {
                        if let Some(value) = value {
                            detail.set(name, value);
                        }
                    }
                    self.platform.emit("inviteremoved", &detail);
                }
                _ => {}
            }
            return Ok(result);
        }
        let place = operation.resource.as_ref().or(operation.home.as_ref());
        let work = async {
            // There two invites of one document must not be accepted at once either.
            let of_document = remote.dialect == DialectName::Webstrates;
            // Of one person, that is: only a token makes another of a connection of the same page.
            let token = context
                .auth
                .text("bearer")
                .or(context.auth.text("accessToken"));
            let document = [
                &remote.server,
                "/",
                context.resource().unwrap_or_default(),
                "/",
                token.unwrap_or_default(),
            ]
            .concat();
            let name = if of_document {
                &document
            } else {
                operation.key_text()
            };
            let _alone = self.platform.lock(name).await;
            let work = context.perform();
            let outcome = if of_document {
                self.flights
                    .alone((None, Some(document.clone())), work)
                    .await?
            } else {
                work.await?
            };
            self.platform.emit("inviteaccepted", &outcome);
            Ok(outcome)
        };
        let name = (operation.key.clone(), place.cloned());
        self.flights.once(name, Box::pin(work)).await
    }

    /// The server: what the options say, else what the page says; asked what it speaks where neither knows, or where
    /// its features matter.
    async fn remote(&self, with_features: bool) -> Result<Rc<Remote>, Error> {
        let known = self.remote.borrow().clone();
        let mut remote = match known {
            Some(remote) if !with_features || remote.features.is_some() => return Ok(remote),
            Some(remote) => Remote::clone(&remote),
            None => {
                let (remote, says_dialect) = self.named()?;
                if says_dialect && !with_features {
                    return Ok(self.found(remote));
                }
                remote
            }
        };
        if remote.dialect == DialectName::Webstrates {
            remote.features = Some(Json::List(vec!["preview".into(), "members".into()]));
            return Ok(self.found(remote));
        }
        let work = async {
            dialect::discover(&*self.platform, &mut remote).await?;
            self.found(remote);
            Ok(Json::Null)
        };
        self.flights.once((None, None), Box::pin(work)).await?;
        let found = self.remote.borrow().clone();
        found.ok_or_else(Error::bad_response)
    }

    /// Whether this page's own server keeps invites for after a sign-in: a key goes to no other.
    fn keeps(&self, remote: &Remote) -> bool {
        let place = self.platform.place();
        let own = place.is_some_and(|place| place.origin == remote.server);
        own && remote.has("pending")
    }

    fn found(&self, remote: Remote) -> Rc<Remote> {
        let remote = Rc::new(remote);
        *self.remote.borrow_mut() = Some(Rc::clone(&remote));
        remote
    }

    /// What the options and the page say, and whether they say how the server speaks.
    fn named(&self) -> Result<(Remote, bool), Error> {
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let mut resource = None;
        let mut dialect = None;
        let server = match options.text("server") {
            Some(server) => server.to_owned(),
            None => {
                let Some(place) = self.platform.place() else {
                    return Err(Error::misused("server", NO_SERVER));
                };
                resource = place.resource;
                dialect = place.dialect;
                options::server_address(&place.server)?
            }
        };
        match options.text("dialect") {
            Some("http") => dialect = Some(DialectName::Http),
            Some(_) => dialect = Some(DialectName::Webstrates),
            None => {}
        }
        let remote = Remote {
            dialect: dialect.unwrap_or(DialectName::Http),
            server,
            resource: options.text("resource").map(str::to_owned).or(resource),
            api: "/api/v1".to_owned(),
            features: None,
        };
        Ok((remote, dialect.is_some()))
    }
}

const NO_SERVER: &str = "There is no page here to take the server from: call configure({ server: 'https://…' }) or connect({ server }).";

/// What the page is told of a new invite: never the key.
fn announcement(invite: &Json) -> Json {
    let mut detail = Json::object();
    for (name, value) in invite.members() {
        match name.as_str() {
            "webstrateId" => detail.set("resource", value.clone()),
            "id" | "resource" | "permissions" | "expiresAt" => detail.set(name, value.clone()),
            _ => {}
        }
    }
    detail
}
