//! What may happen, each drawn with what it needs.

use invite_server::core::InviteStatus;

use super::Source;
use crate::history::{
    ADDRESSES, Asker, DAY, For, HOUR, KEPT, Kind, Named, Op, RESOURCES, SECOND, Seen, Which,
};

const LETTERS: [&str; 8] = ["r", "r", "rw", "wr", "a", "ar", "arw", "awr"];
const TIMES: [i64; 11] = [
    1,
    999,
    SECOND,
    60 * SECOND,
    60 * SECOND,
    300 * SECOND,
    HOUR,
    HOUR,
    DAY,
    3 * DAY,
    31 * DAY,
];
const JUMPS: [i64; 6] = [
    20 * SECOND,
    -20 * SECOND,
    2 * HOUR,
    -2 * HOUR,
    -40 * DAY,
    400 * DAY,
];
const STATUSES: [InviteStatus; 4] = InviteStatus::ALL;

pub(super) fn new_resource(source: &mut Source) -> Op {
    let person = source.person();
    Op::NewResource {
        by: source.asker(person),
        resource: source.rng.usize(..RESOURCES.len()),
    }
}

/// Under any name that is free, of people who are the same again and again.
pub(super) fn new_resource_of_few(source: &mut Source) -> Op {
    let there = &source.model.resources;
    let free = (0..KEPT).filter(|name| !there.contains_key(name));
    let free: Vec<usize> = free.collect();
    Op::NewResource {
        by: Asker::Person(source.rng.usize(..2)),
        resource: source.of(&free).unwrap_or(KEPT),
    }
}

pub(super) fn create(source: &mut Source) -> Op {
    let resource = source.resource();
    let max_uses = match source.rng.u8(..40) {
        0 => Some(0),
        1 => Some(10_001),
        2..20 => None,
        20..30 => Some(1),
        _ => Some(source.rng.u32(2..4)),
    };
    let email = source
        .percent(25)
        .then(|| source.rng.usize(..ADDRESSES.len()));
    Op::Create {
        name: source.new_name(),
        by: source.admin(resource),
        resource,
        grants: source.of(&LETTERS).unwrap_or("r"),
        max_age: source.age(),
        max_uses,
        email,
        kind: match source.rng.u8(..10) {
            0..6 => Kind::Opaque,
            6..8 => Kind::Webstrates,
            _ => Kind::Signed,
        },
        once: source
            .percent(25)
            .then(|| (source.rng.u8(..2), u8::from(source.percent(15)))),
        send: source.percent(if email.is_some() { 60 } else { 1 }),
    }
}

pub(super) fn check(source: &mut Source) -> Op {
    let (invite, person) = (source.invite(), source.person());
    Op::Check {
        by: source.asker(person),
        invite,
        resource: source.of_resource(invite),
    }
}

pub(super) fn accept(source: &mut Source) -> Op {
    let (invite, person) = (source.invite(), source.person());
    let by = if source.percent(95) {
        Asker::Person(person)
    } else {
        source.asker(person)
    };
    Op::Accept {
        by,
        invite,
        resource: source.of_resource(invite),
        receipt: source.new_name(),
    }
}

pub(super) fn list(source: &mut Source) -> Op {
    let resource = source.resource();
    let by_address = source.percent(20);
    Op::List {
        by: source.admin(resource),
        resource,
        everyone: source.percent(40),
        status: source.percent(50).then(|| source.of(&STATUSES)).flatten(),
        addressed: match source.rng.u8(..10) {
            0 => For::Somebody,
            1..3 => For::Address(source.rng.usize(..ADDRESSES.len())),
            _ => For::Whoever,
        },
        by_address,
        page_size: match source.rng.u8(..20) {
            0 => 0,
            1 => 101,
            2..8 => 1,
            8..14 => 2,
            _ => 50,
        },
    }
}

pub(super) fn remove(source: &mut Source) -> Op {
    let invite = source.invite();
    Op::Remove {
        by: source.inviter(invite),
        invite,
        named: source
            .of(&[Named::ByKey, Named::ById, Named::WhilePending])
            .unwrap_or(Named::ById),
        resource: source.of_resource(invite),
    }
}

pub(super) fn resend(source: &mut Source) -> Op {
    let invite = source.invite();
    Op::Resend {
        by: source.inviter(invite),
        invite,
        max_age: source.age(),
    }
}

pub(super) fn members(source: &mut Source) -> Op {
    let (resource, person) = (source.resource(), source.person());
    Op::Members {
        by: source.asker(person),
        resource,
    }
}

pub(super) fn member(source: &mut Source) -> Op {
    let (resource, person) = (source.resource(), source.person());
    Op::Member {
        by: source.admin(resource),
        resource,
        person,
    }
}

pub(super) fn set_member(source: &mut Source) -> Op {
    let resource = source.resource();
    let by = source.admin(resource);
    let own = by.person().filter(|_| source.percent(25));
    Op::SetMember {
        by,
        resource,
        person: own.unwrap_or_else(|| source.person()),
        letters: if source.percent(50) {
            ""
        } else {
            source.of(&LETTERS).unwrap_or("r")
        },
        end_links: source.percent(40),
    }
}

pub(super) fn put(source: &mut Source) -> Op {
    let resource = source.resource();
    Op::Put {
        by: source.admin(resource),
        resource,
        person: source.person(),
        letters: if source.percent(45) {
            ""
        } else {
            source.of(&LETTERS).unwrap_or("r")
        },
        seen: source
            .of(&[
                Seen::Latest,
                Seen::Latest,
                Seen::Latest,
                Seen::Unsaid,
                Seen::Stale,
            ])
            .unwrap_or(Seen::Latest),
    }
}

