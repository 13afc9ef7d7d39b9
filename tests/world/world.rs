//! Everything there is in one schedule.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::executor::{Executor, Time};
use crate::ledger::Ledger;
use crate::network::{Network, Weather};
use crate::page::Page;
use crate::properties::Property;
use crate::random::Random;
use crate::sabotage::Sabotage;
use crate::server_http;
use crate::town::{Person, Shared};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    Http,
    Webstrates,
}

/// Where the SDK runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// In Node, say.
    Nowhere,
    /// On a page of the server's.
    Home,
    /// On a page of another site.
    Elsewhere,
}

/// What a schedule is about.
pub struct Setting {
    pub dialect: Dialect,
    /// A Webstrates of before invites.
    pub is_old: bool,
    pub features: Vec<&'static str>,
    pub place: At,
}

/// What the caller gave as `auth`.
#[derive(Clone, Debug, PartialEq)]
pub enum Auth {
    Cookies,
    Token(Person),
    /// A function that behaves as it likes.
    Function(Person),
}

pub struct World {
    pub executor: Executor,
    random: RefCell<Random>,
    /// For what came later, so that old seeds still draw what they drew.
    aside: RefCell<Random>,
    pub town: Shared,
    pub network: Network,
    pub page: Page,
    pub ledger: Ledger,
    pub http: server_http::State,
    pub dialect: Dialect,
    pub is_old: bool,
    pub features: Vec<&'static str>,
    pub place: At,
    pub sabotage: Sabotage,
    healed: Cell<bool>,
    traced: Option<RefCell<Vec<String>>>,
}

impl World {
    pub fn new(
        seed: u64,
        traced: bool,
        sabotage: Sabotage,
        describe: impl FnOnce(&mut Random) -> Setting,
    ) -> Rc<World> {
        let mut random = Random::new(seed);
        let setting = describe(&mut random);
        Rc::new(World {
            executor: Executor::default(),
            random: RefCell::new(random),
            aside: RefCell::new(Random::new(seed ^ 0x5_1de)),
            town: Shared::default(),
            network: Network::default(),
            page: Page::default(),
            ledger: Ledger::default(),
            http: server_http::State::default(),
            dialect: setting.dialect,
            is_old: setting.is_old,
            features: setting.features,
            place: setting.place,
            sabotage,
            healed: Cell::new(false),
            traced: traced.then(RefCell::default),
        })
    }

    pub fn below(&self, end: u64) -> u64 {
        self.random.borrow_mut().below(end)
    }

    pub fn between(&self, least: u64, most: u64) -> u64 {
        self.random.borrow_mut().between(least, most)
    }

    pub fn percent(&self, times: u64) -> bool {
        self.random.borrow_mut().percent(times)
    }

    pub fn pick<T: Copy>(&self, items: &[T]) -> T {
        self.random.borrow_mut().pick(items)
    }

    pub fn unit(&self) -> f64 {
        self.random.borrow_mut().unit()
    }

    pub fn aside<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.aside.borrow_mut())
    }

    /// The weather is another from now on.
    pub fn blow(&self, weather: Weather) {
        self.trace(|| format!("the weather is {weather:?}"));
        self.network.since.set(self.executor.now());
        self.network.set(weather);
    }

    pub fn trace(&self, line: impl FnOnce() -> String) {
        if let Some(traced) = &self.traced {
            let now = self.executor.now();
            let line = format!("{:>11.3} ms  {}", now as f64 / 1000.0, line());
            traced.borrow_mut().push(line);
        }
    }

    pub fn traced(&self) -> Vec<String> {
        self.traced.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub fn broken(&self, property: Property, what: String) {
        self.trace(|| format!("!!! {property:?}: {what}"));
        self.ledger.broken.borrow_mut().push((property, what));
    }

    /// From now on all is well.
    pub fn heal(&self) {
        self.healed.set(true);
        self.blow(match self.sabotage {
            Sabotage::StayIll | Sabotage::StayIllOnce => Weather::Silent,
            _ => Weather::Calm,
        });
        self.other_tabs_leave();
    }

    pub fn is_healed(&self) -> bool {
        self.healed.get()
    }

    /// Whose token this is.
    pub fn person_of(token: &str) -> Option<Person> {
        Person::named(token.split('-').next().unwrap_or_default())
    }

    /// Drops what waits, so that nothing holds anything any more.
    pub fn clear(&self) {
        self.executor.clear();
        self.network.clear();
    }

    pub fn is_starved(&self) -> bool {
        self.executor.is_starved()
    }

    pub fn rest(&self, time: Time) {
        self.executor.run_until(self.executor.now() + time);
    }
}
