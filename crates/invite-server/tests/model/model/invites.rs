//! Making invites, accepting them, and taking them back.

use invite_key::permissions::Permissions;

use super::{Invite, Model, Once, Receipt, Resource};
use crate::answer::{Answer, Key};
use crate::history::{ADDRESSES, Asker, DAY, Kind, Named, Op, SECOND};

/// The longest that an invite may last, in seconds.
const LONGEST: u32 = 30 * 24 * 3600;
const MOST_USES: u32 = 10_000;
/// How long a receipt counts, in seconds, and how far the clocks of two copies may be apart.
const RECEIPT: i64 = 300;
const LEEWAY: i64 = 60;

pub(super) fn letters(text: &str) -> Permissions {
    Permissions::parse(text).unwrap_or(Permissions::NONE)
}

fn until(now: i64, seconds: u32) -> i64 {
    now + i64::from(seconds) * SECOND
}

impl Model {
    pub(super) fn create(
        &mut self,
        now: i64,
        op: &Op,
        by: Asker,
        resource: usize,
    ) -> Result<Answer, Answer> {
        let Op::Create {
            name,
            grants,
            max_age,
            max_uses,
            email,
            kind,
            once,
            send,
            ..
        } = op
        else {
            unreachable!()
        };
        let (name, grants) = (*name, letters(grants));
        self.asker(by)?;
        if !(1..=LONGEST).contains(max_age) {
            return Err(Answer::not_acceptable("maxAge"));
        }
        if max_uses.is_some_and(|uses| !(1..=MOST_USES).contains(&uses)) {
            return Err(Answer::not_acceptable("maxUses"));
        }
        if *send && email.is_none() {
            return Err(Answer::not_acceptable("email"));
        }
        let person = self.manager(by, resource)?;
        if !grants.is_within(self.letters(resource, person)) {
            return Err(Answer::Refused("forbidden", "permissions".into()));
        }
        let found = &self.resources[&resource];
        if let Some((key, body)) = *once {
            let mut onces = found.onces.iter();
            let made =
                onces.find(|once| once.person == person && once.key == key && once.until > now);
            if let Some(made) = made {
                if made.body != body {
                    return Err(Answer::not_acceptable("Idempotency-Key"));
                }
                let made = made.invite;
                return Ok(self.shown_to_inviter(made, now));
            }
        }
        // What was made before is answered again, whatever there is by now.
        self.may_live(now, resource, person)?;
        if let Some(email) = email.filter(|_| *send) {
            self.mail(now, email)?;
        }
        if let (Some((key, body)), Some(found)) = (*once, self.resources.get_mut(&resource)) {
            found
                .onces
                .retain(|once| once.person != person || once.key != key);
            found.onces.push(Once {
                person,
                key,
                body,
                invite: name,
                until: now + DAY,
            });
        }
        self.invites.push(Invite {
            name,
            resource,
            by: person,
            grants,
            kind: *kind,
            created_at: now,
            expires_at: until(now, *max_age),
            uses: 0,
            max_uses: *max_uses,
            email: *email,
            mailed: *send,
            used: Vec::new(),
            removed_at: None,
            told: false,
            secret: self.ring.active.id,
        });
        self.tell("invite.created", name, person, now);
        Ok(self.shown_to_inviter(name, now))
    }

    fn shown_to_inviter(&self, name: u16, now: i64) -> Answer {
        let invite = self.invite(name);
        Answer::Shown(self.shown(invite.expect("it is there"), now, Key::Same))
    }

