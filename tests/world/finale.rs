//! How each schedule ends: all is well again, everything is closed, and nothing is left.

use std::rc::Rc;

use serde_json::Value;

use crate::adapter::Run;
use crate::executor::{MS, SECOND};
use crate::ledger::{Outcome, Question, Said, What};
use crate::network::Weather;
use crate::properties::{self, Property};
use crate::sabotage::Sabotage;
use crate::schedule::Driver;
use crate::town::{self, PEOPLE, Person, Town};
use crate::world::{At, Auth, Dialect};

/// How long a call may take once all is well.
const HEALTHY: u64 = 10_000;

/// How a call goes once all is well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recovery {
    Answered,
    /// A create has left on a line that was dead, and no frame can name it: nobody can send it once more. Or an accept
    /// has waited for one of before.
    Open,
    Failed,
}

impl Driver {
    /// All is well again: a call is answered.
    pub fn recovers(&self) {
        let world = &self.world;
        world.rest(world.pick(&[0, 0, 50 * MS, SECOND, 20 * SECOND]));
        world.trace(|| "all is well from here".to_owned());
        if world.page.hidden.get() {
            world.seen_again();
        }
        world.heal();
        let run = self.runs.last().expect("a run");
        let (hangs, is_misled) = (self.hangs(run), self.is_misled(run));
        let mut first = self.is_answered(run);
        if first == Recovery::Failed && hangs && self.is_accept_last() {
            first = Recovery::Open;
        }
        if first == Recovery::Answered || world.is_starved() {
            return;
        }
        if world.sabotage == Sabotage::StayIllOnce {
            world.network.set(Weather::Calm);
        }
        // Nor is one ever sent beside it, on a line that lives.
        if is_misled && self.is_accept_last() {
            return;
        }
        let mut next = self.is_answered(run);
        if first == Recovery::Open && next == Recovery::Open {
            // For another reason: what is open twice is not open thrice.
            next = self.is_answered(run);
        }
        let property = match (first, next) {
            (Recovery::Open, Recovery::Answered) => return,
            (_, Recovery::Answered) => Property::RecoversAtOnce,
            _ => Property::Recovers,
        };
        world.broken(property, "a healthy network, and no answer".to_owned());
    }

    /// Whether an accept is under way. It may have to find out first that a request was lost or a line dead, as long as
    /// for a server that takes long; another waits for it meanwhile, and the next call need not.
    fn hangs(&self, run: &Run) -> bool {
        let calls = self.world.ledger.calls.borrow();
        let mut open = calls
            .iter()
            .filter(|record| record.run == run.number && record.outcome.is_none());
        open.any(|record| record.call.what.accepts())
    }

    fn is_misled(&self, run: &Run) -> bool {
        let mut sockets = self.world.network.all_sockets().into_iter();
        sockets.any(|socket| socket.run == run.number && socket.misled.get())
    }

    fn is_accept_last(&self) -> bool {
        let calls = self.world.ledger.calls.borrow();
        calls
            .last()
            .is_some_and(|record| record.call.what.accepts())
    }

    fn is_answered(&self, run: &Rc<Run>) -> Recovery {
        let world = &self.world;
        let mut call = self.any_call();
        while !self.needs_server(&call) {
            call = self.any_call();
        }
        call.idempotency = None;
        call.timeout = Some(HEALTHY);
        call.waited = 0;
        let id = world.begin(run, call);
        world.rest(HEALTHY * MS + 2 * properties::SLACK);
        let calls = world.ledger.calls.borrow();
        let record = &calls[id];
        match &record.outcome {
            None => Recovery::Failed,
            Some(Outcome::Answer(_)) => Recovery::Answered,
            Some(Outcome::Failed { code, .. }) => match code.as_str() {
                "unknown_outcome"
                    if world.dialect == Dialect::Webstrates
                        && (record.left || matches!(record.call.what, What::Remove(_))) =>
                {
                    Recovery::Open
                }
                // It was taken over HTTP, by who may not read who has access: nobody could say more.
                "unknown_outcome"
                    if world.dialect == Dialect::Webstrates
                        && matches!(record.call.what, What::Accept(_) | What::AcceptInvite(..)) =>
                {
                    Recovery::Answered
                }
                "not_invites_server" if world.is_old => Recovery::Answered,
                "offline" | "timeout" | "unknown_outcome" | "closed" | "aborted"
                | "server_error" | "bad_response" | "rate_limited" | "bad_credentials"
                | "not_invites_server" => Recovery::Failed,
                _ => Recovery::Answered,
            },
        }
    }

