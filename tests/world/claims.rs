//! What is claimed to have happened, held against what did.

use serde_json::Value;

use crate::asked::{Asked, people, person_in};
use crate::executor::Time;

use crate::ledger::{Question, What};
use crate::properties::Property;
use crate::sabotage::Sabotage;
use crate::town::{self, Fact, Person};
use crate::world::{Dialect, World};

pub fn judge_letters(asked: &Asked<'_>, key: &str, letters: &Value) {
    if !are_letters_true(asked, key, letters) {
        asked.broken(Property::LettersAreTrue, &letters.to_string());
    }
}

pub fn are_letters_true(asked: &Asked<'_>, key: &str, letters: &Value) -> bool {
    let question = Question::Accept(key.to_owned());
    let said = |said: &Value| said == letters || said["permissions"] == *letters;
    if asked.was_answered(&question, said) {
        return true;
    }
    // What a Webstrates server says that somebody has is what it believes, for minutes.
    let place = Question::Letters(asked.place.clone());
    let believed = |said: &Value| match (said.as_str(), letters.as_str()) {
        (Some(said), Some(letters)) => town::is_within(letters, said),
        _ => false,
    };
    if asked.was_answered(&place, believed) {
        return true;
    }
    let town = asked.world.town.borrow();
    let place = match (asked.world.dialect, town.with_key(key)) {
        (Dialect::Http, Some(invite)) => town.invites[invite].resource,
        _ => asked.place.as_str(),
    };
    letters.as_str().is_some_and(|letters| {
        people(asked.world, asked.run)
            .into_iter()
            .any(|person| town.held_since(asked.started, place, person, letters))
    })
}

pub fn is_removed(asked: &Asked<'_>, name: &str) -> bool {
    let town = asked.world.town.borrow();
    let told = people(asked.world, asked.run);
    let found = town.with_key(name).or_else(|| town.with_id(name));
    found.is_some_and(|found| {
        let by_them = |fact: &(Time, Fact)| {
            matches!(fact.1, Fact::Removed { invite, by } if invite == found && told.contains(&by))
        };
        let invite = &town.invites[found];
        let is_gone = !town.is_live(asked.world.executor.now(), invite);
        is_gone && told.contains(&invite.by) || town.facts.iter().any(by_them)
    })
}

/// Whether there is no such invite to accept, whosever it was.
fn is_gone(asked: &Asked<'_>, name: &str) -> bool {
    let town = asked.world.town.borrow();
    let found = town.with_key(name).or_else(|| town.with_id(name));
    found.is_none_or(|found| !town.is_live(asked.world.executor.now(), &town.invites[found]))
}

pub fn judge_remove(asked: &Asked<'_>, name: &str, deleted: &Value) {
    let said = |said: &Value| said["acknowledged"] == true;
    // Nothing was deleted, it says, and nothing is there.
    if *deleted == 0 && is_gone(asked, name) {
        return;
    }
    if !is_removed(asked, name) && !asked.was_answered(&Question::Remove(name.to_owned()), said) {
        asked.broken(
            Property::RemovesAreTrue,
            "it is not gone, or was not theirs",
        );
    }
}

/// The page is told something.
pub fn emitted(world: &World, event: &str, detail: &Value) {
    world.trace(|| format!("event {event} {detail}"));
    let Some(id) = world.executor.current() else {
        return;
    };
    let asked = Asked::of(world, id);
    let text = detail.to_string();
    let town = world.town.borrow();
    let is_true = match (event, &asked.what) {
        ("invitecreated", What::Create { max_age, .. }) => town
            .invites
            .iter()
            .any(|invite| invite.max_age == *max_age && !text.contains(&invite.key)),
        ("inviteremoved", What::Remove(name) | What::RemoveId(name)) => is_removed(&asked, name),
        ("inviteaccepted", What::Accept(key) | What::AcceptInvite(key, _)) => {
            are_letters_true(&asked, key, &detail["permissions"])
        }
        ("inviteused", What::Watch) => {
            let who = person_in(detail).and_then(Person::named);
            if world.sabotage != Sabotage::LookAway {
                world.ledger.used.borrow_mut().extend(who);
            }
            let place = detail["resource"].as_str().and_then(town::resource);
            let letters = detail["permissions"].as_str().unwrap_or_default();
            who.zip(place)
                .is_some_and(|(who, place)| town.held_since(0, place, who, letters))
        }
        ("invitewarning", _) => true,
        _ => false,
    };
    drop(town);
    let tells_key = asked.key().is_some_and(|key| text.contains(key));
    if !is_true || tells_key {
        asked.broken(Property::EventsAreTrue, &format!("{event} {text}"));
    }
}
