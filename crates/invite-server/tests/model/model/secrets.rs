//! The server's secrets: next, active, retired, gone.

use super::{Model, ends::in_order_of};
use crate::answer::Answer;
use crate::history::{DAY, HOUR, Which};

/// How long the next secret is published before it may be used.
const PUBLISHED: i64 = HOUR;
/// How long a retired one is kept in any case: a signed key may live so long, and copies may learn late of it.
const KEPT: i64 = 30 * DAY + HOUR;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) id: u32,
    /// Since when it stands where it does.
    since: i64,
}

/// All of them.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    pub(crate) active: Secret,
    pub(crate) next: Secret,
    /// The last first.
    pub(crate) retired: Vec<Secret>,
    made: u32,
    /// The latest time at which the server that runs was asked what counts: it does not go by an earlier one again.
    latest: i64,
}

impl Ring {
    pub(super) fn new(now: i64) -> Ring {
        let secret = |id, since| Secret { id, since };
        Ring {
            active: secret(0, now),
            next: secret(1, now - PUBLISHED),
            retired: Vec::new(),
            made: 2,
            latest: i64::MIN,
        }
    }

    fn fresh(&mut self, now: i64) -> Secret {
        self.made += 1;
        Secret {
            id: self.made - 1,
            since: now,
        }
    }

    fn activate_next(&mut self, now: i64) -> Secret {
        let fresh = self.fresh(now);
        let next = std::mem::replace(&mut self.next, fresh);
        std::mem::replace(&mut self.active, Secret { since: now, ..next })
    }

    /// A server starts, which has not been asked anything.
    pub(super) fn restart(&mut self) {
        self.latest = i64::MIN;
    }

    /// Whether something counts that was made with a secret and lives so long at most.
    pub(super) fn counts(&mut self, id: u32, now: i64, lifetime: i64) -> bool {
        self.latest = self.latest.max(now);
        let now = self.latest;
        let before = self.retired.first();
        let before = before.filter(|before| now < before.since + lifetime);
        self.active.id == id || before.is_some_and(|before| before.id == id)
    }

    /// Whether a key can be made again that was made with it.
    pub(super) fn has(&self, id: u32) -> bool {
        let mut retired = self.retired.iter();
        self.active.id == id || self.next.id == id || retired.any(|one| one.id == id)
    }
}

impl Model {
    pub(super) fn rotate(&mut self, now: i64, at_once: bool) -> Result<Answer, Answer> {
        if now < self.ring.next.since + PUBLISHED && !at_once {
            return Err(Answer::refused("too_soon"));
        }
        let before = self.ring.activate_next(now);
        let retired = &mut self.ring.retired;
        retired.insert(
            0,
            Secret {
                since: now,
                ..before
            },
        );
        // One goes when no invite needs it any more, and nobody its public key.
        let (invites, left) = (&self.invites, self.going.values().flatten());
        let needed = |id| {
            let all = invites.iter().chain(left.clone());
            let mut made = all.filter(|invite| invite.secret == id);
            made.any(|invite| invite.is_open())
        };
        retired.retain(|secret| now < secret.since + KEPT || needed(secret.id));
        Ok(Answer::Done)
    }

    /// Ends all at once that was made with it.
    pub(super) fn revoke_secret(
        &mut self,
        now: i64,
        which: Which,
        real: Option<&Answer>,
    ) -> Result<Answer, Answer> {
        let ring = &mut self.ring;
        let id = match which {
            Which::Active => ring.activate_next(now).id,
            Which::Next => {
                let fresh = ring.fresh(now);
                std::mem::replace(&mut ring.next, fresh).id
            }
            Which::Retired if ring.retired.is_empty() => return Err(Answer::refused("not_found")),
            Which::Retired => ring.retired.remove(0).id,
        };
        let made = self.invites.iter();
        let made = made.filter(|invite| invite.secret == id && invite.is_open());
        let mut ended: Vec<(u16, usize)> = made.map(|invite| (invite.name, invite.by)).collect();
        in_order_of(&mut ended, real, |(name, _)| *name);
        for (name, inviter) in &ended {
            self.take_back(*name, *inviter, now);
        }
        Ok(self.ended(ended.into_iter().map(|(name, _)| name)))
    }
}
