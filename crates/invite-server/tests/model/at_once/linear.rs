//! Whether there is an order that explains it (Wing and Gong's search, with Lowe's memory of what was tried).
//!
//! A library that does this ([stateright](https://docs.rs/stateright)) searches without a memory and brings a model
//! checker along; the few lines here also know that the events tell the order of nearly all that changed anything.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use super::run::{Call, What};
use crate::answer::{Answer, Happened, Room};
use crate::history::Op;
use crate::model::Model;

/// More is not tried.
const STEPS: u32 = 300_000;

struct Search<'a> {
    calls: &'a [Call],
    resource: usize,
    room: &'a Room,
    /// As the first copy's clock has it.
    now: i64,
    /// Whether events may have come in another order than what they tell of.
    is_loose: bool,
    /// What was tried in vain: which calls had happened, and what there was.
    tried: HashSet<(u64, u64)>,
    hasher: RandomState,
    steps: u32,
}

/// Whether calls that began where the model stands, and ended in this room, may have happened one after the other.
pub(super) fn explained(
    calls: &[Call],
    model: &Model,
    resource: usize,
    room: &Room,
) -> Result<(), String> {
    assert!(calls.len() <= 64, "so many calls have no place in a number");
    let now = model.time.wall;
    let model = model.only(resource);
    // Whose look for links to end was overtaken time and again ends those that it saw, as if the others had come
    // afterwards; events are numbered as they are written.
    let ends_links = |call: &Call| {
        let what = &call.what;
        matches!(what, What::Op(Op::SetMember { end_links, .. }) if *end_links)
    };
    let may_be_loose = calls.iter().any(ends_links);
    for is_loose in [false, true] {
        let mut search = Search {
            calls,
            resource,
            room,
            now,
            is_loose,
            tried: HashSet::new(),
            hasher: RandomState::new(),
            steps: 0,
        };
        if search.go_on(0, &model) {
            return Ok(());
        }
        if search.steps >= STEPS {
            return Err("nobody knows: too many orders".into());
        }
        if !may_be_loose {
            break;
        }
    }
    Err("no order explains what was answered".into())
}

/// What an event tells, but for its number.
fn told(event: &Happened) -> (&str, u16, usize, i64) {
    (event.kind, event.invite, event.person, event.at)
}

/// The same room with events in no order.
fn unordered(room: &Room) -> Room {
    let mut room = room.clone();
    room.events
        .sort_by(|one, other| told(one).cmp(&told(other)));
    for event in &mut room.events {
        event.number = 0;
    }
    room
}

impl Search<'_> {
    fn go_on(&mut self, done: u64, model: &Model) -> bool {
        self.steps += 1;
        let calls = self.calls;
        let open = || {
            calls
                .iter()
                .enumerate()
                .filter(|(place, _)| done & (1 << place) == 0)
        };
        // What began after one had ended cannot have happened before it. Who gave up has not ended.
        let bound = open()
            .filter(|(_, call)| call.answer.is_some())
            .map(|(_, call)| call.end)
            .min();
        let Some(bound) = bound.filter(|_| self.steps < STEPS) else {
            if bound.is_none() && self.is_there(&model.room(self.resource, self.now)) {
                return true;
            }
            return bound.is_none() && self.try_each(done, model, u64::MAX);
        };
        self.try_each(done, model, bound)
    }

    fn try_each(&mut self, done: u64, model: &Model, bound: u64) -> bool {
        let state = self.hasher.hash_one(model.fingerprint(self.resource));
        if !self.tried.insert((done, state)) {
            return false;
        }
        let calls = self.calls;
        for (place, call) in calls.iter().enumerate() {
            if done & (1 << place) != 0 || call.begin > bound {
                continue;
            }
            let next = done | (1 << place);
            let nothing_done = matches!(
                call.answer,
                Some(Answer::Refused("try_again" | "unknown_outcome", _))
            );
            if nothing_done && self.go_on(next, model) {
                return true;
            }
            let known = call.answer.as_ref().filter(|_| !nothing_done);
            if matches!(call.answer, Some(Answer::Refused("try_again", _))) {
                continue;
            }
            let mut after = model.clone();
            let promised = match &call.what {
                // Its rows go a moment later.
                What::Op(Op::Delete { by, resource, .. }) => {
                    let (by, resource, swept) = (*by, *resource, false);
                    let op = Op::Delete {
                        by,
                        resource,
                        swept,
                    };
                    after.carry_out_at(call.now, &op, None)
                }
                What::Op(op) => after.carry_out_at(call.now, op, None),
                What::End(invite) => after.end(*invite, call.now),
            };
            let fits = known.is_none_or(|answer| fits(&call.what, answer, &promised));
            if known.is_some_and(is_full_elsewhere) {
                after = model.clone();
            }
            if fits && self.is_on_the_way(&after, next) && self.go_on(next, &after) {
                return true;
            }
        }
        false
    }

    fn is_there(&self, room: &Room) -> bool {
        if self.is_loose {
            unordered(room) == unordered(self.room)
        } else {
            room == self.room
        }
    }

    /// Whether what has happened is what events tell; what was deleted they tell no more.
    fn is_on_the_way(&self, model: &Model, done: u64) -> bool {
        let mut calls = self.calls.iter().enumerate();
        if calls.any(|(place, call)| call.has_deleted() && done & (1 << place) == 0) {
            return true;
        }
        let room = model.room(self.resource, self.now);
        if self.is_loose {
            let is_told = |event| self.room.events.iter().any(|one| told(one) == told(event));
            return room.events.iter().all(is_told);
        }
        room.events
            .iter()
            .zip(&self.room.events)
            .all(|(one, other)| one.number == other.number && told(one) == told(other))
            && room.events.len() <= self.room.events.len()
    }
}

/// Whether it was refused for what other resources count with, so that nothing was done.
fn is_full_elsewhere(answer: &Answer) -> bool {
    *answer == Answer::full("resources") || *answer == Answer::full("mails")
}

fn fits(what: &What, answer: &Answer, promised: &Answer) -> bool {
    match (what, answer, promised) {
        // What it would have been one more of is counted over all resources; here it would have been let through.
        (_, Answer::Refused("limit_reached", of), Answer::Shown(_)) if of == "mails" => true,
        (_, Answer::Refused("limit_reached", of), _) if of == "resources" => matches!(
            promised,
            Answer::Letters(_) | Answer::Refused("already_exists", _)
        ),
        // A list of another version may have been no good in itself, or no better than the one that stands.
        (What::Op(Op::Put { .. }), Answer::Refused(one, _), Answer::Refused(other, _))
            if one != other =>
        {
            let outdated = |code: &str| matches!(code, "conflict" | "invalid_option");
            outdated(one) && outdated(other)
        }
        _ => answer == promised,
    }
}
