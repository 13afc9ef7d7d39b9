//! One schedule: what happens in which order, drawn from a seed.

use std::rc::Rc;

use crate::adapter::Run;
use crate::executor::{MS, SECOND};
use crate::ledger::{Call, Outcome, What};
use crate::network::{WEATHERS, Weather};
use crate::properties::{self, Property};
use crate::random::Random;
use crate::sabotage::Sabotage;
use crate::town::{PEOPLE, Person, RESOURCES};
use crate::world::{At, Dialect, Setting, World};

/// What came of a schedule.
pub struct Report {
    pub broken: Vec<(Property, String)>,
    pub trace: Vec<String>,
    /// How each call ended, in a word.
    pub endings: Vec<String>,
}

const FEATURES: [&str; 9] = [
    "maxUses",
    "message",
    "label",
    "extras",
    "email",
    "signed",
    "events",
    "idempotencyKey",
    "pending",
];

pub struct Driver {
    pub world: Rc<World>,
    pub runs: Vec<Rc<Run>>,
}

pub fn run(seed: u64, traced: bool, sabotage: Sabotage) -> Report {
    let world = World::new(seed, traced, sabotage, |random: &mut Random| {
        let dialect = random.pick(&[Dialect::Http, Dialect::Webstrates]);
        let is_old = dialect == Dialect::Webstrates && random.percent(3);
        let known: Vec<_> = FEATURES
            .into_iter()
            .filter(|_| random.percent(75))
            .collect();
        Setting {
            dialect,
            is_old,
            features: known,
            place: random.pick(&[At::Nowhere, At::Home, At::Home, At::Elsewhere]),
        }
    });
    let mut driver = Driver {
        world: Rc::clone(&world),
        runs: Vec::new(),
    };
    driver.settle_town();
    driver.configure();
    let steps = world.between(3, 14);
    if world.aside(|random| random.percent(20)) {
        world.blow(Weather::Laden);
        driver.twins();
    }
    if sabotage == Sabotage::StandStill {
        spin(&world);
    }
    for _ in 0..steps {
        driver.step();
        if world.is_starved() {
            break;
        }
    }
    if !world.is_starved() {
        driver.recovers();
    }
    if !world.is_starved() {
        driver.watches_hear();
    }
    if !world.is_starved() {
        driver.ends();
    }
    if world.is_starved() {
        world.broken(Property::LetsOthersRun, "the clock stands still".to_owned());
    }
    world.clear();
    driver.is_freed();
    drop(driver);
    assert_eq!(
        Rc::strong_count(&world),
        1,
        "the world of seed {seed} leaks"
    );
    let calls = world.ledger.calls.take();
    let endings = calls.iter().map(|record| match &record.outcome {
        Some(Outcome::Answer(_)) => "an answer".to_owned(),
        Some(Outcome::Failed { code, .. }) => code.clone(),
        None => "nothing".to_owned(),
    });
    Report {
        broken: world.ledger.broken.take(),
        endings: endings.collect(),
        trace: world.traced(),
    }
}

/// Goes on and on at one moment.
fn spin(world: &Rc<World>) {
    let again = Rc::clone(world);
    world.executor.after(0, move || spin(&again));
}

