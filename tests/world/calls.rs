//! Calls of the SDK: how they begin, are aborted and end, and what they wait for of the page.

use std::rc::Rc;

use crate::adapter::Run;
use crate::executor::{MS, SECOND};
use crate::judge;
use crate::ledger::{Call, Outcome, Policy, Record, What};
use crate::page::Signal;
use crate::promise::Promise;
use crate::properties::{self, Property};
use crate::sabotage::{Sabotage, sabotaged};
use crate::town::Person;
use crate::world::World;

impl World {
    /// What the caller's function for tokens gives, if it gives anything.
    pub fn token_of(self: &Rc<World>, person: Person) -> Promise<Result<String, ()>> {
        let promise = Promise::new();
        let good = format!("{}-1", person.name());
        let (delay, answer) = match if self.is_healed() { 0 } else { self.below(12) } {
            0..=6 => (0, Ok(good)),
            7 => (self.between(1, 9_000) * MS, Ok(good)),
            8 => (MS, Ok("stale-1".to_owned())),
            9 => (0, Err(())),
            10 => (0, Ok("n\u{f6}nsense\n".to_owned())),
            _ => {
                self.trace(|| "the token function never answers".to_owned());
                return promise;
            }
        };
        let later = promise.clone();
        self.executor.after(delay, move || later.resolve(answer));
        promise
    }

    /// Asks whoever decides about an accept.
    pub fn decide(self: &Rc<World>, call: usize, policy: Policy) -> Promise<Result<bool, ()>> {
        let promise = Promise::new();
        {
            let mut calls = self.ledger.calls.borrow_mut();
            calls[call].is_thinking = true;
        }
        self.trace(|| format!("call {call} asks its policy: {policy:?}"));
        let (answer, delay) = match policy {
            Policy::Never => return promise,
            Policy::Fails => (Err(()), 5 * MS),
            Policy::Says(answer, delay) => (Ok(answer), delay),
            _ => (Ok(true), 2 * SECOND),
        };
        let (later, world) = (promise.clone(), Rc::clone(self));
        self.executor.after(delay, move || {
            let timeout = {
                let mut calls = world.ledger.calls.borrow_mut();
                calls[call].is_thinking = false;
                calls[call].thought_until = Some(world.executor.now());
                calls[call].timeout
            };
            later.resolve(answer);
            let again = Rc::clone(&world);
            world.executor.after(timeout + properties::SLACK, move || {
                properties::in_time(&again, call);
            });
        });
        promise
    }

    /// A call begins, as JavaScript begins one.
    pub fn begin(self: &Rc<World>, run: &Rc<Run>, call: Call) -> usize {
        let signal = Signal::default();
        let id = self.ledger.calls.borrow().len();
        self.trace(|| format!("call {id} on run {}: {call:?}", run.number));
        let timeout = call.timeout.unwrap_or(run.timeout);
        let timeout = timeout.saturating_sub(call.waited).max(1) * MS;
        self.ledger.calls.borrow_mut().push(Record {
            call: call.clone(),
            run: run.number,
            started: self.executor.now(),
            timeout,
            signal: signal.clone(),
            aborted: false,
            closed: false,
            outcome: None,
            is_thinking: false,
            thought_until: None,
            requests: 0,
            pages: Vec::new(),
            left: false,
            created: Vec::new(),
        });
        let parts = if matches!(call.what, What::AcceptInvite(..)) {
            2
        } else {
            1
        };
        if call.what != What::Watch {
            let world = Rc::clone(self);
            let due = timeout * parts + properties::SLACK;
            self.executor
                .after(due, move || properties::in_time(&world, id));
        }
        let future = run.call(id, &call, signal);
        let world = Rc::clone(self);
        let task = self.executor.spawn(Box::pin(async move {
            let outcome = future.await;
            if world.sabotage == Sabotage::Hang && world.percent(20) {
                std::future::pending::<()>().await;
            }
            world.settled(id, outcome);
        }));
        assert_eq!(task, id, "each task is a call");
        id
    }

    pub fn abort(self: &Rc<World>, call: usize) {
        let signal = {
            let mut calls = self.ledger.calls.borrow_mut();
            if calls[call].outcome.is_some() {
                return;
            }
            calls[call].aborted = true;
            calls[call].signal.clone()
        };
        self.trace(|| format!("call {call} is aborted"));
        if self.sabotage != Sabotage::Deaf {
            signal.abort();
        }
        let world = Rc::clone(self);
        self.executor.after(MS, move || {
            properties::ended(&world, call, Property::AbortEndsCalls);
        });
    }

    fn settled(self: &Rc<World>, id: usize, outcome: Outcome) {
        let outcome = sabotaged(self, id, outcome);
        self.trace(|| format!("call {id} settles: {outcome:?}"));
        judge::judge(self, id, &outcome);
        let is_answer = matches!(outcome, Outcome::Answer(_));
        self.ledger.calls.borrow_mut()[id].outcome = Some(outcome);
        if is_answer {
            self.accept_is_answered(id);
        }
    }
}
