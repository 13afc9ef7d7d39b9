//! What chance brings: the town as it begins, connections, calls.

use std::rc::Rc;

use serde_json::json;

use crate::adapter::Run;
use crate::executor::MS;
use crate::ledger::{Call, Policy, What};
use crate::schedule::Driver;
use crate::town::{self, PEOPLE, Person, RESOURCES};
use crate::world::{At, Auth, Dialect};

impl Driver {
    pub fn settle_town(&self) {
        let world = &self.world;
        let mut town = world.town.borrow_mut();
        for place in RESOURCES {
            for person in PEOPLE {
                let letters = match (place, person) {
                    ("doc", Person::Ada) => world.pick(&["arw", "arw", "raw", "a", "r", "rw", ""]),
                    ("doc", _) => world.pick(&["arw", "arw", "arw", "raw", "a", "r", "w", ""]),
                    _ => world.pick(&["arw", "arw", "r", "rw", "w", "", ""]),
                };
                if !letters.is_empty() {
                    town.grant(0, place, person, letters);
                }
            }
        }
        if world.dialect == Dialect::Webstrates && world.percent(10) {
            town.open.push("doc");
        }
        for _ in 0..world.between(2, 7) {
            let place = world.pick(&["doc", "doc", "doc", "den"]);
            let by = world.pick(&PEOPLE);
            let letters = world.pick(&["r", "rw", "w", "arw", "a"]);
            let age = world.pick(&[400_000, 400_000, 400_000, 1, 8, 15]);
            town.create(0, place, by, letters, age);
        }
        drop(town);
        let who = world.pick(&[
            Some(Person::Ada),
            Some(Person::Ada),
            Some(Person::Ada),
            Some(Person::Bob),
            Some(Person::Bob),
            None,
        ]);
        world.signed_in(who);
    }

    /// `connect` or `configure`.
    pub fn configure(&mut self) {
        let world = &self.world;
        let auth = match world.below(10) {
            0..=5 => Auth::Cookies,
            6 | 7 => Auth::Token(world.pick(&PEOPLE)),
            _ => Auth::Function(world.pick(&PEOPLE)),
        };
        let mut options = json!({"resource": "doc"});
        if world.percent(60) {
            options["dialect"] = match world.dialect {
                Dialect::Http => "http".into(),
                Dialect::Webstrates => "webstrates".into(),
            };
        }
        let timeout = world.pick(&[10_000, 10_000, 500, 3_000, 60_000]);
        if timeout != 10_000 {
            options["timeout"] = timeout.into();
        }
        world.trace(|| format!("run {} is {auth:?} {options}", self.runs.len()));
        world.ledger.auths.borrow_mut().push(auth.clone());
        let run = Run::new(world, self.runs.len(), auth, options, timeout);
        self.runs.push(Rc::new(run));
    }

    pub fn any_run(&self) -> Rc<Run> {
        let last = self.runs.len() as u64 - 1;
        let which = if self.world.percent(85) {
            last
        } else {
            self.world.below(last + 1)
        };
        Rc::clone(&self.runs[which as usize])
    }

    pub fn any_key(&self) -> String {
        let world = &self.world;
        let invites = world.town.borrow().invites.len() as u64;
        match world.below(12) {
            0 => town::key(9_999),
            1 => "no key at all".to_owned(),
            _ => world.town.borrow().invites[world.below(invites) as usize]
                .key
                .clone(),
        }
    }

    pub fn any_call(&self) -> Call {
        let world = &self.world;
        let number = world.ledger.calls.borrow().len() as u32;
        let what = match world.below(35) {
            0..=5 => What::Create {
                letters: world.pick(&["r", "rw", "arw"]),
                max_age: world.pick(&[20, 700, 90_000]) + number,
                message: world.dialect == Dialect::Http && world.percent(30),
                email: world.percent(5),
            },
            6..=8 => What::Get,
            9..=11 => What::Check(self.any_key()),
            12..=15 => What::Accept(self.any_key()),
            16..=18 => What::Remove(self.any_key()),
            19 => {
                let town = world.town.borrow();
                What::RemoveId(
                    town.invites[world.below(town.invites.len() as u64) as usize]
                        .id
                        .clone(),
                )
            }
            20 => What::ListPage {
                // Of Webstrates only what is pending can be had.
                status: world.pick(&[None, Some("pending"), Some("accepted")]),
                token: world.pick(&["", "p2"]).to_owned(),
            },
            21 | 22 => What::Preview(self.any_key()),
            23 => What::Members,
            24 => What::Link(self.any_key()),
            25 => What::Supports(world.pick(&["maxUses", "preview", "nothing"])),
            26 => What::Identify,
            27..=30 => What::AcceptInvite(
                self.any_key(),
                match world.below(9) {
                    0 => Policy::Default,
                    1 => Policy::SignedIn,
                    2 => Policy::Confirm,
                    3 => Policy::Off,
                    4 => Policy::Says(false, world.between(0, 3_000) * MS),
                    5 => Policy::Fails,
                    6 => Policy::Never,
                    _ => Policy::Says(true, world.between(0, 40_000) * MS),
                },
            ),
            31 => What::Watch,
            32 => What::Park(self.any_key()),
            33 => What::Parked,
            _ => What::Unpark(self.any_key()),
        };
        let named = matches!(
            what,
            What::Create { .. } | What::Get | What::Check(_) | What::Accept(_) | What::Remove(_)
        );
        let is_create = matches!(what, What::Create { .. });
        let waited = world.percent(10).then(|| world.pick(&[30, 700, 9_000]));
        Call {
            waited: waited.unwrap_or_default(),
            resource: (named && world.percent(25)).then(|| world.pick(&RESOURCES)),
            timeout: world
                .percent(30)
                .then(|| world.pick(&[40, 400, 2_500, 25_000])),
            idempotency: (is_create && world.percent(25)).then(|| format!("name{number}")),
            what,
        }
    }

    /// Whether a server has to answer it, and no person.
    pub fn needs_server(&self, call: &Call) -> bool {
        match &call.what {
            What::AcceptInvite(..) | What::Watch | What::Link(_) | What::Supports(_) => false,
            What::Park(_) | What::Parked | What::Unpark(_) => false,
            // Another site's page may not read the document.
            What::Members => {
                self.world.dialect == Dialect::Http || self.world.place != At::Elsewhere
            }
            What::Check(key) | What::Accept(key) | What::Preview(key) | What::Remove(key) => {
                key.len() == 64
            }
            What::Create { message, email, .. } => !message && !email,
            What::RemoveId(_) => self.world.dialect == Dialect::Http,
            What::ListPage { status, .. } => {
                self.world.dialect == Dialect::Http || *status != Some("accepted")
            }
            _ => true,
        }
    }
}
