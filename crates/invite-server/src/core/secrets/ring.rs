//! The life of a secret: next, active, retired, gone.
//!
//! It is published before anything is made with it, so that whoever has the file of before a rotation, another copy of
//! the server or somebody who keeps our JWK set, already trusts what comes of it. Once retired it makes nothing new; what
//! lives short counts for as long as that may live, and invites until the last one has ended.

use std::{fmt, iter, sync::Arc};

use super::{file::SecretFileUnusable, secret::Secret};
use crate::core::{Moment, options::MAX_AGE_LIMIT};

/// How long a secret is published before it is active: others keep a JWK set for a while.
const PUBLISHED: u32 = 3600;
/// How long a copy of the server with a file of its own may go on with a secret that is retired elsewhere.
const BROUGHT_WITHIN: u32 = 3600;
/// How long a retired signing key is published: the longest life of a signed key, made at the last by such a copy.
const PUBLISHED_AFTER: u32 = MAX_AGE_LIMIT + BROUGHT_WITHIN;

/// Where a secret stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Published and trusted; nothing is made with it yet.
    Next,
    /// All is made with it.
    Active,
    /// Nothing is made with it any more. What was counts until it has ended.
    Retired,
}

impl Stage {
    const ALL: [Stage; 3] = [Stage::Next, Stage::Active, Stage::Retired];

    /// As the secret file has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Next => "next",
            Stage::Active => "active",
            Stage::Retired => "retired",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) secret: Arc<Secret>,
    /// Since when it is in its stage.
    pub(super) since: Moment,
}

impl Kept {
    fn random(now: Moment) -> Result<Kept, SecretFileUnusable> {
        Ok(Kept {
            secret: Arc::new(Secret::random()?),
            since: now,
        })
    }

    fn counts_for(&self, seconds: u32, now: Moment) -> bool {
        now < self.since.plus_seconds(seconds)
    }
}

/// All secrets of a server.
#[derive(Clone)]
pub(super) struct Ring {
    pub(super) active: Kept,
    /// None where a revoked one was all there was.
    pub(super) next: Option<Kept>,
    /// The latest first.
    pub(super) retired: Vec<Kept>,
    /// Whether the active one only stands in for one that was revoked: no other copy knows it, and nothing is made with it
    /// that others would have to know.
    pub(super) stands_in: bool,
}

impl Ring {
    pub(super) fn generate(now: Moment) -> Result<Ring, SecretFileUnusable> {
        // Nobody has an older file: the first that comes next need not be known for an hour before.
        let before = Moment(now.0.saturating_sub(i64::from(PUBLISHED) * 1000));
        Ok(Ring {
            active: Kept::random(now)?,
            next: Some(Kept::random(before)?),
            retired: Vec::new(),
            stands_in: false,
        })
    }

    /// Of the lines of a file. `None` unless one is active, at most one is next, and all are different. Those that are
    /// retired stand in its order: by their times it would be another one where the clock was set back in between.
    pub(super) fn of(lines: Vec<(Stage, Kept)>) -> Option<Ring> {
        let (mut active, mut next, mut retired) = (Vec::new(), Vec::new(), Vec::new());
        for (stage, kept) in lines {
            match stage {
                Stage::Active => active.push(kept),
                Stage::Next => next.push(kept),
                Stage::Retired => retired.push(kept),
            }
        }
        let (active, none) = (active.pop()?, active);
        let (next, no_other) = (next.pop(), next);
        let ring = Ring {
            active,
            next,
            retired,
            stands_in: false,
        };
        let mut ids: Vec<_> = ring.all().map(|(_, kept)| &kept.secret.id).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        (none.is_empty() && no_other.is_empty() && ids.len() == count).then_some(ring)
    }

    /// The active one, the next, then the others, the latest first.
    pub(super) fn all(&self) -> impl Iterator<Item = (Stage, &Kept)> {
        let next = self.next.iter().map(|kept| (Stage::Next, kept));
        let retired = self.retired.iter().map(|kept| (Stage::Retired, kept));
        iter::once((Stage::Active, &self.active))
            .chain(next)
            .chain(retired)
    }

