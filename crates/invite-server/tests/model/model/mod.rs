//! The rules, against nothing but lists in memory: written from what is promised (the HTTP API's contract), not from
//! how the server keeps it.

mod apps;
mod ends;
mod invites;
mod lists;
mod members;
mod quotas;
mod resources;
mod room;
mod secrets;
mod sessions;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use invite_key::permissions::{Permission, Permissions};

use crate::answer::Answer;
use invite_server::core::Quotas;

use crate::history::{Asker, BEGIN, Kind, Op};

pub(crate) use quotas::{Recipients, asked_again};
pub(crate) use secrets::Ring;
pub(crate) use time::{Engine, Time};

/// An invite.
#[derive(Clone, Debug)]
pub(crate) struct Invite {
    pub(crate) name: u16,
    pub(crate) resource: usize,
    pub(crate) by: usize,
    pub(crate) grants: Permissions,
    pub(crate) kind: Kind,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) uses: u32,
    pub(crate) max_uses: Option<u32>,
    pub(crate) email: Option<usize>,
    /// Whether it was mailed.
    pub(crate) mailed: bool,
    /// Who used it, and when; the first first.
    pub(crate) used: Vec<(usize, i64)>,
    pub(crate) removed_at: Option<i64>,
    /// Whether it was told that its time is over.
    pub(crate) told: bool,
    /// Which secret its key was made with.
    pub(crate) secret: u32,
}

impl Invite {
    pub(crate) fn status(&self, now: i64) -> &'static str {
        if self.removed_at.is_some() {
            "removed"
        } else if self.told || now >= self.expires_at {
            "expired"
        } else if self.spent() {
            "accepted"
        } else {
            "pending"
        }
    }

    fn spent(&self) -> bool {
        self.max_uses.is_some_and(|most| self.uses >= most)
    }

    /// Neither taken back nor told to be over: it may open something, if not now, then when the clock is another.
    pub(crate) fn is_open(&self) -> bool {
        self.removed_at.is_none() && !self.told
    }

    /// Neither over nor taken back.
    pub(crate) fn lives(&self, now: i64) -> bool {
        matches!(self.status(now), "pending" | "accepted")
    }
}

/// A create that may be sent again.
#[derive(Clone, Debug)]
struct Once {
    person: usize,
    key: u8,
    body: u8,
    invite: u16,
    until: i64,
}

/// A resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resource {
    pub(crate) created_at: i64,
    /// Whose it counts as; nobody's where the operator began it.
    creator: Option<usize>,
    pub(crate) version: i64,
    /// In the order they came.
    pub(crate) members: Vec<(usize, Permissions)>,
    pub(crate) last_event: i64,
    pub(crate) events: Vec<(i64, &'static str, u16, usize, i64)>,
    onces: Vec<Once>,
}

impl Resource {
    /// Its version begins at the time of creation: whoever saw one of a name takes no later one for it.
    fn begun(creator: Option<usize>, now: i64) -> Resource {
        Resource {
            created_at: now,
            creator,
            version: now,
            ..Resource::default()
        }
    }

    pub(crate) fn letters(&self, person: usize) -> Permissions {
        let found = self.members.iter().find(|(one, _)| *one == person);
        found.map_or(Permissions::NONE, |(_, letters)| *letters)
    }

    pub(crate) fn admins(&self) -> impl Iterator<Item = usize> {
        let admins = self.members.iter();
        let admins = admins.filter(|(_, letters)| letters.contains(Permission::Admin));
        admins.map(|(person, _)| *person)
    }

    fn set(&mut self, person: usize, letters: Permissions) {
        self.version += 1;
        if letters.is_empty() {
            self.members.retain(|(one, _)| *one != person);
        } else if let Some(member) = self.members.iter_mut().find(|(one, _)| *one == person) {
            member.1 = letters;
        } else {
            self.members.push((person, letters));
        }
    }
}

/// A backend.
#[derive(Clone, Debug, Default)]
pub(crate) struct App {
    pub(crate) everything: bool,
    pub(crate) resources: BTreeSet<usize>,
}

/// Somebody's session.
#[derive(Clone, Debug)]
struct Session {
    name: u16,
    /// Who, as they are called here.
    person: usize,
    ends_at: i64,
    ended: bool,
}

