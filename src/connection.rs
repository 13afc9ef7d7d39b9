//! One connection to a server: from a caller's arguments to an answer.
//!
//! Plain Rust over a [`Platform`]; `invites` hands it to JavaScript.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use invite_key::InviteKey;
use invite_key::link::{self, LinkOptions, Placement};

use crate::call;
use crate::dialect::{self, Context, Remote};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Flights, Later, race};
use crate::operation::{Method, Operation, Policy};
use crate::options::{self, CallOptions, ConnectOptions, DialectName, Target};
use crate::transport::Platform;
use crate::transport::multiplexer::Multiplexer;

/// What runs once at a time: the question what the server speaks, and each accept.
type Flight = (Option<InviteKey>, Option<String>);

/// A connection; everything it opens is opened at the first call.
pub struct Connection<P: Platform> {
    platform: Rc<P>,
    options: Result<ConnectOptions, Error>,
    remote: RefCell<Option<Remote>>,
    socket: Rc<Multiplexer<P>>,
    flights: Flights<Flight, Result<Json, Error>>,
    closing: RefCell<Later<Error>>,
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
            closing: RefCell::default(),
        }
    }

    /// Makes a call. It settles by its answer, its deadline, its signal or [`close`](Connection::close).
    pub async fn call(
        &self,
        method: Method,
        arguments: Vec<Json>,
        held: P::Held,
    ) -> Result<Json, Error> {
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let (operation, call) = Operation::parse(method, arguments, options.timeout)?;
        let Operation::AcceptInvite { target, policy } = operation else {
            let result = self.bounded(&operation, &call, &held).await?;
            return Ok(match (method, result) {
                (Method::Accept, mut outcome) => outcome.take("permissions").unwrap_or(Json::Null),
                (_, result) => result,
            });
        };
        self.accept_invite(target, policy, &call, &held).await
    }

    /// Drops the socket and settles every call under way.
    pub fn close(&self) {
        let closed = Error::new(
            Code::Closed,
            "The connection was closed while the call was under way.",
        );
        self.closing.take().set(closed);
        self.socket.close();
    }

    /// Looks the invite up, asks where the policy says so, and takes it. A person may think as long as they like:
    /// the deadline is for the server.
    async fn accept_invite(
        &self,
        target: Target,
        policy: Policy,
        call: &CallOptions,
        held: &P::Held,
    ) -> Result<Json, Error> {
        if policy == Policy::Off {
            return Ok(Json::Null);
        }
        let lookup = Operation::Preview(target);
        let preview = self.bounded(&lookup, call, held).await?;
        let Operation::Preview(target) = lookup else {
            return Ok(Json::Null);
        };
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
        let asks = match policy {
            _ if shows => true,
            _ if gained.is_empty() => false,
            Policy::SignedIn => gained.contains('a'),
            Policy::Default if webstrates => gained.contains('a'),
            _ => true,
        };
        if asks && !self.platform.ask(held, &preview).await? {
            return Ok(Json::Null);
        }
        let mut outcome = self.bounded(&Operation::Accept(target), call, held).await?;
        if outcome.get("gained").is_none() {
            outcome = outcome
                .with("gained", gained)
                .with("already", gained.is_empty());
        }
        Ok(outcome)
    }

    /// Runs until it is done, or until its deadline, its signal or `close` ends it.
    async fn bounded(
        &self,
        operation: &Operation,
        call: &CallOptions,
        held: &P::Held,
    ) -> Result<Json, Error> {
        let sent = Rc::new(Cell::new(false));
        let deadline = self.platform.now() + call.timeout;
        let timeout = async {
            self.platform.sleep(call.timeout).await;
            Error::new(Code::Timeout, "The server did not answer in time.")
        };
        let closed = self.closing.borrow().wait();
        let stop = race(self.platform.aborted(held), race(closed, timeout));
        let work = call::until_done(&*self.platform, operation, deadline, &sent, || {
            self.attempt(operation, &sent)
        });
        // A signal that is aborted already stops the call before anything is sent.
        let result = race(async { Err(stop.await) }, work).await;
        match result {
            Err(error) if error.code == Code::Timeout && sent.get() && !operation.repeats() => {
                Err(call::unknown_outcome())
            }
            result => result,
        }
    }

    async fn attempt(&self, operation: &Operation, sent: &Rc<Cell<bool>>) -> Result<Json, Error> {
        let remote = self.remote().await?;
        let context = Context {
            platform: &*self.platform,
            remote: &remote,
            socket: &self.socket,
            sent,
        };
        match operation {
            Operation::Accept(target) => {
                let key = target.key()?;
                let resource = target.resource.clone().or_else(|| target.home.clone());
                let work = async {
                    let _alone = self.platform.lock(key).await;
                    let outcome = context.perform(operation).await?;
                    self.platform.emit("inviteaccepted", &outcome);
                    Ok(outcome)
                };
                self.flights.once((Some(key.clone()), resource), work).await
            }
            Operation::Link { target, options } => link_of(&remote, target, options),
            Operation::Supports(feature) => {
                let remote = self.with_features(remote).await?;
                Ok(remote.features.unwrap_or_default().contains(feature).into())
            }
            Operation::Create { .. } => {
                let invite = context.perform(operation).await?;
                self.announce(
                    "invitecreated",
                    &invite,
                    &["id", "resource", "webstrateId", "permissions", "expiresAt"],
                );
                Ok(invite)
            }
            Operation::Remove(target) => {
                let done = context.perform(operation).await?;
                let invite = [("id", &target.id), ("resource", &target.home)];
                let invite = invite
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into())));
                self.platform
                    .emit("inviteremoved", &Json::Object(invite.collect()));
                Ok(done)
            }
            _ => context.perform(operation).await,
        }
    }

    /// Tells the page, never with a key.
    fn announce(&self, event: &str, invite: &Json, names: &[&str]) {
        let mut detail = Json::object();
        for name in names {
            if let Some(value) = invite.get(name) {
                detail.set(
                    if *name == "webstrateId" {
                        "resource"
                    } else {
                        name
                    },
                    value.clone(),
                );
            }
        }
        self.platform.emit(event, &detail);
    }

    /// The server: what the options say, else what the page says; asked what it speaks where neither knows.
    async fn remote(&self) -> Result<Remote, Error> {
        if let Some(remote) = &*self.remote.borrow() {
            return Ok(remote.clone());
        }
        let options = self.options.as_ref().map_err(Clone::clone)?;
        let place = if options.server.is_none() {
            self.platform.place()
        } else {
            None
        };
        let (server, resource, dialect) = match (&options.server, place) {
            (Some(server), _) => (server.clone(), None, None),
            (None, Some(place)) => (
                options::server_address(&place.server)?,
                place.resource,
                place.dialect,
            ),
            (None, None) => {
                return Err(Error::invalid(
                    "server",
                    "There is no page here to take the server from: call configure({ server: 'https://…' }) or connect({ server }).",
                ));
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
        if dialect.is_some() {
            *self.remote.borrow_mut() = Some(remote.clone());
            return Ok(remote);
        }
        self.with_features(remote).await
    }

    /// Asks the server what it speaks and can do, once for all who wait.
    async fn with_features(&self, mut remote: Remote) -> Result<Remote, Error> {
        if remote.features.is_some() {
            return Ok(remote);
        }
        if remote.dialect == DialectName::Webstrates {
            remote.features = Some(["preview", "members"].map(str::to_owned).to_vec());
            return Ok(remote);
        }
        let work = async {
            let found = dialect::discover(&*self.platform, &remote).await?;
            *self.remote.borrow_mut() = Some(found);
            Ok(Json::Null)
        };
        self.flights.once((None, None), work).await?;
        let found = self.remote.borrow().clone();
        found.ok_or_else(Error::bad_response)
    }
}

/// The link to send: on Webstrates the one its server accepts by itself, elsewhere one whose key no server sees.
fn link_of(remote: &Remote, target: &Target, given: &Json) -> Result<Json, Error> {
    let given = if *given == Json::Null {
        &Json::object()
    } else {
        given
    };
    options::only(given, &["page", "in", "param"])?;
    let webstrates = remote.dialect == DialectName::Webstrates;
    let resource = target.home.as_deref().or(remote.resource.as_deref());
    let placement = match given.text("in") {
        Some("query") => Placement::Query,
        Some("fragment") => Placement::Fragment,
        None if webstrates && given.get("page").is_none() => Placement::Query,
        None => Placement::Fragment,
        _ => return Err(Error::invalid("in", "in must be 'query' or 'fragment'.")),
    };
    let mut names = LinkOptions::default();
    if let Some(name) = given.text("param") {
        name.clone_into(&mut names.parameter);
    }
    let (page, beside) = match (given.get("page"), resource) {
        (Some(Json::Text(page)), resource) => (
            page.clone(),
            resource.filter(|_| webstrates && placement == Placement::Fragment),
        ),
        (Some(_), _) => return Err(Error::invalid("page", "page must be an address.")),
        (None, Some(resource)) => ([&remote.server, "/", resource, "/"].concat(), None),
        (None, None) if !webstrates => ([&remote.server, "/join"].concat(), None),
        (None, None) => {
            return Err(Error::invalid(
                "resource",
                "Which webstrate? Pass the invite, or connect({ resource }).",
            ));
        }
    };
    let link = link::Link::new(&page, beside, target.key()?.clone(), placement, &names)
        .map_err(|error| Error::invalid("page", error.sentence()))?;
    Ok(link::build(&link, &names).into())
}
