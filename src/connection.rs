//! One connection to a server: the life of a call, from its arguments to its end.
//!
//! Plain Rust over a [`Platform`]; `invites` hands it to JavaScript.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::call::{self, Progress};
use crate::dialect::{Context, Hears, Remote, Session};
use crate::error::{Code, Error};
use crate::flights::Flights;
use crate::json::Json;
use crate::later::{Later, Reply, Task, until};
use crate::operation::options::{ConnectOptions, DEFAULT_TIMEOUT};
use crate::operation::{Call, Operation, Remove};
use crate::transport::{Platform, within_or};
use crate::{announce, link};

/// A connection; everything it opens is opened at the first call.
pub struct Connection<P: Platform> {
    pub(crate) platform: Rc<P>,
    options: Result<ConnectOptions, Error>,
    pub(crate) remote: RefCell<Option<Rc<Remote>>>,
    pub(crate) session: RefCell<Option<Rc<dyn Session<P>>>>,
    pub(crate) flights: Flights,
    /// What stops each call under way.
    running: RefCell<Vec<Later>>,
    creates: Cell<u32>,
    /// Until when the server, which does not speak of itself, is not asked to for a create's sake.
    pub(crate) silent_until: Cell<f64>,
}

/// One phase of a call: what must be answered by one deadline.
pub(crate) struct Phase<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) progress: Rc<Progress>,
    /// When it gives up, by the clock for deadlines: several phases of a call may share one.
    pub(crate) deadline: f64,
}

impl<P: Platform> Connection<P> {
    /// A connection with these options. Wrong ones make every call fail, not this.
    pub fn new(platform: Rc<P>, options: Result<Json, Error>) -> Connection<P> {
        Connection {
            platform,
            options: options.and_then(ConnectOptions::read),
            remote: RefCell::default(),
            session: RefCell::default(),
            flights: Flights::default(),
            running: RefCell::default(),
            creates: Cell::new(0),
            silent_until: Cell::new(0.0),
        }
    }

