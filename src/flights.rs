//! One run for many: who asks for what is under way gets the same answer.

use core::cell::RefCell;
use std::rc::Rc;

use invite_key::InviteKey;

use crate::call::Progress;
use crate::error::{Code, Error};
use crate::later::{Later, Reply, Task, until};
use crate::transport::{Platform, within};

/// So long, in milliseconds, the same work of another call may hear nothing while one waits for it: that may hang on
/// something of its own, a token that does not come say, and have a later deadline.
const PATIENCE: f64 = 5_000.0;

/// What is under way at most once.
#[derive(PartialEq, Eq)]
pub(crate) enum Flight {
    /// The question what the server speaks.
    Discovery,
    /// Accepting one invite, for the resource that the caller named.
    Accept {
        key: InviteKey,
        place: Option<String>,
    },
    /// Accepting anything on one document.
    Document(String),
}

/// Work under way, by name.
#[derive(Default)]
pub(crate) struct Flights(RefCell<Vec<Rc<Running>>>);

/// One work under way.
struct Running {
    flight: Flight,
    progress: Rc<Progress>,
    later: Later,
    /// Ends it for another's sake.
    stop: Later,
}

impl Flights {
    /// Does the work, or waits for the same work that is under way, unless that is stuck. Where that is given up (its
    /// caller's deadline passed), one of those who waited does it instead; so too where it came to nothing for a reason
    /// that may be over, for it was begun before they came.
    pub(crate) async fn once<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        progress: &Rc<Progress>,
        work: Task<'_, Reply>,
    ) -> Reply {
        let mut is_older = true;
        while let Some(running) = self.running(&flight) {
            match running.wait(platform).await {
                Err(error) if error.code == Code::Aborted => {}
                Err(error) if error.code == Code::Timeout => {
                    // What has left may be answered yet, and does no harm twice.
                    if running.is_stuck(platform) && running.progress.sent().get() {
                        break;
                    }
                    self.pass(platform, &running);
                }
                Err(error) if is_older && error.may_pass() => {}
                reply => return reply,
            }
            is_older = false;
        }
        self.lead(platform, flight, progress, work).await
    }

    /// Does the work once no other of this name is under way: two at once may cost what one of them gained. One that
    /// hears nothing for a while is sent back to the end of the queue.
    pub(crate) async fn alone<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        progress: &Rc<Progress>,
        work: Task<'_, Reply>,
    ) -> Reply {
        while let Some(running) = self.running(&flight) {
            let _ = running.wait(platform).await;
            self.pass(platform, &running);
        }
        self.lead(platform, flight, progress, work).await
    }

    /// Stops what is stuck: its call begins anew, behind who passes it.
    fn pass<P: Platform>(&self, platform: &P, running: &Running) {
        if running.is_stuck(platform) {
            self.forget(&running.later);
            running.stop.set(Err(Error::new(
                Code::TryAgain,
                "Another call of this page went first: try again.",
            )));
        }
    }

    fn forget(&self, later: &Later) {
        let mut flights = self.0.borrow_mut();
        flights.retain(|flight| !flight.later.is(later));
    }

    fn running(&self, flight: &Flight) -> Option<Rc<Running>> {
        let flights = self.0.borrow();
        let running = flights.iter().find(|running| running.flight == *flight)?;
        Some(Rc::clone(running))
    }

    async fn lead<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        progress: &Rc<Progress>,
        work: Task<'_, Reply>,
    ) -> Reply {
        let stop = Later::default();
        let lead = Lead {
            flights: self,
            later: Later::default(),
        };
        progress.heard.set(platform.monotonic());
        self.0.borrow_mut().push(Rc::new(Running {
            flight,
            progress: Rc::clone(progress),
            later: lead.later.clone(),
            stop: stop.clone(),
        }));
        let reply = until(stop, None::<P::Guard>, work).await;
        lead.later.set(reply.clone());
        reply
    }
}

impl Running {
    /// Its reply; `timeout` where it may have become stuck.
    async fn wait<P: Platform>(&self, platform: &P) -> Reply {
        let wait = Box::pin(self.later.wait());
        within(platform, (PATIENCE - self.quiet(platform)).max(0.0), wait).await
    }

    fn is_stuck<P: Platform>(&self, platform: &P) -> bool {
        // Timers may be a little early.
        self.quiet(platform) > PATIENCE - 1.0
    }

    fn quiet<P: Platform>(&self, platform: &P) -> f64 {
        platform.monotonic() - self.progress.heard.get()
    }
}

/// Ends a flight, also when its caller is dropped in the middle.
struct Lead<'a> {
    flights: &'a Flights,
    later: Later,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.flights.forget(&self.later);
        // Only where nothing came of it.
        self.later.set(Err(Error::new(Code::Aborted, "")));
    }
}
