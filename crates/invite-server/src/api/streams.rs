//! Places for streams of events: so many in all, and so many for each person, so that nobody takes them from the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    core::{Refusal, User},
    limits,
};

/// The metric of how many are open.
const OPEN: &str = "invite_server_streams";
const ALL: usize = 1_024;
/// More than the browsers, tabs and programs that anybody has.
const EACH: usize = 64;

type Person = (String, String);

/// Places for streams. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Streams(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Person, usize>,
}

/// A place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    streams: Streams,
    person: Person,
}

impl Streams {
    /// A place for somebody's stream.
    pub(super) fn take(&self, user: &User) -> Result<Place, Refusal> {
        let place = self.place(user);
        match &place {
            Ok(_) => metrics::gauge!(OPEN).increment(1.0),
            Err(_) => limits::refused("streams"),
        }
        place
    }

    fn place(&self, user: &User) -> Result<Place, Refusal> {
        let person = (user.username.clone(), user.provider.clone());
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by.get(&person).is_some_and(|mine| *mine >= EACH) {
            return Err(Refusal::LimitReached {
                sentence: format!(
                    "You watch {EACH} times already. End one before you begin another."
                ),
            });
        }
        if taken.all >= ALL {
            return Err(Refusal::TryAgain);
        }
        taken.all += 1;
        *taken.by.entry(person.clone()).or_default() += 1;
        Ok(Place {
            streams: self.clone(),
            person,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!(OPEN).decrement(1.0);
        let mut taken = self
            .streams
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(mine) = taken.by.get_mut(&self.person) {
            *mine -= 1;
            if *mine == 0 {
                taken.by.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: usize) -> User {
        User::new(format!("person{number}"), "test")
    }

    #[test]
    fn nobody_takes_the_places_of_others() {
        let streams = Streams::default();
        let mut mine: Vec<Place> = (0..EACH).map(|_| streams.take(&user(0)).unwrap()).collect();
        assert_eq!(streams.take(&user(0)).unwrap_err().code(), "limit_reached");
        assert!(streams.take(&user(1)).is_ok());
        mine.pop();
        let again = streams.take(&user(0)).unwrap();
        let others = (0..ALL - EACH).map(|number| streams.take(&user(1 + number)).unwrap());
        let others: Vec<Place> = others.collect();
        assert_eq!(streams.take(&user(0)).unwrap_err().code(), "limit_reached");
        assert_eq!(streams.take(&user(9999)).unwrap_err(), Refusal::TryAgain);
        drop((mine, again, others));
        let taken = streams.0.lock().unwrap();
        assert!(taken.all == 0 && taken.by.is_empty(), "{taken:?}");
    }
}