impl Driver {
    fn step(&mut self) {
        let world = Rc::clone(&self.world);
        let pause = match world.below(20) {
            0..=4 => 0,
            5..=8 => 5 * MS,
            9..=11 => world.between(10, 300) * MS,
            12..=14 => world.between(300, 3_000) * MS,
            15 | 16 => 4 * SECOND,
            17 => 12 * SECOND,
            18 => 35 * SECOND,
            _ => world.pick(&[61 * SECOND, 310 * SECOND]),
        };
        world.rest(pause);
        match world.below(100) {
            0..=54 => {
                let call = self.any_call();
                let run = self.any_run();
                world.begin(&run, call);
            }
            55..=68 => {
                let weather = world.pick(&WEATHERS);
                world.blow(weather);
            }
            69..=75 => {
                let calls = world.ledger.calls.borrow().len() as u64;
                if calls > 0 {
                    world.abort(world.below(calls) as usize);
                }
            }
            76..=78 => self.close(&self.any_run()),
            79..=82 => {
                if world.percent(50) {
                    self.close(&self.any_run());
                }
                self.configure();
            }
            83..=86 => {
                let days = world.pick(&[-8.0, -1.0, -0.001, 0.001, 1.0, 8.0]);
                world.trace(|| format!("the page's clock jumps by {days} days"));
                let skew = world.page.skew.get();
                world.page.skew.set(skew + days * 86_400_000.0);
            }
            87 => {
                world.trace(|| "the page is hidden".to_owned());
                world.page.hidden.set(true);
            }
            88..=90 => {
                if world.percent(40) {
                    world.signed_in(world.pick(&[Some(Person::Ada), Some(Person::Bob), None]));
                }
                world.seen_again();
                world.trace(|| format!("the page is seen again; {:?}", world.page.who.get()));
            }
            91..=93 => self.sockets_end(),
            _ => self.others_act(),
        }
    }

    /// Accepts one key twice.
    fn twins(&self) {
        let world = &self.world;
        let key = {
            let town = world.town.borrow();
            let invites = &town.invites;
            invites[world.aside(|random| random.below(invites.len() as u64)) as usize]
                .key
                .clone()
        };
        for pause in [0, 0, 700 * MS, 4 * SECOND] {
            if world.aside(|random| random.percent(40)) {
                continue;
            }
            world.rest(pause);
            let timeout =
                world.aside(|random| random.pick(&[2_500, 10_000, 10_000, 25_000, 60_000]));
            let call = Call {
                what: What::Accept(key.clone()),
                resource: None,
                timeout: Some(timeout),
                idempotency: None,
                waited: 0,
            };
            world.begin(&self.runs[0], call);
        }
    }

    fn sockets_end(&self) {
        let world = &self.world;
        if world.percent(50) {
            world.trace(|| "every socket dies silently".to_owned());
            return world.network.kill();
        }
        for socket in world.network.all_sockets() {
            let code = world.pick(&[1001, 1006, 1011]);
            world.closed(&socket, 0, code, "");
        }
    }

    /// Somebody else does something.
    fn others_act(&self) {
        let world = &self.world;
        let now = world.executor.now();
        let mut town = world.town.borrow_mut();
        let invite = world.below(town.invites.len() as u64) as usize;
        match world.below(4) {
            0 => {
                let by = town.invites[invite].by;
                world.trace(|| format!("{by:?} removes {}", town.invites[invite].key));
                town.remove(now, invite, by);
            }
            1 => {
                let (place, who) = (
                    town.invites[invite].resource,
                    world.pick(&[Person::Bob, Person::Cora]),
                );
                let held = town.letters(place, who);
                world.trace(|| format!("{who:?} accepts {}", town.invites[invite].key));
                town.accept(now, invite, who, &held);
                town.changed.push((now, place, who));
            }
            _ => {
                let (place, who) = (world.pick(&RESOURCES), world.pick(&PEOPLE));
                let letters = world.pick(&["arw", "r", "rw", ""]);
                world.trace(|| format!("an admin gives {who:?} {letters:?} on {place}"));
                town.grant(now, place, who, letters);
                town.changed.push((now, place, who));
            }
        }
    }

    pub fn close(&self, run: &Rc<Run>) {
        let world = &self.world;
        world.trace(|| format!("run {} is closed", run.number));
        let open: Vec<usize> = {
            let mut calls = world.ledger.calls.borrow_mut();
            let of_run = calls
                .iter_mut()
                .enumerate()
                .filter(|call| call.1.run == run.number);
            of_run
                .filter(|call| call.1.outcome.is_none())
                .map(|(id, record)| {
                    record.closed = true;
                    id
                })
                .collect()
        };
        run.close();
        let later = Rc::clone(world);
        world.executor.after(MS, move || {
            for call in open {
                properties::ended(&later, call, Property::CloseEndsCalls);
            }
        });
    }
}
