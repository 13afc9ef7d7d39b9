//! Who has access to resources, and what has happened there.

use invite_key::permissions::{Permission, Permissions};

use super::{Invite, Model, invites::letters};
use crate::answer::Answer;
use crate::history::{ADDRESSES, Asker, Op, Seen};

/// So many links are shown.
const LINKS: usize = 20;
/// So many events are read at once.
const EVENTS: usize = 100;

impl Model {
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
        let version = self.resources[&resource].version;
        let seen = match seen {
            Seen::Latest | Seen::Unsaid => version,
            Seen::Stale => version - 1,
            Seen::Version(version) => *version,
        };
        let mut wanted = self.resources[&resource].clone();
        wanted.set(*person, letters(text));
        if wanted.admins().next().is_none() {
            return Err(Answer::not_acceptable("members"));
        }
        if seen != version {
            return Err(Answer::refused("conflict"));
        }
        self.let_do(asker, resource, *person, letters(text))?;
        Ok(self.list_of_members(resource))
    }

    /// Somebody may do just this: nobody gives what they do not hold, and somebody stays who can undo it.
    fn let_do(
        &mut self,
        asker: usize,
        resource: usize,
        person: usize,
        letters: Permissions,
    ) -> Result<(), Answer> {
        let (held, before) = (
            self.letters(resource, asker),
            self.letters(resource, person),
        );
        if !letters.gained(before).is_within(held) {
            return Err(Answer::Refused("forbidden", "permissions".into()));
        }
        let mut wanted = self.resources[&resource].clone();
        wanted.set(person, letters);
        if self.has_admin(resource) && wanted.admins().next().is_none() {
            return Err(Answer::refused("last_admin"));
        }
        // What is there already changes nothing.
        if letters != before {
            self.resources.insert(resource, wanted);
        }
        Ok(())
    }

    pub(super) fn member(
        &self,
        by: Asker,
        resource: usize,
        person: usize,
    ) -> Result<Answer, Answer> {
        let asker = self.asker(by)?;
        let is_member = !self.letters(resource, asker).is_empty();
        if !self.is_its_own(by, Some(resource)) || !(is_member || asker == person) {
            return Err(Answer::refused("forbidden"));
        }
        let letters = self.letters(resource, person);
        let letters = Some(letters.as_str()).filter(|letters| !letters.is_empty());
        Ok(Answer::Member(letters))
    }

    pub(super) fn set_member(
        &mut self,
        now: i64,
        by: Asker,
        resource: usize,
        (person, text): (usize, &'static str),
        end_links: bool,
    ) -> Result<Answer, Answer> {
        let (asker, wanted) = (self.asker(by)?, letters(text));
        let before = self.letters(resource, person);
        // Anybody may give up letters of their own; what links do is an admin's business.
        let gives_up = asker == person && wanted.is_within(before) && !end_links;
        let is_admin = self.is_admin(resource, asker);
        if !self.is_its_own(by, Some(resource)) {
            return Err(Answer::refused("forbidden"));
        }
        if !gives_up && !is_admin {
            return Err(Answer::refused("not_admin"));
        }
        let letters = wanted.as_str();
        if !self.resources.contains_key(&resource) {
            return Ok(Answer::MemberSet {
                letters,
                links: None,
            });
        }
        self.let_do(asker, resource, person, wanted)?;
        let lost = before.gained(wanted);
        let loses = wanted.is_empty() || !lost.is_empty();
        if !(is_admin && loses) {
            return Ok(Answer::MemberSet {
                letters,
                links: None,
            });
        }
        let gives_back = |grants: Permissions| wanted.is_empty() || grants.gained(lost) != grants;
        let lets_in = |invite: &&Invite| {
            let inviter = self.letters(resource, invite.by);
            let may_grant = inviter.contains(Permission::Admin) && invite.grants.is_within(inviter);
            let is_theirs = invite
                .email
                .is_none_or(|email| self.has_address(person, ADDRESSES[email].1));
            invite.resource == resource
                && invite.is_open()
                && !invite.spent()
                && may_grant
                && is_theirs
                && gives_back(invite.grants)
        };
        // What seems over is not told, and ends all the same.
        let all = self.invites.iter().rev().filter(lets_in);
        let (links, over): (Vec<_>, Vec<_>) =
            all.partition(|invite| invite.status(now) == "pending");
        let names = |all: Vec<&Invite>| all.into_iter().map(|one| one.name).collect::<Vec<_>>();
        let (links, over) = (names(links), names(over));
        let ended = end_links && !links.is_empty();
        if end_links {
            for link in links.iter().chain(&over) {
                self.take_back(*link, asker, now);
            }
        }
        let (total, mut newest) = (links.len(), links);
        newest.truncate(LINKS);
        Ok(Answer::MemberSet {
            letters,
            links: Some((newest, total, ended)),
        })
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