    /// Who watches is told of a use, where nothing stands in the way.
    pub fn watches_hear(&self) {
        let world = &self.world;
        let Some(watcher) = self.sole_watcher() else {
            return;
        };
        // Long enough for whatever it had to wait for.
        world.rest(150 * SECOND);
        if self.sole_watcher() != Some(watcher) {
            return;
        }
        let used = {
            let now = world.executor.now();
            let mut town = world.town.borrow_mut();
            let letters = town.letters("doc", watcher);
            let believed = town.believed(now, "doc", watcher);
            let found = town.invites.iter().position(|invite| {
                let is_theirs = invite.by == watcher && invite.resource == "doc";
                is_theirs && invite.expires > Town::clock(now) + 200_000.0 && !invite.removed
            });
            let others = PEOPLE.into_iter().filter(|who| *who != watcher);
            let guest = others.into_iter().find_map(|guest| {
                let held = town.letters("doc", guest);
                let invite = &town.invites[found?];
                (!town::is_within(&invite.letters, &held)).then_some((guest, held))
            });
            match (found, guest) {
                (Some(invite), Some((guest, held)))
                    if letters.contains('a')
                        && letters.contains('r')
                        && believed.contains('a')
                        && !town.open.contains(&"doc") =>
                {
                    world.trace(|| format!("{guest:?} uses {}", town.invites[invite].key));
                    town.accept(now, invite, guest, &held);
                    guest
                }
                _ => return,
            }
        };
        world.ledger.used.borrow_mut().clear();
        world.rest(90 * SECOND);
        if !world.ledger.used.borrow().contains(&used) {
            world.broken(Property::WatchesHear, format!("nobody hears of {used:?}"));
        }
    }

    /// Who watches on the last run, where it can be nobody else.
    fn sole_watcher(&self) -> Option<Person> {
        let world = &self.world;
        if world.dialect != Dialect::Webstrates || world.is_old || world.place == At::Elsewhere {
            return None;
        }
        // Whoever took a lie for the document compares with it: that is told as what it is, a shape not looked at.
        let is_lie = |said: &Said| {
            let is_true = |value: &Value| {
                value["version"].is_number() || value[0] == "html" && value[1].is_object()
            };
            said.question == Some(Question::Members("doc".to_owned()))
                && said.answer.as_ref().is_ok_and(|value| !is_true(value))
        };
        if world.ledger.said.borrow().iter().any(is_lie) {
            return None;
        }
        let run = self.runs.last()?.number;
        let calls = world.ledger.calls.borrow();
        calls.iter().find(|record| {
            record.call.what == What::Watch && record.run == run && record.outcome.is_none()
        })?;
        match world.ledger.auths.borrow()[run] {
            Auth::Token(person) | Auth::Function(person) => Some(person),
            Auth::Cookies => {
                let people = world.page.people.borrow();
                world.page.who.get().filter(|who| **people == [*who])
            }
        }
    }

    /// Everything is closed, or let go of once its calls are done, and then there is nothing left.
    pub fn ends(&self) {
        let world = &self.world;
        if world.percent(70) {
            self.runs.iter().for_each(|run| self.close(run));
            world.rest(2 * MS);
        } else {
            let calls = world.ledger.calls.borrow().len();
            (0..calls).for_each(|call| world.abort(call));
            world.rest(2 * MS);
        }
        if self.are_calls_open() {
            return;
        }
        world.rest(90 * SECOND);
        let left = [
            ("timers", world.executor.timers()),
            ("requests", world.network.in_flight()),
            ("sockets", world.network.open_sockets()),
            ("locks", world.locks()),
            ("listeners", world.page.listeners.get()),
            ("tasks", world.executor.running()),
        ];
        for (name, count) in left {
            if count > 0 {
                world.broken(Property::NothingIsLeft, format!("{count} {name} are left"));
            }
        }
    }

    fn are_calls_open(&self) -> bool {
        let calls = self.world.ledger.calls.borrow();
        calls.iter().any(|record| record.outcome.is_none())
    }

    /// Nobody holds anything of a connection that is dropped.
    pub fn is_freed(&mut self) {
        let world = Rc::clone(&self.world);
        if self.are_calls_open() {
            return;
        }
        for run in self.runs.drain(..) {
            let _thief = (world.sabotage == Sabotage::Hold).then(|| Rc::clone(&run));
            let held = Rc::try_unwrap(run).map_or(1, Run::dropped);
            if held > 0 {
                world.broken(Property::NothingIsHeld, format!("{held} still hold it"));
            }
        }
    }
}
