//! Guessing: who has tried too many keys that open nothing, or too many names, may try none for a while, not even a good
//! one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Who, meter::Meter};
use crate::core::Refusal;

/// So many who have to wait are remembered; beyond that all may try again.
const MOST: usize = 10_000;

/// Somebody signed in counts as themselves: their neighbours behind the same address have guessed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Guesser {
    User(String, String),
    App(Arc<str>),
    Address(std::net::IpAddr),
}

#[derive(Debug)]
pub(super) struct Guesses {
    meter: Meter,
    waiting: Mutex<HashMap<Guesser, Instant>>,
}

impl Guesses {
    pub(super) fn new(meter: Meter) -> Guesses {
        Guesses {
            meter,
            waiting: Mutex::default(),
        }
    }

    pub(super) fn allow(&self, who: &Who) -> Result<(), Refusal> {
        let Some(guesser) = guesser(who) else {
            return Ok(());
        };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = waiting.get(&guesser) else {
            return Ok(());
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            waiting.remove(&guesser);
            return Ok(());
        }
        Err(Refusal::RateLimited {
            retry_after: u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1),
        })
    }

    pub(super) fn count(&self, who: &Who) {
        let Some(guesser) = guesser(who) else { return };
        let Err(Refusal::RateLimited { retry_after }) = self.meter.take(&guesser) else {
            return;
        };
        let now = Instant::now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            waiting.retain(|_, until| *until > now);
        }
        if waiting.len() >= MOST {
            waiting.clear();
        }
        waiting.insert(guesser, now + Duration::from_millis(retry_after));
    }
}

fn guesser(who: &Who) -> Option<Guesser> {
    if let Some(app) = &who.app {
        return Some(Guesser::App(Arc::clone(app)));
    }
    match &who.user {
        Some(user) => Some(Guesser::User(user.username.clone(), user.provider.clone())),
        None => who.address.map(Guesser::Address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Actor, User};

    #[test]
    fn who_guesses_waits_and_nobody_else() {
        let wrong = Guesses::new(Meter::per_minute(5).unwrap());
        let address = Some("192.0.2.1".parse().unwrap());
        let mallory = Actor::new(User::new("mallory", "test"));
        let mallory = Who::new(address, Some(&mallory));
        for _ in 0..6 {
            assert_eq!(wrong.allow(&mallory), Ok(()));
            wrong.count(&mallory);
        }
        let Err(Refusal::RateLimited { retry_after }) = wrong.allow(&mallory) else {
            panic!("a seventh guess")
        };
        assert!((1..=12_000).contains(&retry_after), "{retry_after}");
        assert_eq!(wrong.allow(&Who::new(address, None)), Ok(()));
        let alice = Actor::new(User::new("alice", "test"));
        assert_eq!(wrong.allow(&Who::new(address, Some(&alice))), Ok(()));
    }
}
