//! A value that comes later, or never, for who waits for it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

struct State<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

pub struct Promise<T>(Rc<RefCell<State<T>>>);

impl<T> Clone for Promise<T> {
    fn clone(&self) -> Promise<T> {
        Promise(Rc::clone(&self.0))
    }
}

impl<T> Promise<T> {
    pub fn new() -> Promise<T> {
        Promise(Rc::new(RefCell::new(State {
            value: None,
            waker: None,
        })))
    }

    pub fn resolve(&self, value: T) {
        let mut state = self.0.borrow_mut();
        state.value = Some(value);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Promise<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.borrow_mut();
        match state.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
