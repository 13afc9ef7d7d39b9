//! One connection to a server: from a caller's arguments to an answer.
//!
//! Plain Rust over a [`Platform`]; `invites` hands it to JavaScript.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use invite_key::link::{self, LinkOptions, Placement};

use crate::call;
use crate::dialect::{self, Context, Remote};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Flights, Later, Reply, Task, until};
use crate::operation::{Method, Operation, Policy};
use crate::options::{self, CallOptions, ConnectOptions, DialectName, Target};
use crate::transport::Platform;
use crate::transport::multiplexer::Multiplexer;

/// A connection; everything it opens is opened at the first call.
pub struct Connection<P: Platform> {
    platform: Rc<P>,
    options: Result<ConnectOptions, Error>,
    remote: RefCell<Option<Rc<Remote>>>,
    socket: Rc<Multiplexer<P>>,
    flights: Flights,
    /// What stops each call under way.
    running: RefCell<Vec<Later<Error>>>,
}

/// A call under way: its arguments' common part, and what ends it early.
struct Call<'a, P: Platform> {
    options: CallOptions,
    held: &'a P::Held,
    stop: &'a Later<Error>,
}

impl<P: Platform> Connection<P> {
    /// A connection with these options. Wrong ones make every call fail, not this.
    pub fn new(platform: Rc<P>, options: &Json) -> Connection<P> {
        let options = match options {
            Json::Null => ConnectOptions::parse(&Json::object()),
            options => ConnectOptions::parse(options),
        };
        Connection {
            socket: Multiplexer::new(Rc::clone(&platform)),
            platform,
            options,
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
        held: P::Held,
    ) -> Task<'static, Reply> {
        let stop = Later::default();
        self.running.borrow_mut().push(stop.clone());
        Box::pin(async move {
            let result = self.run(method, arguments, &held, &stop).await;
            self.running
                .borrow_mut()
                .retain(|running| !running.is(&stop));
            result
        })
    }

    /// Drops the socket and settles every call under way.
    pub fn close(&self) {
        let closed = Error::new(
            Code::Closed,
            "The connection was closed while the call was under way.",
        );
        for stop in self.running.take() {
            stop.set(closed.clone());
        }
        self.socket.close();
    }

    async fn run(
        &self,
        method: Method,
        arguments: Vec<Json>,
        held: &P::Held,
        stop: &Later<Error>,
    ) -> Reply {
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let (operation, options) = Operation::parse(method, arguments, options.timeout)?;
        let _watch = self.platform.watch(held, stop);
        let call = Call {
            options,
            held,
            stop,
        };
        if let Operation::AcceptInvite { target, policy } = operation {
            return self.accept_invite(target, policy, &call).await;
        }
        let mut result = self.bounded(&operation, &call).await?;
        // The five give what Webstrates' own give.
        if method == Method::Accept {
            result = result.take("permissions").unwrap_or(Json::Null);
        }
        Ok(result)
    }

    /// Looks the invite up, asks where the policy says so, and takes it. A person may think as long as they like:
    /// the deadline is for the server.
    async fn accept_invite(&self, target: Target, policy: Policy, call: &Call<'_, P>) -> Reply {
        if policy == Policy::Off {
            return Ok(Json::Null);
        }
        let mut operation = Operation::Preview(target);
        let preview = self.bounded(&operation, call).await?;
        // A page's own policy sees every preview: it shows the invite before the sign-in, too, and when nothing is gained.
        let shows = policy == Policy::Function;
        if !shows
            && preview
                .get("account")
                .is_none_or(|account| *account == Json::Null)
        {
            return Err(Error::new(
                Code::NotSignedIn,
                "Sign in to accept this invite.",
            ));
        }
        let gained = preview.text("gained").unwrap_or_default();
        let webstrates = self
            .remote
            .borrow()
            .as_ref()
            .is_some_and(|remote| remote.dialect == DialectName::Webstrates);
        let quiet = policy == Policy::SignedIn || policy == Policy::Default && webstrates;
        let asks = shows
            || if quiet {
                gained.contains('a')
            } else {
                !gained.is_empty()
            };
        if asks && !self.platform.ask(call.held, &preview).await? {
            return Ok(Json::Null);
        }
        if let Operation::Preview(target) = operation {
            operation = Operation::Accept(target);
        }
        let mut outcome = self.bounded(&operation, call).await?;
        if outcome.get("gained").is_none() {
            outcome = outcome
                .with("gained", gained)
                .with("already", gained.is_empty());
        }
        Ok(outcome)
    }

    /// Runs until it is done, or until its deadline, its signal or `close` ends it.
    fn bounded<'a>(&'a self, operation: &'a Operation, call: &'a Call<'_, P>) -> Task<'a, Reply> {
        let stop = call.stop.clone();
        let sent = Rc::new(Cell::new(false));
        let timer = {
            let (stop, sent, repeats) = (stop.clone(), Rc::clone(&sent), operation.repeats());
            let end = move || {
                stop.set(if sent.get() && !repeats {
                    call::unknown_outcome()
                } else {
                    Error::new(Code::Timeout, "The server did not answer in time.")
                });
            };
            self.platform.after(call.options.timeout, Box::new(end))
        };
        let deadline = self.platform.now() + call.options.timeout;
        Box::pin(async move {
            let _timer = timer;
            let attempt = || -> Task<'_, Reply> { Box::pin(self.attempt(operation, &sent)) };
            let work = Box::pin(call::until_done(
                &*self.platform,
                operation,
                deadline,
                &sent,
                attempt,
            ));
            until(&stop, work).await
        })
    }

