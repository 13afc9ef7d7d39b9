//! One run for many: who asks for what is under way gets the same answer.

use core::cell::RefCell;

use invite_key::InviteKey;

use crate::error::{Code, Error};
use crate::later::{Later, Reply, Task};
use crate::transport::{Platform, within};

/// So old, in milliseconds, the same work of another call may become while one waits for it: that may hang on something
/// of its own, a token that does not come say, and have a later deadline.
const PATIENCE: f64 = 5_000.0;

/// What is under way at most once.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Flight {
    /// The question what the server speaks.
    Discovery,
    /// Accepting one invite, for the resource that the caller named.
    Accept {
        key: InviteKey,
        place: Option<String>,
    },
    /// Accepting anything on one document, as one person.
    Document(String),
}

/// Work under way, by name.
#[derive(Default)]
pub(crate) struct Flights(RefCell<Vec<Running>>);

/// One work under way.
#[derive(Clone)]
struct Running {
    flight: Flight,
    since: f64,
    later: Later,
}

impl Flights {
    /// Does the work, or waits for the same work that is under way. Where that is given up (its caller's deadline
    /// passed), one of those who waited does it instead; so too where it came to nothing for a reason that may be over,
    /// for it was begun before they came.
    pub(crate) async fn once<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        work: Task<'_, Reply>,
    ) -> Reply {
        let mut is_older = true;
        while let Some(running) = self.running(&flight) {
            match running.wait(platform).await {
                Err(error) if error.code == Code::Aborted => {}
                Err(error) if error.code == Code::Timeout => break,
                Err(error) if is_older && error.may_pass() => {}
                reply => return reply,
            }
            is_older = false;
        }
        self.lead(platform, flight, work).await
    }

    /// Does the work once no other of this name is under way.
    pub(crate) async fn alone<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        work: Task<'_, Reply>,
    ) -> Reply {
        while let Some(running) = self.running(&flight) {
            let wait = running.wait(platform).await;
            if wait.is_err_and(|error| error.code == Code::Timeout) {
                break;
            }
        }
        self.lead(platform, flight, work).await
    }

    fn running(&self, flight: &Flight) -> Option<Running> {
        let flights = self.0.borrow();
        let running = flights.iter().find(|running| running.flight == *flight)?;
        Some(running.clone())
    }

    async fn lead<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        work: Task<'_, Reply>,
    ) -> Reply {
        let lead = Lead {
            flights: self,
            later: Later::default(),
        };
        self.0.borrow_mut().push(Running {
            flight,
            since: platform.monotonic(),
            later: lead.later.clone(),
        });
        let reply = work.await;
        lead.later.set(reply.clone());
        reply
    }
}

impl Running {
    /// Its reply; `timeout` where it has taken too long.
    async fn wait<P: Platform>(&self, platform: &P) -> Reply {
        let age = platform.monotonic() - self.since;
        let wait = Box::pin(self.later.wait());
        within(platform, (PATIENCE - age).max(0.0), wait).await
    }
}

/// Ends a flight, also when its caller is dropped in the middle.
struct Lead<'a> {
    flights: &'a Flights,
    later: Later,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.flights
            .0
            .borrow_mut()
            .retain(|flight| !flight.later.is(&self.later));
        // Only where nothing came of it.
        self.later.set(Err(Error::new(Code::Aborted, "")));
    }
}
