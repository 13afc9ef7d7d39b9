//! One call among what the world has heard: who made it, and what the servers said to what it asks.

use serde_json::Value;

use crate::executor::Time;
use crate::ledger::{Question, Said, What};
use crate::properties::Property;
use crate::town::Person;
use crate::world::{Auth, World};

/// A call, and what was said to such a question.
pub struct Asked<'a> {
    pub world: &'a World,
    pub id: usize,
    pub what: What,
    pub place: String,
    pub run: usize,
    pub started: Time,
}

impl Asked<'_> {
    pub fn of(world: &World, id: usize) -> Asked<'_> {
        let calls = world.ledger.calls.borrow();
        let record = &calls[id];
        Asked {
            world,
            id,
            what: record.call.what.clone(),
            place: record.call.resource.unwrap_or("doc").to_owned(),
            run: record.run,
            started: record.started,
        }
    }

    /// Who joins a flight gets an answer that may have been under way before; features and accounts are asked for once.
    fn since(&self) -> Time {
        match self.what {
            What::Create { .. }
            | What::Get
            | What::ListPage { .. }
            | What::Check(_)
            | What::Preview(_)
            | What::Members
            | What::Remove(_)
            | What::RemoveId(_) => self.started,
            _ => 0,
        }
    }

    pub fn any_said(
        &self,
        wanted: impl Fn(&Question) -> bool,
        fits: impl Fn(&Said) -> bool,
    ) -> bool {
        let said = self.world.ledger.said.borrow();
        let asked = |said: &&Said| said.question.as_ref().is_none_or(&wanted);
        let since = self.since();
        said.iter()
            .filter(|said| said.at >= since)
            .filter(asked)
            .any(fits)
    }

    pub fn was_answered(&self, question: &Question, fits: impl Fn(&Value) -> bool) -> bool {
        self.any_said(
            |asked| asked == question,
            |said| said.answer.as_ref().is_ok_and(&fits),
        )
    }

    /// Whether the server itself denied the create, which is a lie of its own.
    pub fn was_refused(&self, code: &str) -> bool {
        let said = self.world.ledger.said.borrow();
        said.iter().any(|said| {
            let is_create = matches!(said.question, Some(Question::Create(_)));
            is_create && said.answer.as_ref().is_err_and(|said| said == code)
        })
    }

    pub fn broken(&self, property: Property, what: &str) {
        let Asked { id, what: call, .. } = self;
        self.world
            .broken(property, format!("call {id} ({call:?}): {what}"));
    }

    /// The key that the call is about.
    pub fn key(&self) -> Option<&str> {
        match &self.what {
            What::Check(key)
            | What::Accept(key)
            | What::Remove(key)
            | What::Preview(key)
            | What::Link(key)
            | What::AcceptInvite(key, _) => Some(key),
            _ => None,
        }
    }
}

/// Who the calls of a run may be made as.
pub fn people(world: &World, run: usize) -> Vec<Person> {
    match world.ledger.auths.borrow()[run] {
        Auth::Cookies => world.page.people.borrow().clone(),
        Auth::Token(person) | Auth::Function(person) => vec![person],
    }
}

/// Who is meant; nobody for nobody.
pub fn person_in(said: &Value) -> Option<&str> {
    let user = if said["user"].is_object() {
        &said["user"]
    } else {
        said
    };
    user["username"]
        .as_str()
        .filter(|name| *name != "anonymous")
}
