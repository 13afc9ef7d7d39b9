//! All that there is, as whoever may see it sees it.

use super::{Invite, Model};
use crate::answer::{Happened, Key, Room, Shown};
use crate::history::RESOURCES;

impl Model {
    pub(super) fn shown(&self, invite: &Invite, now: i64, key: Key) -> Shown {
        let status = invite.status(now);
        Shown {
            invite: invite.name,
            resource: invite.resource,
            grants: invite.grants.as_str(),
            by: invite.by,
            created_at: invite.created_at,
            expires_at: invite.expires_at,
            status,
            uses: invite.uses,
            max_uses: invite.max_uses,
            email: invite.email,
            accepted: invite.used.iter().rev().copied().collect(),
            key: match key {
                Key::Same if !invite.lives(now) => Key::Either,
                // It was over when that was taken back, and the clock was put back since.
                Key::Same if !self.ring.has(invite.secret) => Key::Absent,
                key => key,
            },
            labelled: true,
            whole: true,
        }
    }

    pub(super) fn happened(&self, event: (i64, &'static str, u16, usize, i64)) -> Happened {
        let (number, kind, invite, person, at) = event;
        Happened {
            number,
            kind,
            invite,
            person,
            at,
            uses: self.invite(invite).map(|invite| invite.uses),
        }
    }

    /// All that a resource holds.
    pub(crate) fn room(&self, resource: usize, now: i64) -> Room {
        let Some(found) = self.resources.get(&resource) else {
            return Room::default();
        };
        let invites = self.invites.iter().rev();
        let invites = invites.filter(|invite| invite.resource == resource);
        Room {
            exists: true,
            version: found.version,
            last_event: found.last_event,
            members: found
                .members
                .iter()
                .map(|(person, letters)| (*person, letters.as_str()))
                .collect(),
            invites: invites
                .map(|invite| self.shown(invite, now, Key::Absent))
                .collect(),
            events: found
                .events
                .iter()
                .map(|event| self.happened(*event))
                .collect(),
        }
    }

    /// As far as one resource is concerned: a call about another one changes nothing there.
    pub(crate) fn only(&self, resource: usize) -> Model {
        let mut only = self.clone();
        only.resources.retain(|other, _| *other == resource);
        only.going.retain(|other, _| *other == resource);
        only.invites.retain(|invite| invite.resource == resource);
        // What is counted over all of them is not counted here.
        (only.quotas.resources, only.quotas.mails) = (0, 0);
        only
    }

    /// The same for the same state of a resource.
    pub(crate) fn fingerprint(&self, resource: usize) -> String {
        format!(
            "{:?}{:?}{}",
            self.resources.get(&resource),
            self.invites,
            self.going.contains_key(&resource)
        )
    }

    pub(crate) fn rooms(&self) -> Vec<Room> {
        let now = self.time.wall;
        (0..RESOURCES.len())
            .map(|resource| self.room(resource, now))
            .collect()
    }
}
