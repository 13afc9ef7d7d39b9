//! A socket and the calls that wait on it.

use core::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use zeroize::Zeroizing;

use crate::call::Progress;
use crate::error::Error;
use crate::flights::SERVERS_TURN;
use crate::json::Json;
use crate::later::{Later, Reply};
use crate::transport::{Line, Platform};

/// A socket and the calls that wait on it.
pub(super) struct Socket<P: Platform> {
    pub(super) line: OnceCell<P::Line>,
    /// The document in its path, the only one it can subscribe to.
    pub(super) document: String,
    pub(super) opened: f64,
    pub(super) account: RefCell<Option<Json>>,
    pub(super) state: Cell<State>,
    /// No new calls: it closes after the last one.
    pub(super) retired: Cell<bool>,
    pub(super) outstanding: RefCell<Vec<Outstanding>>,
    /// How many frames have come.
    pub(super) heard: Cell<u32>,
    /// Runs while nothing is outstanding.
    pub(super) idle: Cell<Option<P::Guard>>,
    /// Runs while something is expected: `init`, an answer, a sign of life.
    pub(super) vigil: Cell<Option<P::Guard>>,
    /// A sign of life has been asked for.
    pub(super) asked: Cell<bool>,
    /// Nothing has come since: what is not sent yet waits, for nobody could say of a create sent now whether it arrived.
    pub(super) silent: Cell<bool>,
    /// What answers here is a server of before invites, it seems, and stays one for as long as the socket lives.
    pub(super) doubted: Cell<bool>,
    /// So many shakes are unanswered. The last one's answer says that all before was read.
    pub(super) shakes: Cell<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// `init` has not come. What is sent before is lost on a real Webstrates.
    Opening,
    Ready,
    Closed,
}

pub(super) struct Outstanding {
    pub(super) token: String,
    /// The frame, until it is sent.
    pub(super) frame: Option<Zeroizing<String>>,
    /// How many frames had come when it was sent.
    pub(super) sent_after: u32,
    pub(super) progress: Rc<Progress>,
    pub(super) reply: Later,
}

impl<P: Platform> Socket<P> {
    /// Sends what waits, once the server is ready and unless it is silent. Nothing is borrowed meanwhile: a caller's own `WebSocket` may answer
    /// from within.
    pub(super) fn flush(&self) {
        let ready = self.state.get() == State::Ready && !self.silent.get();
        let Some(line) = self.line.get().filter(|_| ready) else {
            return;
        };
        while let Some(frame) = self.next_frame() {
            line.send(&frame);
        }
    }

    pub(super) fn next_frame(&self) -> Option<Zeroizing<String>> {
        let mut outstanding = self.outstanding.borrow_mut();
        let call = outstanding.iter_mut().find(|call| call.frame.is_some())?;
        call.progress.sent().set(true);
        call.sent_after = self.heard.get();
        if call.token.is_empty() {
            self.shakes.set(self.shakes.get().wrapping_add(1));
        }
        call.frame.take()
    }

    /// Something has come: the line lives, and whatever waits on it is worked on.
    pub(super) fn hear(&self, now: f64) {
        self.heard.set(self.heard.get().wrapping_add(1));
        self.silent.set(false);
        for call in self.outstanding.borrow().iter() {
            call.progress.due.set(now + SERVERS_TURN);
        }
    }

    /// Takes out those of the calls that wait which are meant.
    pub(super) fn take(&self, is_meant: &dyn Fn(&Outstanding) -> bool) -> Vec<Outstanding> {
        let mut taken = Vec::new();
        let mut outstanding = self.outstanding.borrow_mut();
        for call in core::mem::take(&mut *outstanding) {
            let list = if is_meant(&call) {
                &mut taken
            } else {
                &mut *outstanding
            };
            list.push(call);
        }
        taken
    }

    /// Gives those that are meant an answer.
    pub(super) fn settle(&self, reply: &Reply, is_meant: &dyn Fn(&Outstanding) -> bool) {
        for call in self.take(is_meant) {
            call.reply.set(reply.clone());
        }
    }

    /// Whose socket it is, once that was found out.
    pub(super) fn account(&self, found: Option<&Json>) -> Option<Json> {
        if let Some(found) = found {
            self.account.replace(Some(found.clone()));
        }
        self.account.borrow().clone()
    }

    /// Ends every call that waits.
    pub(super) fn end(&self, error: Error) {
        self.settle(&Err(error), &|_| true);
    }

    pub(super) fn retire(&self) {
        self.retired.set(true);
        if self.outstanding.borrow().is_empty() {
            self.close();
        }
    }

    pub(super) fn close(&self) {
        self.state.set(State::Closed);
        self.idle.set(None);
        self.vigil.set(None);
        self.end(Error::offline());
        if let Some(line) = self.line.get() {
            line.close();
        }
    }
}
