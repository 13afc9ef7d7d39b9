//! Resources, who has access to them, and what has happened there.

use invite_key::permissions::{Permission, Permissions};

use super::{Model, Resource, invites::letters};
use crate::answer::Answer;
use crate::history::{Asker, Op, Seen};

/// So many events are read at once.
const EVENTS: usize = 100;

impl Model {
    pub(super) fn new_resource(&mut self, by: Asker, resource: usize) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        if self.resources.contains_key(&resource) {
            return Err(Answer::refused("already_exists"));
        }
        let mut begun = Resource::default();
        begun.set(person, Permissions::ALL);
        self.resources.insert(resource, begun);
        if let Some(app) = by.app().and_then(|app| self.apps.get_mut(&app)) {
            app.resources.insert(resource);
        }
        Ok(Answer::Letters(Permissions::ALL.as_str()))
    }

    pub(super) fn appoint(&mut self, resource: usize, person: usize, text: &str) -> Answer {
        let found = self.resources.entry(resource).or_default();
        found.set(person, letters(text));
        Answer::Done
    }

    pub(super) fn members(&self, by: Asker, resource: usize) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        let may = self.is_its_own(by, Some(resource)) && !self.letters(resource, person).is_empty();
        if !may {
            return Err(Answer::refused("forbidden"));
        }
        Ok(self.list_of_members(resource))
    }

    fn list_of_members(&self, resource: usize) -> Answer {
        let found = &self.resources[&resource];
        let members = found.members.iter();
        Answer::Members {
            version: found.version,
            members: members
                .map(|(person, letters)| (*person, letters.as_str()))
                .collect(),
        }
    }

    pub(super) fn put(&mut self, op: &Op, by: Asker, resource: usize) -> Result<Answer, Answer> {
        let Op::Put {
            person,
            letters: text,
            seen,
            ..
        } = op
        else {
            unreachable!()
        };
        let asker = self.manager(by, resource)?;
        let (held, version) = (
            self.letters(resource, asker),
            self.resources[&resource].version,
        );
        // The list is of another version then, and may be no good in itself.
        if matches!(seen, Seen::Version(seen) if *seen != version) {
            return Err(Answer::refused("conflict"));
        }
        let mut wanted = self.resources[&resource].clone();
        wanted.set(*person, letters(text));
        if wanted.admins().next().is_none() {
            return Err(Answer::not_acceptable("members"));
        }
        let seen = match seen {
            Seen::Latest | Seen::Unsaid | Seen::Version(_) => version,
            Seen::Stale => version - 1,
        };
        if seen != version {
            return Err(Answer::refused("conflict"));
        }
        let before = self.letters(resource, *person);
        if !letters(text).gained(before).is_within(held) {
            return Err(Answer::Refused("forbidden", "permissions".into()));
        }
        // What is there already changes nothing.
        if letters(text) != before {
            self.resources.insert(resource, wanted);
        }
        Ok(self.list_of_members(resource))
    }

    pub(super) fn own_letters(&self, by: Asker, resource: usize) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        let letters = if self.is_its_own(by, Some(resource)) {
            self.letters(resource, person)
        } else {
            Permissions::NONE
        };
        Ok(Answer::Letters(letters.as_str()))
    }

    pub(super) fn own_resources(&self, by: Asker) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        let own = self.resources.iter().filter(|(resource, found)| {
            !found.letters(person).is_empty() && self.is_its_own(by, Some(**resource))
        });
        let own = own.map(|(resource, found)| (*resource, found.letters(person).as_str()));
        Ok(Answer::Resources(own.collect()))
    }

    pub(super) fn events(
        &self,
        by: Asker,
        resource: usize,
        after: Option<i64>,
    ) -> Result<Answer, Answer> {
        self.manager(by, resource)?;
        let found = &self.resources[&resource];
        let after = after.unwrap_or(found.last_event).min(found.last_event);
        let next = found.events.iter().filter(|event| event.0 > after);
        let events: Vec<_> = next
            .take(EVENTS)
            .map(|event| self.happened(*event))
            .collect();
        Ok(Answer::Events {
            place: events.last().map_or(found.last_event, |last| last.number),
            events,
        })
    }

    /// Whether somebody is there who can undo a change.
    pub(crate) fn has_admin(&self, resource: usize) -> bool {
        let found = self.resources.get(&resource);
        found.is_some_and(|found| {
            let mut members = found.members.iter();
            members.any(|(_, letters)| letters.contains(Permission::Admin))
        })
    }
}