    async fn attempt(&self, operation: &Operation, sent: &Rc<Cell<bool>>) -> Reply {
        let remote = self
            .remote(matches!(operation, Operation::Supports(_)))
            .await?;
        let context = Context {
            platform: &*self.platform,
            remote: &remote,
            socket: &self.socket,
            sent,
        };
        let result = match operation {
            Operation::Accept(target) => {
                let key = target.key()?;
                let resource = target.resource.clone().or_else(|| target.home.clone());
                let work = Box::pin(async {
                    let _alone = self.platform.lock(key).await;
                    let outcome = context.perform(operation).await?;
                    self.platform.emit("inviteaccepted", &outcome);
                    Ok(outcome)
                });
                return self.flights.once((Some(key.clone()), resource), work).await;
            }
            Operation::Link { target, options } => return link_of(&remote, target, options),
            Operation::Supports(feature) => {
                let features = remote
                    .features
                    .as_ref()
                    .map(Json::items)
                    .unwrap_or_default();
                return Ok(features
                    .iter()
                    .any(|known| known.as_text() == Some(feature))
                    .into());
            }
            _ => context.perform(operation).await?,
        };
        self.announce(operation, &result);
        Ok(result)
    }

    /// Tells the page, never with a key.
    fn announce(&self, operation: &Operation, result: &Json) {
        let mut detail = Json::object();
        let event = match operation {
            Operation::Create { .. } => {
                for (name, value) in result.members() {
                    match name.as_str() {
                        "webstrateId" => detail.set("resource", value.clone()),
                        "id" | "resource" | "permissions" | "expiresAt" => {
                            detail.set(name, value.clone())
                        }
                        _ => {}
                    }
                }
                "invitecreated"
            }
            Operation::Remove(target) => {
                for (name, value) in [("id", &target.id), ("resource", &target.home)] {
                    if let Some(value) = value {
                        detail.set(name, value.as_str().into());
                    }
                }
                "inviteremoved"
            }
            _ => return,
        };
        self.platform.emit(event, &detail);
    }

    /// The server: what the options say, else what the page says; asked what it speaks where neither knows, or where
    /// its features matter.
    fn remote(&self, with_features: bool) -> Task<'_, Result<Rc<Remote>, Error>> {
        Box::pin(async move {
            let mut remote = match &*self.remote.borrow() {
                Some(remote) if remote.features.is_some() || !with_features => {
                    return Ok(Rc::clone(remote));
                }
                Some(remote) => Remote::clone(remote),
                None => self.named()?.0,
            };
            if !with_features && self.named()?.1 {
                return Ok(self.found(remote));
            }
            if remote.dialect == DialectName::Webstrates {
                remote.features = Some(Json::List(vec!["preview".into(), "members".into()]));
                return Ok(self.found(remote));
            }
            let work = Box::pin(async {
                dialect::discover(&*self.platform, &mut remote).await?;
                self.found(remote);
                Ok(Json::Null)
            });
            self.flights.once((None, None), work).await?;
            self.remote.borrow().clone().ok_or_else(Error::bad_response)
        })
    }

    fn found(&self, remote: Remote) -> Rc<Remote> {
        let remote = Rc::new(remote);
        *self.remote.borrow_mut() = Some(Rc::clone(&remote));
        remote
    }

    /// What the options and the page say, and whether they say how the server speaks.
    fn named(&self) -> Result<(Remote, bool), Error> {
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let (mut resource, mut dialect) = (None, None);
        let server = match &options.server {
            Some(server) => server.clone(),
            None => {
                let place = self.platform.place().ok_or_else(|| {
                    Error::misused("server", "There is no page here to take the server from: call configure({ server: 'https://…' }) or connect({ server }).",
                    )
                })?;
                (resource, dialect) = (place.resource, place.dialect);
                options::server_address(&place.server)?
            }
        };
        let dialect = options.dialect.or(dialect);
        let remote = Remote {
            dialect: dialect.unwrap_or(DialectName::Http),
            server,
            resource: options.resource.clone().or(resource),
            account: options.account.clone(),
            has_token: options.has_token,
            api: "/api/v1".to_owned(),
            features: None,
        };
        Ok((remote, dialect.is_some()))
    }
}

/// The link to send: on Webstrates the one its server accepts by itself, elsewhere one whose key no server sees.
fn link_of(remote: &Remote, target: &Target, given: &Json) -> Reply {
    options::only(given, &["page", "in", "param"])?;
    let webstrates = remote.dialect == DialectName::Webstrates;
    let resource = target.home.as_ref().or(remote.resource.as_ref());
    let own_page = given.get("page").is_none();
    let placement = match given.text("in") {
        Some("query") => Placement::Query,
        Some("fragment") => Placement::Fragment,
        None if webstrates && own_page => Placement::Query,
        None => Placement::Fragment,
        _ => return Err(Error::invalid("in", " must be 'query' or 'fragment'.")),
    };
    let mut names = LinkOptions::default();
    if let Some(name) = given.text("param") {
        name.clone_into(&mut names.parameter);
    }
    let page = match (given.text("page"), resource) {
        (Some(page), _) => page.to_owned(),
        (None, Some(resource)) if own_page => [&remote.server, "/", resource, "/"].concat(),
        (None, None) if own_page && !webstrates => [&remote.server, "/join"].concat(),
        (None, None) if own_page => {
            return Err(Error::misused(
                "resource",
                "Which webstrate? Pass the invite, or connect({ resource }).",
            ));
        }
        _ => return Err(Error::invalid("page", " must be an address.")),
    };
    // Only where neither the path names it nor the key finds it.
    let beside = resource.filter(|_| webstrates && !own_page && placement == Placement::Fragment);
    let link = link::Link::new(
        &page,
        beside.map(String::as_str),
        target.key()?.clone(),
        placement,
        &names,
    )
    .map_err(|error| Error::misused("page", &error.sentence()))?;
    Ok(link::build(&link, &names).into())
}