    /// What accepting it would add for somebody, or why it would not be let through.
    fn opens(
        &self,
        now: i64,
        by: Asker,
        name: u16,
        resource: Option<usize>,
    ) -> Result<(&Invite, Permissions), Answer> {
        let person = by.person();
        let invalid = || Answer::refused("invalid_key");
        let invite = self.invite(name).ok_or_else(invalid)?;
        if resource.is_some_and(|resource| resource != invite.resource) {
            return Err(invalid());
        }
        let held = person.map_or(Permissions::NONE, |person| {
            self.letters(invite.resource, person)
        });
        let gained = invite.grants.gained(held);
        let status = invite.status(now);
        let inviter = self.letters(invite.resource, invite.by);
        let inviter_may =
            self.is_admin(invite.resource, invite.by) && invite.grants.is_within(inviter);
        let over = matches!(status, "removed" | "expired") || !inviter_may;
        // The same person again gets the same answer.
        let came_in_by_it = invite.used.iter().any(|(one, _)| Some(*one) == person);
        if over && came_in_by_it && gained.is_empty() {
            return Ok((invite, gained));
        }
        if over {
            return Err(Answer::refused(match status {
                "removed" => "removed",
                "expired" => "expired",
                _ => "inviter_not_admin",
            }));
        }
        // Whoever has it all already is let through and uses nothing up.
        if gained.is_empty() {
            return Ok((invite, gained));
        }
        // Of somebody whom an app vouches for no address is known.
        let is_theirs = |email: usize| match by {
            Asker::Nobody => true,
            Asker::Person(person) => ADDRESSES[email].1 == person,
            Asker::App(..) => false,
        };
        if !invite.email.is_none_or(is_theirs) {
            return Err(Answer::refused("wrong_account"));
        }
        if status == "accepted" {
            return Err(Answer::refused("exhausted"));
        }
        Ok((invite, gained))
    }

    pub(super) fn check(
        &self,
        now: i64,
        by: Asker,
        name: u16,
        resource: Option<usize>,
    ) -> Result<Answer, Answer> {
        self.app_takes_part(by)?;
        let invalid = || Answer::refused("invalid_key");
        let of = self.invite(name).map(|invite| invite.resource);
        if !self.is_its_own(by, of) {
            return Err(invalid());
        }
        let person = by.person();
        let opens = self.opens(now, by, name, resource);
        let (invite, gained) = match opens {
            Ok(opens) => opens,
            Err(refusal) if person.is_some() => return Err(refusal),
            Err(_) => return Err(invalid()),
        };
        let held = |person| self.letters(invite.resource, person);
        let is_own = person == Some(invite.by);
        let is_admin = person.is_some_and(|person| self.is_admin(invite.resource, person));
        let mut shown = self.shown(invite, now, Key::Absent);
        shown.labelled = is_own || is_admin;
        if !is_own {
            shown.accepted.clear();
        }
        Ok(Answer::Checked {
            reader: person.map(|person| (gained.as_str(), held(person).as_str())),
            invite: shown,
        })
    }

