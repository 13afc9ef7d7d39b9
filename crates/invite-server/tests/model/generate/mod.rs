//! Histories by lot: the same for the same seed. What may happen next is drawn by the state that the model says there
//! is, so that most of it does something.

mod apps;
mod draws;

use fastrand::Rng;

use crate::history::{APPS, Asker, Op, PEOPLE, RESOURCES};
use crate::model::{Engine, Invite, Model};
use apps::{app, redeem};
use draws::{
    accept, allow, appoint, check, create, delete, delete_at_once, erase, events, jump, letters,
    list, member, members, new_anywhere, new_resource, new_resource_of_few, pass, purge, put,
    remove, resend, resources, restart, revoke, rotate, session, set_member, sweep, tell_ends,
};

const AGES: [u32; 8] = [1, 60, 60, 300, 3600, 86_400, 604_800, 2_592_000];

/// What is drawn, and how often out of all.
type Draw = fn(&mut Source) -> Op;
const DRAWS: &[(u32, Draw)] = &[
    (6, new_resource),
    (26, create),
    (9, check),
    (34, accept),
    (7, list),
    (9, remove),
    (6, resend),
    (4, members),
    (3, member),
    (9, set_member),
    (9, put),
    (3, letters),
    (4, appoint),
    (3, resources),
    (5, events),
    (6, app),
    (5, redeem),
    (7, session),
    (2, erase),
    (14, pass),
    (3, jump),
    (7, tell_ends),
    (4, purge),
    (3, rotate),
    (2, revoke),
    (3, restart),
    (1, allow),
    (1, new_anywhere),
    (2, delete),
    (3, sweep),
];
/// The same names again and again.
const REMADE: &[(u32, Draw)] = &[
    (20, new_resource),
    (2, new_anywhere),
    (10, delete),
    (12, sweep),
    (26, create),
    (8, check),
    (18, accept),
    (5, redeem),
    (3, list),
    (3, remove),
    (3, resend),
    (2, members),
    (2, put),
    (2, letters),
    (3, appoint),
    (5, resources),
    (4, events),
    (6, app),
    (3, tell_ends),
    (2, purge),
    (1, rotate),
    (1, revoke),
    (1, erase),
    (2, restart),
    (4, pass),
];
/// Of these, what may also happen while other things do.
pub(crate) const AT_ONCE: &[(u32, Draw)] = &[
    (10, create),
    (4, check),
    (24, accept),
    (4, list),
    (9, remove),
    (5, resend),
    (3, members),
    (2, member),
    (7, set_member),
    (7, put),
    (3, letters),
    (1, new_resource),
    (3, tell_ends),
];

/// And where several want one more of what there may be so many of.
pub(crate) const SPENDING: &[(u32, Draw)] = &[
    (24, create),
    (14, new_resource_of_few),
    (6, resend),
    (3, remove),
    (5, accept),
    (2, list),
];

/// And where it is deleted meanwhile, and made again. Nobody puts a list there: while time stands still two of a name
/// have the same versions.
pub(crate) const REMADE_AT_ONCE: &[(u32, Draw)] = &[
    (10, delete_at_once),
    (10, new_resource),
    (12, create),
    (6, check),
    (12, accept),
    (3, list),
    (4, remove),
    (3, resend),
    (2, members),
    (2, member),
    (3, letters),
    (3, tell_ends),
];

/// Where things are drawn from.
pub(crate) struct Source {
    pub(crate) rng: Rng,
    pub(crate) model: Model,
    /// The next name that nothing has yet.
    pub(crate) name: u16,
}

/// So many things, one after the other.
pub(crate) fn history(seed: u64, engine: Engine, length: usize) -> Vec<Op> {
    let mut source = Source {
        rng: Rng::with_seed(seed),
        model: Model::new(engine),
        name: 0,
    };
    // Half begin where little is allowed.
    let mut all = Vec::with_capacity(length);
    if source.percent(50) {
        all.push(source.happens(allow));
    }
    let draws = if source.percent(25) { REMADE } else { DRAWS };
    while all.len() < length {
        let missing = source.missing();
        let draw = missing.unwrap_or_else(|| source.draw(draws));
        all.push(source.happens(draw));
    }
    all
}

