//! Listing invites, page by page.

use super::Model;
use crate::answer::{Answer, Key, Shown};
use crate::history::{ADDRESSES, Asker, For, Op};

/// The most that a page can hold.
pub(super) const PAGE: u32 = 100;

impl Model {
    pub(super) fn list(
        &self,
        now: i64,
        op: &Op,
        by: Asker,
        resource: usize,
    ) -> Result<Answer, Answer> {
        let Op::List {
            everyone,
            status,
            addressed,
            by_address,
            page_size,
            ..
        } = op
        else {
            unreachable!()
        };
        let person = self.manager(by, resource)?;
        if !(1..=PAGE).contains(page_size) {
            return Err(Answer::not_acceptable("page_size"));
        }
        let wanted = self.invites.iter().enumerate().filter(|(_, invite)| {
            let is_in = invite.resource == resource && (*everyone || invite.by == person);
            let stands = match status {
                None => invite.lives(now),
                Some(status) => invite.status(now) == status.as_str(),
            };
            let is_for = match addressed {
                For::Whoever => !*by_address || invite.email.is_some(),
                For::Somebody => invite.email.is_some(),
                For::Address(address) => invite.email == Some(*address),
            };
            is_in && stands && is_for
        });
        let mut wanted: Vec<_> = wanted.collect();
        if *by_address {
            // The addresses of people stand in the order of the people, in whatever way they are written.
            wanted.sort_by_key(|(place, invite)| {
                (invite.email.map(|email| ADDRESSES[email].1), *place)
            });
        } else {
            wanted.reverse();
        }
        let shown: Vec<Shown> = wanted
            .into_iter()
            .map(|(_, invite)| {
                let key = if invite.by == person {
                    Key::Same
                } else {
                    Key::Absent
                };
                self.shown(invite, now, key)
            })
            .collect();
        let mut pages: Vec<Vec<Shown>> = shown
            .chunks(*page_size as usize)
            .map(<[Shown]>::to_vec)
            .collect();
        if pages.is_empty() {
            pages.push(Vec::new());
        }
        Ok(Answer::Pages(pages))
    }
}
