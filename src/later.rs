//! Two small pieces of waiting: a value that comes later, and work that can be stopped.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use crate::error::Error;
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
        self.0.borrow_mut().0.get_or_insert(reply);
        self.wake();
    }

    /// Whether the reply is there.
    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().0.is_some()
    }

    /// Wakes everyone who waits: somebody else must go on.
    pub(crate) fn wake(&self) {
        let waiting = core::mem::take(&mut self.0.borrow_mut().1);
        for waker in waiting {
            waker.wake();
        }
    }

    /// Waits for the reply.
    pub fn wait(&self) -> impl Future<Output = Reply> + use<> {
        let this = self.clone();
        poll_fn(move |context| this.poll(context))
    }

    /// The reply, if it is there; else whoever polls is woken once it is.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Reply> {
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

/// What is done already.
pub(crate) fn settled(reply: Reply) -> Task<'static, Reply> {
    let later = Later::default();
    later.set(reply);
    Box::pin(later.wait())
}

/// Does the work until it is done or `stop` says how it shall end. What is stopped before it began, begins nothing.
/// Whatever tells `stop` is kept for as long.
pub fn until<'a>(
    stop: Later,
    telling: impl Sized + 'a,
    mut work: Task<'a, Reply>,
) -> Task<'a, Reply> {
    Box::pin(poll_fn(move |context| {
        let _kept = &telling;
        match stop.poll(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => work.as_mut().poll(context),
        }
    }))
}
