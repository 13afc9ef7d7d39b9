//! Counting calls by whoever makes them.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::core::Refusal;

/// After so many calls those who have been quiet long enough are forgotten.
const SWEEP: u32 = 8192;
/// Callers remembered at most. Should there be more within the time it takes to be forgotten, all are: the memory stays
/// bounded, and who has so many addresses is not held by a limit for each.
const MOST: usize = 100_000;

/// So many calls in a minute by each caller.
#[derive(Debug)]
pub(super) struct Meter {
    quota: Quota,
    callers: RwLock<Arc<DefaultKeyedRateLimiter<u64>>>,
    hasher: RandomState,
    taken: AtomicU32,
    clock: DefaultClock,
}

impl Meter {
    /// `None` for any number.
    pub(super) fn per_minute(count: u32) -> Option<Meter> {
        let quota = Quota::per_minute(NonZeroU32::new(count)?);
        Some(Meter::new(quota))
    }

    /// `None` for any number.
    pub(super) fn per_hour(count: u32) -> Option<Meter> {
        let quota = Quota::per_hour(NonZeroU32::new(count)?);
        Some(Meter::new(quota))
    }

    fn new(quota: Quota) -> Meter {
        Meter {
            quota,
            callers: RwLock::new(Arc::new(RateLimiter::keyed(quota))),
            hasher: RandomState::new(),
            taken: AtomicU32::new(0),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a call, or says how long to wait for the next.
    pub(super) fn take(&self, who: impl Hash) -> Result<(), Refusal> {
        let callers = Arc::clone(&self.callers.read().unwrap_or_else(PoisonError::into_inner));
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.sweep(&callers);
        }
        // A number in place of a name: each caller takes the same little room, whatever they are called.
        callers
            .check_key(&self.hasher.hash_one(who))
            .map_err(|until| {
                let wait = until.wait_time_from(self.clock.now());
                Refusal::RateLimited {
                    retry_after: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1),
                }
            })
    }

    fn sweep(&self, callers: &DefaultKeyedRateLimiter<u64>) {
        callers.retain_recent();
        if callers.len() > MOST {
            *self.callers.write().unwrap_or_else(PoisonError::into_inner) =
                Arc::new(RateLimiter::keyed(self.quota));
        } else {
            callers.shrink_to_fit();
        }
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.callers.read().unwrap().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_their_own_count_and_hears_how_long_to_wait() {
        let meter = Meter::per_minute(3).unwrap();
        for _ in 0..3 {
            assert_eq!(meter.take("alice"), Ok(()));
        }
        let Err(Refusal::RateLimited { retry_after }) = meter.take("alice") else {
            panic!("a fourth call")
        };
        assert!((1..=20_000).contains(&retry_after), "{retry_after}");
        assert_eq!(meter.take("bob"), Ok(()));
        assert!(Meter::per_minute(0).is_none());
    }

    #[test]
    fn the_memory_is_bounded() {
        // One call a minute: nobody is forgotten for being quiet while this runs.
        let meter = Meter::per_minute(1).unwrap();
        let mut most = 0;
        for caller in 0..(MOST + 4 * SWEEP as usize) {
            let _ = meter.take(caller);
            if caller % 1000 == 0 {
                most = most.max(meter.remembered());
            }
        }
        assert!(most <= MOST + SWEEP as usize, "{most}");
        assert!(meter.remembered() < MOST);
    }

    #[test]
    fn who_has_been_quiet_is_forgotten() {
        // A call each 10 µs: whoever called once is whole again by the time of the sweep.
        let quota = Quota::per_second(NonZeroU32::new(100_000).unwrap());
        let meter = Meter::new(quota);
        for caller in 0..3 * SWEEP {
            let _ = meter.take(caller);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
        meter.sweep(&Arc::clone(&meter.callers.read().unwrap()));
        assert_eq!(meter.remembered(), 0);
    }
}