/// A proof that somebody accepted.
#[derive(Clone, Debug)]
struct Receipt {
    name: u16,
    invite: u16,
    resource: usize,
    person: usize,
    letters: Permissions,
    /// In seconds.
    from: i64,
    secret: u32,
    redeemed: bool,
}

/// All that there is.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) resources: BTreeMap<usize, Resource>,
    /// Deleted ones whose rows are not gone yet, with the invites that are left of them.
    going: BTreeMap<usize, Vec<Invite>>,
    /// In the order in which they were made.
    pub(crate) invites: Vec<Invite>,
    pub(crate) apps: BTreeMap<usize, App>,
    sessions: Vec<Session>,
    /// What each person, whatever they are called now, was called when they first came.
    people: BTreeMap<usize, usize>,
    receipts: Vec<Receipt>,
    pub(crate) quotas: Quotas,
    pub(crate) recipients: Recipients,
    pub(crate) ring: Ring,
    pub(crate) time: Time,
}

impl Model {
    pub(crate) fn new(engine: Engine) -> Model {
        Model {
            resources: BTreeMap::new(),
            going: BTreeMap::new(),
            invites: Vec::new(),
            apps: BTreeMap::new(),
            sessions: Vec::new(),
            people: BTreeMap::new(),
            receipts: Vec::new(),
            quotas: Quotas::USUAL,
            recipients: Recipients::new(),
            ring: Ring::new(BEGIN),
            time: Time::new(engine, BEGIN),
        }
    }

    /// What it has to be answered with now. Where the order of what ends together is nobody's promise, it is taken from
    /// the real answer.
    pub(crate) fn carry_out(&mut self, op: &Op, real: Option<&Answer>) -> Answer {
        let now = self.time.wall;
        self.carry_out_at(now, op, real)
    }

    /// The same where whoever answers has another clock.
    pub(crate) fn carry_out_at(&mut self, now: i64, op: &Op, real: Option<&Answer>) -> Answer {
        let outcome = self.decide(now, op, real);
        outcome.unwrap_or_else(|refusal| refusal)
    }

    fn decide(&mut self, now: i64, op: &Op, real: Option<&Answer>) -> Result<Answer, Answer> {
        Ok(match op {
            Op::NewResource { by, resource } => self.new_resource(now, *by, *resource)?,
            Op::NewAnywhere { by } => self.new_anywhere(now, *by)?,
            Op::Delete {
                by,
                resource,
                swept,
            } => self.delete_resource(*by, *resource, *swept)?,
            Op::Sweep => self.sweep(),
            Op::Create { by, resource, .. } => self.create(now, op, *by, *resource)?,
            Op::Check {
                by,
                invite,
                resource,
            } => self.check(now, *by, *invite, *resource)?,
            Op::Accept {
                by,
                invite,
                resource,
                receipt,
            } => self.accept(now, *by, *invite, *resource, *receipt)?,
            Op::Redeem { app, receipt } => self.redeem(now, *app, *receipt)?,
            Op::List { by, resource, .. } => self.list(now, op, *by, *resource)?,
            Op::Remove {
                by,
                invite,
                named,
                resource,
            } => self.remove(now, *by, *invite, *named, *resource)?,
            Op::Resend {
                by,
                invite,
                max_age,
            } => self.resend(now, *by, *invite, *max_age)?,
            Op::Members { by, resource } => self.members(*by, *resource)?,
            Op::Member {
                by,
                resource,
                person,
            } => self.member(*by, *resource, *person)?,
            Op::SetMember {
                by,
                resource,
                person,
                letters,
                end_links,
            } => self.set_member(now, *by, *resource, (*person, letters), *end_links)?,
            Op::Put { by, resource, .. } => self.put(op, *by, *resource)?,
            Op::Letters { by, resource } => self.own_letters(*by, *resource)?,
            Op::Appoint {
                resource,
                person,
                letters,
            } => self.appoint(now, *resource, *person, letters)?,
            Op::Resources { by, page_size } => self.own_resources(*by, *page_size)?,
            Op::Events {
                by,
                resource,
                after,
            } => self.events(*by, *resource, *after)?,
            Op::AddApp { app, everything } => self.add_app(*app, *everything)?,
            Op::GrantApp { app, resource } => self.grant_app(*app, *resource)?,
            Op::RevokeApp { app, resource } => self.revoke_app(*app, *resource)?,
            Op::RemoveApp { app } => self.remove_app(*app)?,
            Op::SignIn {
                person,
                called,
                seconds,
                session,
            } => self.sign_in(now, *person, *called, *seconds, *session)?,
            Op::WhoIs { session } => self.who_is(now, *session),
            Op::SignOut { session } => self.sign_out(*session),
            Op::SignOutEverywhere { by } => self.sign_out_everywhere(*by)?,
            Op::EraseUser { person } => self.erase_user(*person),
            Op::EraseAddress { address } => self.erase_address(*address),
            Op::Allow {
                invites,
                resources,
                mails,
            } => self.allow(*invites, *resources, *mails),
            Op::Pass { time } => self.time.pass(*time),
            Op::Jump { time } => self.time.jump(*time),
            Op::ClockIsRight => self.time.is_right(),
            Op::TellEnds => self.tell_ends(real)?,
            Op::Purge { days } => self.purge(*days)?,
            Op::Rotate { at_once } => self.rotate(now, *at_once)?,
            Op::RevokeSecret { which } => self.revoke_secret(now, *which, real)?,
            Op::Restart { away } => {
                self.ring.restart();
                self.time.restart(*away)
            }
        })
    }

