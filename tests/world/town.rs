//! What is true: people, what they may do, invites, and what was done with them. Both servers go by it.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::executor::{SECOND, Time};

/// 2026-11-21T05:21:08.803Z
pub const START: f64 = 1_795_238_468_803.0;
/// How long a Webstrates server remembers what somebody may do.
const CACHED: Time = 300 * SECOND;

pub const RESOURCES: [&str; 2] = ["doc", "den"];

#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Person {
    Ada,
    Bob,
    Cora,
}

pub const PEOPLE: [Person; 3] = [Person::Ada, Person::Bob, Person::Cora];

impl Person {
    pub fn name(self) -> &'static str {
        match self {
            Person::Ada => "ada",
            Person::Bob => "bob",
            Person::Cora => "cora",
        }
    }

    pub fn named(name: &str) -> Option<Person> {
        PEOPLE.into_iter().find(|person| person.name() == name)
    }

    pub fn user(self) -> Value {
        json!({"username": self.name(), "provider": "test"})
    }
}

#[derive(Clone, Debug)]
pub struct Invite {
    pub key: String,
    pub id: String,
    pub resource: &'static str,
    pub letters: String,
    pub by: Person,
    /// Milliseconds since 1970, as the server counts.
    pub created: f64,
    pub expires: f64,
    /// What the call that made it asked for: each call asks for another age.
    pub max_age: u32,
    pub removed: bool,
    pub accepted_by: Vec<Person>,
}

/// What was truly done.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Removed { invite: usize, by: Person },
    Accepted { resource: &'static str, by: Person },
}

/// Why a server says no.
pub type Refusal = &'static str;

struct Grant {
    since: Time,
    resource: &'static str,
    person: Person,
    letters: String,
}

struct Cached {
    at: Time,
    resource: &'static str,
    person: Person,
    letters: String,
}

#[derive(Default)]
pub struct Town {
    pub invites: Vec<Invite>,
    pub facts: Vec<(Time, Fact)>,
    /// All that anybody was ever granted; the last one counts.
    grants: Vec<Grant>,
    cache: Vec<Cached>,
    /// What was changed by others than the page.
    pub changed: Vec<(Time, &'static str, Person)>,
    /// Webstrates' documents without `data-auth`.
    pub open: Vec<&'static str>,
    /// How often each document was changed.
    pub versions: [u32; 2],
}

pub type Shared = RefCell<Town>;

/// Existing letters, then those that are new, as Webstrates merges.
pub fn merged(had: &str, more: &str) -> String {
    let mut all = had.to_owned();
    all.extend(more.chars().filter(|letter| !had.contains(*letter)));
    all
}

pub fn is_within(letters: &str, held: &str) -> bool {
    letters.chars().all(|letter| held.contains(letter))
}

/// The name as this program holds it.
pub fn resource(name: &str) -> Option<&'static str> {
    RESOURCES.into_iter().find(|known| *known == name)
}

impl Town {
    pub fn clock(now: Time) -> f64 {
        START + (now / 1000) as f64
    }

    pub fn grant(&mut self, now: Time, resource: &'static str, person: Person, letters: &str) {
        let place = RESOURCES.iter().position(|known| *known == resource);
        self.versions[place.expect("a resource")] += 1;
        self.grants.push(Grant {
            since: now,
            resource,
            person,
            letters: letters.to_owned(),
        });
    }

    pub fn letters(&self, resource: &str, person: Person) -> String {
        if self.open.contains(&resource) {
            return "arw".to_owned();
        }
        let of_theirs = |grant: &&Grant| grant.resource == resource && grant.person == person;
        let last = self.grants.iter().rev().find(of_theirs);
        last.map(|grant| grant.letters.clone()).unwrap_or_default()
    }

    /// Whether the person had these letters at some time since then.
    pub fn held_since(&self, since: Time, resource: &str, person: Person, letters: &str) -> bool {
        if self.open.contains(&resource) {
            return true;
        }
        for grant in self.grants.iter().rev() {
            if grant.resource == resource && grant.person == person {
                if is_within(letters, &grant.letters) {
                    return true;
                }
                if grant.since < since {
                    break;
                }
            }
        }
        letters.is_empty()
    }

    /// Whether somebody else changed what the person may do while a server may remember how it was.
    pub fn was_changed_lately(&self, now: Time, resource: &str, person: Person) -> bool {
        self.changed
            .iter()
            .any(|change| (change.1, change.2) == (resource, person) && change.0 + CACHED >= now)
    }

