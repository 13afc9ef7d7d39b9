//! Three small pieces of waiting: a value that comes later, the first of two, and one run for many.

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::Rc;

/// A value that is set once and that any number may wait for.
pub struct Later<T>(Rc<RefCell<(Option<T>, Vec<Waker>)>>);

impl<T> Clone for Later<T> {
    fn clone(&self) -> Self {
        Later(Rc::clone(&self.0))
    }
}

impl<T> Default for Later<T> {
    fn default() -> Self {
        Later(Rc::new(RefCell::new((None, Vec::new()))))
    }
}

impl<T: Clone> Later<T> {
    /// Sets the value, unless it is set, and wakes everyone who waits.
    pub fn set(&self, value: T) {
        let waiting = {
            let mut state = self.0.borrow_mut();
            if state.0.is_none() {
                state.0 = Some(value);
            }
            core::mem::take(&mut state.1)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// Waits for the value.
    pub fn wait(&self) -> impl Future<Output = T> + use<T> {
        let state = Rc::clone(&self.0);
        poll_fn(move |context| {
            let mut state = state.borrow_mut();
            if let Some(value) = &state.0 {
                return Poll::Ready(value.clone());
            }
            if !state.1.iter().any(|waker| waker.will_wake(context.waker())) {
                state.1.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    fn is(&self, other: &Later<T>) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Runs both until one has finished, and drops the other. The first is looked at first.
pub async fn race<T>(first: impl Future<Output = T>, second: impl Future<Output = T>) -> T {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|context| match first.as_mut().poll(context) {
        Poll::Pending => second.as_mut().poll(context),
        ready => ready,
    })
    .await
}

/// Work under way, by name: who asks for the same while it runs gets the same answer.
pub struct Flights<K, T>(RefCell<Vec<(K, Later<Option<T>>)>>);

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Flights(RefCell::new(Vec::new()))
    }
}

impl<K: PartialEq, T: Clone> Flights<K, T> {
    /// Does the work, or waits for the same work that is under way. Where that is given up (its caller's deadline
    /// passed), one of those who waited does it instead.
    pub async fn once(&self, key: K, work: impl Future<Output = T>) -> T {
        loop {
            let running = self
                .0
                .borrow()
                .iter()
                .find(|flight| flight.0 == key)
                .map(|flight| flight.1.clone());
            match running {
                Some(later) => {
                    if let Some(value) = later.wait().await {
                        return value;
                    }
                }
                None => break,
            }
        }
        let lead = Lead {
            flights: self,
            later: Later::default(),
        };
        self.0.borrow_mut().push((key, lead.later.clone()));
        let value = work.await;
        lead.later.set(Some(value.clone()));
        value
    }
}

/// Ends a flight, also when its caller is dropped in the middle.
struct Lead<'a, K, T: Clone> {
    flights: &'a Flights<K, T>,
    later: Later<Option<T>>,
}

impl<K, T: Clone> Drop for Lead<'_, K, T> {
    fn drop(&mut self) {
        self.flights
            .0
            .borrow_mut()
            .retain(|flight| !flight.1.is(&self.later));
        self.later.set(None);
    }
}
