//! How much of something there may be.

use std::collections::BTreeMap;

use invite_server::core::Quotas;

use super::Model;
use crate::answer::Answer;
use crate::history::{ADDRESSES, HOUR};

/// When mails to the address of somebody were asked for, as far as it is remembered; the first first.
pub(crate) type Recipients = BTreeMap<usize, Vec<i64>>;

/// Refuses one more where there are as many as may be; 0 is any number.
pub(super) fn full(there_are: usize, quota: u32, what: &str) -> Result<(), Answer> {
    if quota > 0 && there_are >= quota as usize {
        return Err(Answer::full(what));
    }
    Ok(())
}

/// The same times with another, if there may be another within the hour.
pub(crate) fn asked_again(asked: &[i64], quota: u32, now: i64) -> Result<Vec<i64>, Answer> {
    let counts = asked.iter().copied().filter(|at| at + HOUR > now);
    let mut counts: Vec<i64> = counts.collect();
    full(counts.len(), quota, "mails")?;
    counts.push(now);
    Ok(counts)
}

impl Model {
    pub(super) fn allow(&mut self, invites: u32, resources: u32, mails: u32) -> Answer {
        self.quotas = Quotas {
            invites,
            resources,
            mails,
        };
        Answer::Done
    }

    /// How many resources somebody has created that are still there.
    pub(crate) fn created_by(&self, person: usize) -> usize {
        let all = self.resources.values();
        all.filter(|found| found.creator == Some(person)).count()
    }

    /// Whether somebody may have another invite there that can be accepted.
    pub(super) fn may_live(&self, now: i64, resource: usize, person: usize) -> Result<(), Answer> {
        let live = self.invites.iter().filter(|invite| {
            invite.resource == resource && invite.by == person && invite.status(now) == "pending"
        });
        full(live.count(), self.quotas.invites, "invites")
    }

    /// A mail goes to this address, if there may be another.
    pub(super) fn mail(&mut self, now: i64, email: usize) -> Result<(), Answer> {
        let quota = self.quotas.mails;
        if quota > 0 {
            let asked = self.recipients.entry(ADDRESSES[email].1).or_default();
            *asked = asked_again(asked, quota, now)?;
        }
        Ok(())
    }

    /// Of whom nothing counts any more is forgotten.
    pub(super) fn purge_recipients(&mut self, now: i64) {
        let last = |asked: &[i64]| asked.last().is_some_and(|last| last + HOUR >= now);
        self.recipients.retain(|_, asked| last(asked));
    }
}
