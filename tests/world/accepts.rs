//! Two accepts of one key, where the server takes long and the line lives: one leaves, and it answers both.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::Value;

use crate::executor::{SECOND, Time};
use crate::ledger::{Outcome, Record, What};
use crate::network::Weather;
use crate::properties::{Property, SLACK};
use crate::sabotage::Sabotage;
use crate::sockets::Socket;
use crate::world::World;

/// So long an answer may take before another call may ask, too.
const PATIENCE: Time = 9 * SECOND;

/// An accept that has left.
pub struct Accept {
    run: usize,
    key: String,
    place: String,
    at: Time,
    /// So many calls had been made by then.
    calls: usize,
    /// Its answer is on its way, or will be.
    lives: bool,
    socket: Option<Rc<Socket>>,
    token: String,
    ended: Cell<bool>,
}

impl Accept {
    /// It was answered.
    pub fn end(&self) {
        self.ended.set(true);
    }

    fn is_same(&self, other: &Accept) -> bool {
        (self.run, &self.key, &self.place) == (other.run, &other.key, &other.place)
    }

    fn is_alive(&self) -> bool {
        let socket = self.socket.as_ref();
        let stands =
            socket.is_none_or(|socket| !socket.dead.get() && socket.heard.borrow().is_some());
        self.lives && stands && !self.ended.get()
    }
}

impl World {
    /// An accept leaves over HTTP.
    pub fn accept_leaves(&self, run: usize, key: String, place: String, lives: bool) -> Rc<Accept> {
        let accept = Rc::new(Accept {
            run,
            key,
            place,
            at: self.executor.now(),
            calls: self.ledger.calls.borrow().len(),
            lives,
            socket: None,
            token: String::new(),
            ended: Cell::new(false),
        });
        self.enter_accept(&accept);
        accept
    }

    /// Perhaps it is an accept that leaves.
    pub fn accept_leaves_on(&self, socket: &Rc<Socket>, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        if frame["wa"] != "acceptInvite" {
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.enter_accept(&Rc::new(Accept {
            run: socket.run,
            key: text(&frame["options"]["key"]),
            place: text(&frame["d"]),
            at: self.executor.now(),
            calls: self.ledger.calls.borrow().len(),
            lives: true,
            socket: Some(Rc::clone(socket)),
            token: text(&frame["token"]),
            ended: Cell::new(false),
        }));
    }

    /// Perhaps it is an accept that is answered.
    pub fn accept_is_answered_on(&self, socket: &Rc<Socket>, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        for accept in self.ledger.accepts.borrow().iter() {
            let is_here = accept
                .socket
                .as_ref()
                .is_some_and(|other| Rc::ptr_eq(other, socket));
            if is_here && frame["token"] == *accept.token {
                accept.end();
            }
        }
    }

    fn enter_accept(&self, accept: &Rc<Accept>) {
        let mut accepts = self.ledger.accepts.borrow_mut();
        if self.sabotage == Sabotage::AcceptTwice {
            accepts.push(Rc::clone(accept));
        }
        let now = self.executor.now();
        let before = accepts.iter().rev().find(|before| before.is_same(accept));
        let is_doubled = before.is_some_and(|before| {
            let is_young = before.at + PATIENCE > now;
            is_young && before.is_alive() && self.is_waited_for(before)
        });
        if is_doubled {
            let what = format!("{} is accepted twice on run {}", accept.key, accept.run);
            self.broken(Property::AcceptsAreOne, what);
        }
        accepts.push(Rc::clone(accept));
    }

    /// Whether a call waits for it that did when it left, and all the time the server was laden and no more.
    fn is_waited_for(&self, accept: &Accept) -> bool {
        let now = self.executor.now();
        let calls = self.ledger.calls.borrow();
        // Over HTTP a call that names a resource asks something else.
        let is_theirs = accept.socket.is_some() || accept.place.is_empty();
        is_theirs
            && calls.iter().take(accept.calls).any(|record| {
                // Who comes just now may find that all have given it up.
                self.accepts(record, accept.run, &accept.key)
                    && record.outcome.is_none()
                    && record.started < now
            })
    }

    /// Whether it is such an accept, which knew its server from the start.
    fn accepts(&self, record: &Record, run: usize, key: &str) -> bool {
        record.run == run
            && record.call.what == What::Accept(key.to_owned())
            && record.call.resource.is_none()
            && self.ledger.says_dialect.borrow()[run]
            && self.network.weather() == Weather::Laden
            && record.started >= self.network.since.get()
    }

    /// A call is answered: so is who waits for the same.
    pub fn accept_is_answered(self: &Rc<World>, id: usize) {
        let calls = self.ledger.calls.borrow();
        let What::Accept(key) = &calls[id].call.what else {
            return;
        };
        let run = calls[id].run;
        if !self.accepts(&calls[id], run, key) {
            return;
        }
        let now = self.executor.now();
        for (other, record) in calls.iter().enumerate() {
            let waits = record.outcome.is_none() && record.started < now;
            if waits && self.accepts(record, run, key) {
                let world = Rc::clone(self);
                self.executor.after(SLACK, move || {
                    let record = &world.ledger.calls.borrow()[other];
                    let is_answered = matches!(record.outcome, Some(Outcome::Answer(_)));
                    if !is_answered && !record.aborted && !record.closed {
                        let what = format!("call {id} is answered, and call {other} is not");
                        world.broken(Property::AcceptsAreShared, what);
                    }
                });
            }
        }
    }
}
