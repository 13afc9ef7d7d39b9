//! Three small pieces of waiting: a value that comes later, work that can be stopped, and one run for many.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use invite_key::InviteKey;

use crate::error::{Code, Error};
use crate::json::Json;

/// What nearly everything ends with.
pub type Reply = Result<Json, Error>;

/// Work under way. Boxed where one layer ends and the next begins: a future inside a future inside a future is many
/// bytes of moving and dropping.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A reply that is set once and that any number may wait for. One type for all that is waited for, for each further
/// one would be compiled again.
#[derive(Clone, Default)]
pub struct Later(Rc<RefCell<(Option<Reply>, Vec<Waker>)>>);

impl Later {
    /// Sets the reply, unless it is set, and wakes everyone who waits.
    pub fn set(&self, reply: Reply) {
        let waiting = {
            let mut state = self.0.borrow_mut();
            state.0.get_or_insert(reply);
            core::mem::take(&mut state.1)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// Waits for the reply.
    pub fn wait(&self) -> impl Future<Output = Reply> + use<> {
        let this = self.clone();
        poll_fn(move |context| this.poll(context))
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Reply> {
        let mut state = self.0.borrow_mut();
        if let Some(reply) = &state.0 {
            return Poll::Ready(reply.clone());
        }
        if !state.1.iter().any(|waker| waker.will_wake(context.waker())) {
            state.1.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Whether both are one.
    pub fn is(&self, other: &Later) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Does the work until it is done or `stop` says how it shall end. What is stopped before it began, begins nothing.
pub fn until(stop: &Later, mut work: Task<'_, Reply>) -> impl Future<Output = Reply> {
    poll_fn(move |context| match stop.poll(context) {
        Poll::Pending => work.as_mut().poll(context),
        stopped => stopped,
    })
}

/// What a flight is known by: a key and the resource it is accepted for; a document alone for all that is accepted there;
/// nothing for the question what a server speaks.
pub type FlightName = (Option<InviteKey>, Option<String>);

/// Work under way, by name: who asks for the same while it runs gets the same answer.
#[derive(Default)]
pub struct Flights(RefCell<Vec<(FlightName, Later)>>);

impl Flights {
    /// Does the work, or waits for the same work that is under way. Where that is given up (its caller's deadline
    /// passed), one of those who waited does it instead.
    pub async fn once(&self, name: FlightName, work: Task<'_, Reply>) -> Reply {
        loop {
            let Some(later) = self.running(&name) else {
                break;
            };
            match later.wait().await {
                Err(error) if error.code == Code::Aborted => {}
                reply => return reply,
            }
        }
        self.lead(name, work).await
    }

    /// Does the work once no other of this name is under way.
    pub async fn alone(&self, name: FlightName, work: Task<'_, Reply>) -> Reply {
        while let Some(later) = self.running(&name) {
            let _ = later.wait().await;
        }
        self.lead(name, work).await
    }

    fn running(&self, name: &FlightName) -> Option<Later> {
        let flights = self.0.borrow();
        let flight = flights.iter().find(|flight| flight.0 == *name)?;
        Some(flight.1.clone())
    }

    async fn lead(&self, name: FlightName, work: Task<'_, Reply>) -> Reply {
        let lead = Lead {
            flights: self,
            later: Later::default(),
        };
        self.0.borrow_mut().push((name, lead.later.clone()));
        let value = work.await;
        lead.later.set(value.clone());
        value
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
            .retain(|flight| !flight.1.is(&self.later));
        // Only where nothing came of it.
        self.later.set(Err(Error::new(Code::Aborted, "")));
    }
}