    pub(super) fn find(&self, id: &str) -> Option<&Secret> {
        let mut all = self.all().map(|(_, kept)| &*kept.secret);
        all.find(|secret| secret.id == id)
    }

    /// Those under which something counts that lives so many seconds at most: the active one, the next, which another
    /// copy may have made active already, and the one before for that long after another copy may have made it last.
    pub(super) fn counting(&self, seconds: u32, now: Moment) -> impl Iterator<Item = &Secret> {
        let before = self.retired.first();
        let seconds = seconds.saturating_add(BROUGHT_WITHIN);
        let before = before.filter(|kept| kept.counts_for(seconds, now));
        iter::once(&self.active)
            .chain(&self.next)
            .chain(before)
            .map(|kept| &*kept.secret)
    }

    /// Those whose public keys are published.
    pub(super) fn published(&self, now: Moment) -> impl Iterator<Item = &Secret> {
        let published = move |stage, kept: &Kept| {
            stage != Stage::Retired || kept.counts_for(PUBLISHED_AFTER, now)
        };
        let all = self
            .all()
            .filter(move |(stage, kept)| published(*stage, kept));
        all.map(|(_, kept)| &*kept.secret)
    }

    /// The retired ones whose time is over.
    pub(super) fn over(&self, now: Moment) -> impl Iterator<Item = &Secret> {
        let retired = self.retired.iter();
        let over = retired.filter(move |kept| !kept.counts_for(PUBLISHED_AFTER, now));
        over.map(|kept| &*kept.secret)
    }

    /// Makes the next one active. Refused before others can know it, unless it has to be at once.
    pub(super) fn rotate(&mut self, now: Moment, at_once: bool) -> Result<(), SecretFileUnusable> {
        let Some(next) = self.next.take() else {
            self.next = Some(Kept::random(now)?);
            return if at_once {
                self.rotate(now, true)
            } else {
                Ok(())
            };
        };
        if next.counts_for(PUBLISHED, now) && !at_once {
            let until = next.since.plus_seconds(PUBLISHED);
            self.next = Some(next);
            return Err(SecretFileUnusable::TooSoon { until });
        }
        let fresh = Kept::random(now)?;
        let before = std::mem::replace(&mut self.active, Kept { since: now, ..next });
        self.retired.insert(
            0,
            Kept {
                since: now,
                ..before
            },
        );
        self.next = Some(fresh);
        Ok(())
    }

    /// Takes one out; another takes its place. Whether it was here.
    pub(super) fn revoke(&mut self, id: &str, now: Moment) -> Result<bool, SecretFileUnusable> {
        let is_it = |kept: &Kept| kept.secret.id == id;
        if is_it(&self.active) {
            let next = match self.next.take() {
                Some(next) => next,
                None => Kept::random(now)?,
            };
            self.active = Kept { since: now, ..next };
            self.next = Some(Kept::random(now)?);
            return Ok(true);
        }
        if self.next.as_ref().is_some_and(is_it) {
            self.next = Some(Kept::random(now)?);
            return Ok(true);
        }
        Ok(self.forget(id))
    }

    /// Takes out a retired one.
    pub(super) fn forget(&mut self, id: &str) -> bool {
        let before = self.retired.len();
        self.retired.retain(|kept| kept.secret.id != id);
        self.retired.len() < before
    }

    /// Without those that were revoked, whatever the file says; `None` if none is left.
    pub(super) fn without(mut self, revoked: &[String]) -> Option<Ring> {
        self.take_out(revoked).then_some(self)
    }

    /// Gives up those that were revoked. If none is left, another stands in for the active one.
    pub(super) fn give_up(
        &mut self,
        revoked: &[String],
        now: Moment,
    ) -> Result<(), SecretFileUnusable> {
        if !self.take_out(revoked) {
            self.active = Kept::random(now)?;
            self.stands_in = true;
        }
        Ok(())
    }

    /// Whether something is left to go on with.
    fn take_out(&mut self, revoked: &[String]) -> bool {
        let is_left = |kept: &Kept| !revoked.contains(&kept.secret.id);
        self.retired.retain(is_left);
        self.next = self.next.take().filter(is_left);
        if is_left(&self.active) {
            return true;
        }
        let Some(next) = self.next.take() else {
            return false;
        };
        self.active = next;
        true
    }
}