    /// Makes a call, which the caller has made `waited` milliseconds ago. It settles by its answer, its deadline, its
    /// signal or [`close`](Connection::close), which counts from now on, before the first poll.
    pub fn call(
        self: Rc<Self>,
        call: Result<Call, Error>,
        waited: f64,
        held: P::Held,
    ) -> Task<'static, Reply> {
        let stop = Later::default();
        self.running.borrow_mut().push(stop.clone());
        let signal = self.platform.watch(&held, &stop);
        let running = Running {
            connection: Rc::clone(&self),
            stop: stop.clone(),
        };
        until(
            stop,
            (running, signal),
            Box::pin(self.run(call, waited, held)),
        )
    }

    /// Drops what is open and settles every call under way.
    pub fn close(&self) {
        for stop in self.running.take() {
            stop.set(Err(call::closed()));
        }
        if let Some(session) = self.session.take() {
            session.close();
        }
    }

    async fn run(self: Rc<Self>, call: Result<Call, Error>, waited: f64, held: P::Held) -> Reply {
        let options = self.options()?;
        let Call {
            operation,
            options: call,
        } = call?;
        let timeout = call.timeout.or(options.timeout).unwrap_or(DEFAULT_TIMEOUT);
        let progress = match operation {
            Operation::Create(_) => Progress::of_create(call.idempotency_key, self.draw_key()),
            _ => Progress::default(),
        };
        let phase = Phase {
            operation: &operation,
            progress: Rc::new(progress),
            // Milliseconds may be many where the core was long in coming.
            deadline: self.platform.monotonic() + (timeout - waited.max(0.0)).max(0.0),
        };
        match &operation {
            Operation::Watch => self.watch(&phase).await,
            Operation::Offer(offer) => self.offer(offer, &phase, &held).await,
            _ => {
                let mut answer = self.bounded(&phase).await?;
                Ok(match &operation {
                    // The five give what Webstrates' own give.
                    Operation::Accept(_) => answer.take("permissions").unwrap_or(Json::Null),
                    _ => answer,
                })
            }
        }
    }

    /// Where the server sends events: what to fetch. Else looks out for invites that are used, without a deadline.
    async fn watch(self: &Rc<Self>, phase: &Phase<'_>) -> Reply {
        let events = Operation::Supports("events".to_owned());
        let asked = Phase {
            operation: &events,
            progress: Rc::clone(&phase.progress),
            deadline: phase.deadline,
        };
        let sends = self.bounded(&asked).await?;
        match self.known_remote()?.traits().hears {
            Hears::Stream if matches!(sends, Json::Bool(true)) => self.bounded(phase).await,
            Hears::Never | Hears::Stream => Ok(Json::Null),
            Hears::Looking => self.attempt(phase).await,
        }
    }

    /// Runs until it is done or its deadline ends it.
    pub(crate) fn bounded<'a>(self: &'a Rc<Self>, phase: &'a Phase<'a>) -> Task<'a, Reply> {
        phase.progress.deadline.set(phase.deadline);
        self.within(phase, Box::pin(self.until_done(phase)))
    }

    /// The work, or the deadline.
    fn within<'a>(&'a self, phase: &'a Phase<'a>, work: Task<'a, Reply>) -> Task<'a, Reply> {
        let progress = Rc::clone(&phase.progress);
        let end = Box::new(move || progress.end());
        let left = (phase.deadline - self.platform.monotonic()).max(0.0);
        within_or(&*self.platform, left, end, work)
    }

    pub(crate) async fn attempt(self: &Rc<Self>, phase: &Phase<'_>) -> Reply {
        let remote = &self.remote_for(phase).await?;
        let operation = phase.operation;
        if let Some(key) = operation.key() {
            check_kind(remote, key)?;
        }
        match operation {
            Operation::Link(wanted) => return link::of(remote, wanted),
            Operation::Supports(feature) => return Ok(remote.has(feature).into()),
            Operation::Park(_) | Operation::Unpark(_) if !self.keeps(remote) => {
                return Ok(Json::Null);
            }
            Operation::Parked if !self.keeps(remote) => return Ok(Json::List(Vec::new())),
            _ => {}
        }
        if let Operation::Accept(invited) = operation {
            return self.accept(invited, remote, &phase.progress).await;
        }
        let context = self.context(operation, &phase.progress, remote)?;
        let answer = self.session(remote).perform(&context).await?;
        match operation {
            Operation::Create(_) => {
                let detail = announce::created(&answer);
                self.platform.emit("invitecreated", &detail);
            }
            // Only what was confirmed.
            Operation::Remove(remove) if answer.number("deletedCount") > Some(0.0) => {
                let detail = announce::removed(remove);
                self.platform.emit("inviteremoved", &detail);
            }
            _ => {}
        }
        Ok(answer)
    }

    pub(crate) fn context<'a>(
        &'a self,
        operation: &'a Operation,
        progress: &'a Rc<Progress>,
        remote: &'a Remote,
    ) -> Result<Context<'a, P>, Error> {
        Ok(Context {
            platform: &self.platform,
            remote,
            auth: self.options()?.auth.as_ref(),
            operation,
            progress,
        })
    }

    /// Whether an invite that nothing could be cancelled of is gone: nobody can accept it any more.
    pub(crate) async fn is_gone(self: &Rc<Self>, phase: &Phase<'_>) -> Result<bool, Error> {
        let Operation::Remove(Remove::Key(invited)) = phase.operation else {
            return Err(Error::bad_response());
        };
        let look = Phase {
            operation: &Operation::Check(Rc::clone(invited)),
            progress: Rc::default(),
            deadline: phase.deadline,
        };
        match self.attempt(&look).await {
            Ok(_) => Ok(false),
            Err(error) if error.is_end_of_invite() => Ok(true),
            // Where a key is unknown it may still work elsewhere, unless the invite itself said that it belongs here.
            Err(error) => match (error.code, &invited.home) {
                (Code::InvalidKey, Some(home)) if invited.place() == Some(home) => Ok(true),
                _ => Err(error),
            },
        }
    }

    /// Whether this page's own server keeps invites for after a sign-in: a key goes to no other.
    fn keeps(&self, remote: &Remote) -> bool {
        let place = self.platform.place();
        let own = place.is_some_and(|place| place.origin == remote.server);
        own && remote.has("pending")
    }

    pub(crate) fn options(&self) -> Result<&ConnectOptions, Error> {
        self.options.as_ref().map_err(Clone::clone)
    }

    /// A name for a create that no other has: the server remembers it a day.
    fn draw_key(&self) -> String {
        let number = self.creates.get().wrapping_add(1);
        self.creates.set(number);
        let mut key = String::new();
        for part in [f64::from(number), self.platform.now()] {
            crate::transport::push_base36(&mut key, part as u64);
            key.push('-');
        }
        for _ in 0..3 {
            let chance = self.platform.chance() * 9_007_199_254_740_991.0;
            crate::transport::push_base36(&mut key, chance as u64);
        }
        key
    }
}

/// What no server of this sort has made goes to none.
fn check_kind(remote: &Remote, key: &invite_key::InviteKey) -> Result<(), Error> {
    if remote.traits().kinds.contains(&key.kind()) {
        return Ok(());
    }
    Err(crate::operation::malformed(
        "It is of a kind that this server does not make.",
    ))
}

/// A call under way, known to its connection until it ends in whatever way.
struct Running<P: Platform> {
    connection: Rc<Connection<P>>,
    stop: Later,
}

impl<P: Platform> Drop for Running<P> {
    fn drop(&mut self) {
        let mut running = self.connection.running.borrow_mut();
        running.retain(|running| !running.is(&self.stop));
    }
}
