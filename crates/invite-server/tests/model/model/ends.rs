//! What is over: told, deleted, and erased.

use super::Model;
use crate::answer::Answer;
use crate::history::{ADDRESSES, DAY};

/// In the order of the real answer, as far as it has them; the others as they were.
pub(super) fn in_order_of<One>(all: &mut [One], real: Option<&Answer>, name: impl Fn(&One) -> u16) {
    if let Some(Answer::Ended(order)) = real {
        let place = |one: &One| order.iter().position(|other| *other == name(one));
        all.sort_by_key(|one| place(one).unwrap_or(usize::MAX));
    }
}

impl Model {
    /// These have ended, as it is answered.
    pub(super) fn ended(&self, names: impl Iterator<Item = u16>) -> Answer {
        let mut names: Vec<u16> = names.collect();
        names.sort_by_key(|name| self.invite(*name).map(|invite| invite.resource));
        Answer::Ended(names)
    }

    pub(super) fn tell_ends(&mut self, real: Option<&Answer>) -> Result<Answer, Answer> {
        let now = self.time.trusted().ok_or(Answer::Paused)?;
        let over = self.invites.iter().filter(|invite| {
            invite.removed_at.is_none() && !invite.told && invite.expires_at <= now
        });
        let mut over: Vec<(i64, u16, usize)> = over
            .map(|invite| (invite.expires_at, invite.name, invite.by))
            .collect();
        // Of two that end at one moment either is told first.
        in_order_of(&mut over, real, |(_, name, _)| *name);
        over.sort_by_key(|(end, ..)| *end);
        for (_, name, _) in &over {
            self.end(*name, now);
        }
        Ok(self.ended(over.into_iter().map(|(_, name, _)| name)))
    }

    /// One that is over is told, once.
    pub(crate) fn end(&mut self, name: u16, now: i64) -> Answer {
        let found = self.invite_mut(name).filter(|invite| {
            invite.removed_at.is_none() && !invite.told && invite.expires_at <= now
        });
        let Some(invite) = found else {
            return Answer::refused("not_over");
        };
        invite.told = true;
        let inviter = invite.by;
        self.tell("invite.expired", name, inviter, now);
        Answer::Done
    }

    pub(super) fn purge(&mut self, days: u32) -> Result<Answer, Answer> {
        let now = self.time.trusted().ok_or(Answer::Paused)?;
        let before = now - i64::from(days) * DAY;
        // What lasts a short while is judged by the clock of whoever serves.
        let over = now.min(self.time.wall);
        self.delete(|invite| {
            invite.expires_at < before || invite.removed_at.is_some_and(|at| at < before)
        });
        for resource in self.resources.values_mut() {
            resource.events.retain(|event| event.4 >= before);
            resource.onces.retain(|once| once.until >= over);
        }
        self.purge_sessions(over);
        self.purge_recipients(over);
        Ok(Answer::Done)
    }

    /// Invites and all that hangs on them.
    fn delete(&mut self, is_to_go: impl Fn(&super::Invite) -> bool) {
        self.invites.retain(|invite| !is_to_go(invite));
        for left in self.going.values_mut() {
            left.retain(|invite| !is_to_go(invite));
        }
        let invites = &self.invites;
        for resource in self.resources.values_mut() {
            let is_there = |name| invites.iter().any(|invite| invite.name == name);
            resource.onces.retain(|once| is_there(once.invite));
        }
    }

    pub(super) fn erase_user(&mut self, person: usize) -> Answer {
        for resource in self.resources.values_mut() {
            if !resource.letters(person).is_empty() {
                resource.set(person, invite_key::Permissions::NONE);
            }
            resource.events.retain(|event| event.3 != person);
            resource.onces.retain(|once| once.person != person);
            if resource.creator == Some(person) {
                resource.creator = None;
            }
        }
        self.delete(|invite| invite.by == person);
        for invite in &mut self.invites {
            invite.used.retain(|(who, _)| *who != person);
        }
        self.forget_person(person);
        Answer::Done
    }

    pub(super) fn erase_address(&mut self, address: usize) -> Answer {
        let whose = ADDRESSES[address].1;
        self.recipients.remove(&whose);
        self.delete(|invite| {
            invite
                .email
                .is_some_and(|email| ADDRESSES[email].1 == whose)
        });
        Answer::Done
    }
}