    pub(super) fn accept(
        &mut self,
        now: i64,
        by: Asker,
        name: u16,
        resource: Option<usize>,
        receipt: u16,
    ) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        if by.app().is_some() {
            return Err(Answer::refused("forbidden"));
        }
        let (invite, gained) = self.opens(now, by, name, resource)?;
        let (resource, grants) = (invite.resource, invite.grants);
        let letters = self.letters(resource, person).merge(grants);
        if !gained.is_empty() {
            if let Some(invite) = self.invite_mut(name) {
                invite.uses += 1;
                invite.used.push((person, now));
            }
            if let Some(found) = self.resources.get_mut(&resource) {
                found.set(person, letters);
            }
            self.tell("invite.used", name, person, now);
        }
        self.receipts.push(Receipt {
            name: receipt,
            invite: name,
            resource,
            person,
            letters,
            from: now.div_euclid(SECOND),
            secret: self.ring.active.id,
            redeemed: false,
        });
        Ok(Answer::Accepted {
            invite: name,
            resource,
            letters: letters.as_str(),
            gained: gained.as_str(),
            already: gained.is_empty(),
            whole: true,
        })
    }

    pub(super) fn redeem(&mut self, now: i64, app: usize, name: u16) -> Result<Answer, Answer> {
        let by = Asker::App(app, 0);
        self.app_takes_part(by)?;
        let no_good = || Answer::not_acceptable("receipt");
        let found = self.receipts.iter().position(|one| one.name == name);
        let place = found.ok_or_else(no_good)?;
        let receipt = self.receipts[place].clone();
        let seconds = now.div_euclid(SECOND);
        let counts = self.ring.counts(receipt.secret, now, RECEIPT * SECOND)
            && (receipt.from - LEEWAY..receipt.from + RECEIPT).contains(&seconds);
        if !counts {
            return Err(no_good());
        }
        if !self.is_its_own(by, Some(receipt.resource)) {
            return Err(Answer::refused("forbidden"));
        }
        // Whether it is of the resource that is there; of an invite that is gone the seconds tell.
        let begun = self.resources.get(&receipt.resource);
        let began_before = |found: &Resource| receipt.from > found.created_at.div_euclid(SECOND);
        let is_there = self.invite(receipt.invite).is_some();
        if !begun.is_some_and(|found| is_there || began_before(found)) {
            return Err(no_good());
        }
        if receipt.redeemed {
            return Err(Answer::refused("conflict"));
        }
        self.receipts[place].redeemed = true;
        Ok(Answer::Redeemed {
            invite: receipt.invite,
            person: receipt.person,
            letters: receipt.letters.as_str().to_owned(),
            // What was purged has no data any more.
            whole: self.invite(receipt.invite).is_some(),
        })
    }

    pub(super) fn remove(
        &mut self,
        now: i64,
        by: Asker,
        name: u16,
        named: Named,
        resource: Option<usize>,
    ) -> Result<Answer, Answer> {
        self.asker(by)?;
        let cannot = || Answer::refused("cannot_remove");
        let of = self.invite(name).map(|invite| invite.resource);
        let resource = resource.or(of).ok_or_else(cannot)?;
        let person = self.manager(by, resource)?;
        let invite = self.invite(name).filter(|invite| {
            invite.resource == resource && invite.by == person && invite.lives(now)
        });
        let invite = invite.ok_or_else(cannot)?;
        if named == Named::WhilePending && invite.status(now) != "pending" {
            return Err(cannot());
        }
        self.take_back(name, person, now);
        Ok(Answer::Removed {
            invite: name,
            resource,
        })
    }

    pub(super) fn take_back(&mut self, name: u16, person: usize, now: i64) {
        if let Some(invite) = self.invite_mut(name) {
            invite.removed_at = Some(now);
        }
        self.tell("invite.removed", name, person, now);
    }

    pub(super) fn resend(
        &mut self,
        now: i64,
        by: Asker,
        name: u16,
        max_age: u32,
    ) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        let not_found = || Answer::refused("not_found");
        let invite = self.invite(name).ok_or_else(not_found)?;
        if !self.is_its_own(by, Some(invite.resource)) || invite.by != person {
            return Err(not_found());
        }
        if !self.is_admin(invite.resource, person) {
            return Err(Answer::refused("not_admin"));
        }
        if !(1..=LONGEST).contains(&max_age) {
            return Err(Answer::not_acceptable("maxAge"));
        }
        if invite.removed_at.is_some() {
            return Err(Answer::refused("removed"));
        }
        if invite.spent() {
            return Err(Answer::refused("exhausted"));
        }
        // Nobody can make its key again; whoever leaked it perhaps can.
        if invite.kind == Kind::Signed || !self.ring.has(invite.secret) {
            return Err(Answer::not_acceptable("id"));
        }
        if !invite
            .grants
            .is_within(self.letters(invite.resource, person))
        {
            return Err(Answer::Refused("forbidden", "permissions".into()));
        }
        // One that was over lives again.
        if invite.status(now) == "expired" {
            self.may_live(now, invite.resource, person)?;
        }
        if let Some(email) = invite.email.filter(|_| invite.mailed) {
            self.mail(now, email)?;
        }
        if let Some(invite) = self.invite_mut(name) {
            invite.expires_at = until(now, max_age);
            invite.told = false;
        }
        Ok(self.shown_to_inviter(name, now))
    }
}