    /// Who may do what, as the document says.
    pub fn members(&self, resource: &str) -> Vec<(Person, String)> {
        let mut members = Vec::new();
        for person in PEOPLE {
            let letters = self.letters(resource, person);
            if !letters.is_empty() {
                members.push((person, letters));
            }
        }
        members
    }

    /// What a Webstrates server believes that the person may do.
    pub fn believed(&mut self, now: Time, resource: &'static str, person: Person) -> String {
        self.cache.retain(|cached| cached.at + CACHED > now);
        let found = self
            .cache
            .iter()
            .find(|cached| cached.resource == resource && cached.person == person);
        if let Some(cached) = found {
            return cached.letters.clone();
        }
        let letters = self.letters(resource, person);
        // Nothing is never cached.
        if !letters.is_empty() {
            self.cache.push(Cached {
                at: now,
                resource,
                person,
                letters: letters.clone(),
            });
        }
        letters
    }

    pub fn create(
        &mut self,
        now: Time,
        resource: &'static str,
        by: Person,
        letters: &str,
        max_age: u32,
    ) -> usize {
        let number = self.invites.len();
        let created = Town::clock(now);
        self.invites.push(Invite {
            key: key(number as u64),
            id: format!("invite{number}"),
            resource,
            letters: letters.to_owned(),
            by,
            created,
            expires: created + f64::from(max_age) * 1000.0,
            max_age,
            removed: false,
            accepted_by: Vec::new(),
        });
        number
    }

    pub fn is_live(&self, now: Time, invite: &Invite) -> bool {
        !invite.removed && invite.expires > Town::clock(now)
    }

    pub fn with_key(&self, key: &str) -> Option<usize> {
        self.invites.iter().position(|invite| invite.key == key)
    }

    pub fn with_id(&self, id: &str) -> Option<usize> {
        self.invites.iter().position(|invite| invite.id == id)
    }

    /// The invite that can be accepted with this key.
    pub fn acceptable(&self, now: Time, key: &str, place: Option<&str>) -> Result<usize, Refusal> {
        let found = self.with_key(key).ok_or("invalid_key")?;
        let invite = &self.invites[found];
        if !self.is_live(now, invite) || place.is_some_and(|place| place != invite.resource) {
            return Err("invalid_key");
        }
        if !self.letters(invite.resource, invite.by).contains('a') {
            return Err("inviter_not_admin");
        }
        Ok(found)
    }

    pub fn remove(&mut self, now: Time, invite: usize, by: Person) {
        self.invites[invite].removed = true;
        self.facts.push((now, Fact::Removed { invite, by }));
    }

    /// Gives what the invite gives on top of `had`.
    pub fn accept(&mut self, now: Time, invite: usize, by: Person, had: &str) -> String {
        let Invite {
            resource, letters, ..
        } = self.invites[invite].clone();
        let letters = merged(had, &letters);
        if !self.open.contains(&resource) && letters != self.letters(resource, by) {
            self.grant(now, resource, by, &letters);
        }
        let accepted = &mut self.invites[invite].accepted_by;
        if !accepted.contains(&by) {
            accepted.push(by);
        }
        self.facts.push((now, Fact::Accepted { resource, by }));
        letters
    }
}

/// 64 hexadecimal digits that look random and are not.
pub fn key(number: u64) -> String {
    let mut random = crate::random::Random::new(number ^ 0x1234_5678);
    let mut text = String::with_capacity(64);
    for _ in 0..4 {
        text.push_str(&format!("{:016x}", random.next()));
    }
    text
}

/// ISO 8601 in UTC with milliseconds.
pub fn iso_date(milliseconds: f64) -> String {
    let milliseconds = milliseconds as i64;
    let (seconds, rest) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    let (days, second) = (
        seconds.div_euclid(86_400) + 719_468,
        seconds.rem_euclid(86_400),
    );
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (
        of_year - (153 * shifted + 2) / 5 + 1,
        (shifted + 2) % 12 + 1,
    );
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{rest:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The inverse; NaN for what is no such date.
pub fn milliseconds_of(text: &str) -> f64 {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let read = || {
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let year = if month <= 2 { year - 1 } else { year };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
        let seconds =
            days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
        Some((seconds * 1000 + number(20, 23)?) as f64)
    };
    read().unwrap_or(f64::NAN)
}