pub(super) fn letters(source: &mut Source) -> Op {
    let (resource, person) = (source.resource(), source.person());
    Op::Letters {
        by: source.asker(person),
        resource,
    }
}

pub(super) fn appoint(source: &mut Source) -> Op {
    let resource = source.resource();
    // Not often is nobody left: nothing can be done there then.
    let letters = if source.model.has_admin(resource) && source.percent(60) {
        source.of(&["", "r", "rw", "ar", "a"])
    } else {
        None
    };
    Op::Appoint {
        resource,
        person: source.person(),
        letters: letters.unwrap_or("arw"),
    }
}

pub(super) fn new_anywhere(source: &mut Source) -> Op {
    let person = source.person();
    Op::NewAnywhere {
        by: source.asker(person),
    }
}

pub(super) fn delete(source: &mut Source) -> Op {
    let resource = source.resource();
    Op::Delete {
        by: source.admin(resource),
        resource,
        // It waits between two transactions.
        swept: source.percent(10),
    }
}

pub(super) fn delete_at_once(source: &mut Source) -> Op {
    let resource = source.resource();
    Op::Delete {
        by: source.admin(resource),
        resource,
        swept: true,
    }
}

pub(super) fn sweep(_: &mut Source) -> Op {
    Op::Sweep
}

pub(super) fn resources(source: &mut Source) -> Op {
    let person = source.person();
    Op::Resources {
        by: source.asker(person),
        page_size: source.of(&[0, 1, 1, 2, 2, 3, 100, 101]).unwrap_or(1),
    }
}

pub(super) fn events(source: &mut Source) -> Op {
    let resource = source.resource();
    Op::Events {
        by: source.admin(resource),
        resource,
        after: source.percent(80).then(|| source.rng.i64(0..12)),
    }
}

pub(super) fn session(source: &mut Source) -> Op {
    let all: Vec<u16> = source.model.sessions().collect();
    let newest = &all[all.len().saturating_sub(3)..];
    let session = source.of(newest).filter(|_| source.percent(90));
    let session = session.unwrap_or_else(|| source.name.saturating_sub(source.rng.u16(..10)));
    let person = source.person();
    match source.rng.u8(..10) {
        0..4 => Op::SignIn {
            person,
            called: if source.percent(80) {
                person
            } else {
                source.person()
            },
            seconds: source.of(&[60, 3600, 2_592_000]).unwrap_or(60),
            session: source.new_name(),
        },
        4..8 => Op::WhoIs { session },
        8 => Op::SignOut { session },
        _ => Op::SignOutEverywhere {
            by: source.asker(person),
        },
    }
}

pub(super) fn erase(source: &mut Source) -> Op {
    if source.percent(60) {
        Op::EraseUser {
            person: source.person(),
        }
    } else {
        Op::EraseAddress {
            address: source.rng.usize(..ADDRESSES.len()),
        }
    }
}

/// Often just to where something ends, a moment before, or a moment after.
pub(super) fn pass(source: &mut Source) -> Op {
    let now = source.model.time.wall;
    let all = source.model.invites.iter();
    let ends: Vec<i64> = all
        .filter(|invite| invite.lives(now))
        .map(|invite| invite.expires_at - now)
        .collect();
    let end = source.of(&ends).filter(|_| source.percent(40));
    let time = match end {
        Some(end) => (end + source.rng.i64(-1..=1)).max(0),
        None if source.percent(2) => 366 * DAY,
        None => source.of(&TIMES).unwrap_or(SECOND),
    };
    Op::Pass { time }
}

pub(super) fn jump(source: &mut Source) -> Op {
    let time = &mut source.model.time;
    let off = time.truth - time.wall;
    let doubted = time.trusted().is_none();
    match source.rng.u8(..10) {
        // Set right, or said to be.
        0..4 if off != 0 => Op::Jump { time: off },
        4..6 if doubted => Op::ClockIsRight,
        _ => Op::Jump {
            time: source.of(&JUMPS).unwrap_or(20 * SECOND),
        },
    }
}

pub(super) fn tell_ends(_: &mut Source) -> Op {
    Op::TellEnds
}

pub(super) fn purge(source: &mut Source) -> Op {
    Op::Purge {
        days: source.of(&[0, 1, 30]).unwrap_or(30),
    }
}

pub(super) fn rotate(source: &mut Source) -> Op {
    Op::Rotate {
        at_once: source.percent(40),
    }
}

pub(super) fn revoke(source: &mut Source) -> Op {
    Op::RevokeSecret {
        which: source
            .of(&[Which::Active, Which::Next, Which::Retired])
            .unwrap_or(Which::Active),
    }
}

/// Few enough to be met.
pub(super) fn allow(source: &mut Source) -> Op {
    Op::Allow {
        invites: source.of(&[0, 1, 2, 3, 3, 4]).unwrap_or(3),
        resources: source.of(&[0, 1, 1, 2, 2]).unwrap_or(2),
        mails: source.of(&[0, 1, 1, 2, 2, 3]).unwrap_or(2),
    }
}

pub(super) fn restart(source: &mut Source) -> Op {
    Op::Restart {
        away: source.of(&[0, 0, HOUR, 3 * DAY]).unwrap_or(0),
    }
}