    pub(crate) fn invite(&self, name: u16) -> Option<&Invite> {
        self.invites.iter().find(|invite| invite.name == name)
    }

    /// What proofs there are that somebody accepted, and where; the oldest first.
    pub(crate) fn receipts(&self) -> impl Iterator<Item = (u16, usize)> {
        self.receipts.iter().map(|one| (one.name, one.resource))
    }

    /// Sessions, whatever became of them; the oldest first.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = u16> {
        self.sessions.iter().map(|one| one.name)
    }

    fn invite_mut(&mut self, name: u16) -> Option<&mut Invite> {
        self.invites.iter_mut().find(|invite| invite.name == name)
    }

    pub(crate) fn letters(&self, resource: usize, person: usize) -> Permissions {
        let found = self.resources.get(&resource);
        found.map_or(Permissions::NONE, |found| found.letters(person))
    }

    fn is_admin(&self, resource: usize, person: usize) -> bool {
        self.letters(resource, person).contains(Permission::Admin)
    }

    /// Who asks, where the app that asks for them, if it is one, takes part at all.
    fn asker(&self, by: Asker) -> Result<usize, Answer> {
        self.app_takes_part(by)?;
        by.person().ok_or(Answer::refused("not_signed_in"))
    }

    fn app_takes_part(&self, by: Asker) -> Result<(), Answer> {
        match by.app() {
            Some(app) if !self.apps.contains_key(&app) => Err(Answer::refused("bad_credentials")),
            _ => Ok(()),
        }
    }

    /// Whether the app that asks, if it is one, acts on this resource.
    fn is_its_own(&self, by: Asker, resource: Option<usize>) -> bool {
        let Some(app) = by.app() else {
            return true;
        };
        let app = self.apps.get(&app);
        let acts =
            |resource| app.is_some_and(|app| app.everything || app.resources.contains(&resource));
        resource.is_some_and(acts)
    }

    /// Whoever manages invites of a resource: an admin, and an app there only where it acts.
    fn manager(&self, by: Asker, resource: usize) -> Result<usize, Answer> {
        let person = self.asker(by)?;
        if !self.is_its_own(by, Some(resource)) {
            return Err(Answer::refused("forbidden"));
        }
        if !self.is_admin(resource, person) {
            return Err(Answer::refused("not_admin"));
        }
        Ok(person)
    }

    fn tell(&mut self, kind: &'static str, invite: u16, person: usize, at: i64) {
        let Some(invite) = self.invite(invite).cloned() else {
            return;
        };
        if let Some(resource) = self.resources.get_mut(&invite.resource) {
            resource.last_event += 1;
            let number = resource.last_event;
            resource
                .events
                .push((number, kind, invite.name, person, at));
        }
    }
}