impl Source {
    /// What happens next; it has happened to the model.
    pub(crate) fn next(&mut self, draws: &[(u32, Draw)]) -> Op {
        let draw = self.draw(draws);
        self.happens(draw)
    }

    fn happens(&mut self, draw: Draw) -> Op {
        let op = draw(self);
        self.model.carry_out(&op, None);
        op
    }

    fn draw(&mut self, draws: &[(u32, Draw)]) -> Draw {
        let all: u32 = draws.iter().map(|(weight, _)| weight).sum();
        let mut place = self.rng.u32(..all);
        for (weight, draw) in draws {
            if place < *weight {
                return *draw;
            }
            place -= weight;
        }
        pass
    }

    /// Without a resource, and without an invite that can be accepted, nearly all is refused; now and then it should be.
    fn missing(&mut self) -> Option<Draw> {
        let now = self.model.time.wall;
        let is_pending = |invite: &Invite| invite.status(now) == "pending";
        if self.model.resources.is_empty() {
            return self.percent(50).then_some(new_resource);
        }
        let any = self.model.invites.iter().any(is_pending);
        (!any && self.percent(20)).then_some(create)
    }

    fn percent(&mut self, times: u8) -> bool {
        self.rng.u8(..100) < times
    }

    fn of<One: Copy>(&mut self, all: &[One]) -> Option<One> {
        self.rng.choice(all).copied()
    }

    fn new_name(&mut self) -> u16 {
        self.name += 1;
        self.name
    }

    fn person(&mut self) -> usize {
        self.rng.usize(..PEOPLE.len())
    }

    /// One that there is, mostly.
    fn resource(&mut self) -> usize {
        let all: Vec<usize> = self.model.resources.keys().copied().collect();
        match self.of(&all) {
            Some(resource) if self.percent(94) => resource,
            _ => self.rng.usize(..RESOURCES.len()),
        }
    }

    /// Somebody, or an app for them.
    fn asker(&mut self, person: usize) -> Asker {
        match self.rng.u8(..100) {
            0..3 => Asker::Nobody,
            3..14 if !self.model.apps.is_empty() => {
                let all: Vec<usize> = self.model.apps.keys().copied().collect();
                Asker::App(self.of(&all).unwrap_or(0), person)
            }
            14..15 => Asker::App(self.rng.usize(..APPS.len()), person),
            _ => Asker::Person(person),
        }
    }

    /// Mostly an admin.
    fn admin(&mut self, resource: usize) -> Asker {
        let admins = self.model.resources.get(&resource);
        let admins: Vec<usize> = admins.map_or_else(Vec::new, |found| found.admins().collect());
        let person = match self.of(&admins) {
            Some(admin) if self.percent(88) => admin,
            _ => self.person(),
        };
        self.asker(person)
    }

    /// Mostly one that can be accepted, now and then one of which nobody has heard.
    fn invite(&mut self) -> u16 {
        let now = self.model.time.wall;
        let all = &self.model.invites;
        let pending: Vec<u16> = all
            .iter()
            .filter(|invite| invite.status(now) == "pending")
            .map(|invite| invite.name)
            .collect();
        let all: Vec<u16> = all.iter().map(|invite| invite.name).collect();
        let (last, any) = (self.of(&pending), self.of(&all));
        match self.rng.u8(..100) {
            0..55 if last.is_some() => last.unwrap_or(0),
            0..92 if any.is_some() => any.unwrap_or(0),
            _ => self.rng.u16(..self.name + 2),
        }
    }

    fn of_resource(&mut self, invite: u16) -> Option<usize> {
        match self.rng.u8(..10) {
            0..6 => None,
            6..9 => self.model.invite(invite).map(|invite| invite.resource),
            _ => Some(self.resource()),
        }
    }

    fn age(&mut self) -> u32 {
        match self.rng.u8(..50) {
            0 => 0,
            1 => 2_592_001,
            _ => self.of(&AGES).unwrap_or(60),
        }
    }

    /// Mostly the inviter.
    fn inviter(&mut self, invite: u16) -> Asker {
        let inviter = self.model.invite(invite).map(|invite| invite.by);
        let person = match inviter {
            Some(inviter) if self.percent(80) => inviter,
            _ => self.person(),
        };
        self.asker(person)
    }
}
