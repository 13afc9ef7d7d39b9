//! Something fetched from the issuer, kept for a while, fetched by one caller at a time and not too often.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::web::Trouble;

/// How old things may get.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ages {
    /// Used without a question.
    pub(super) fresh: Duration,
    /// Used while the issuer does not answer.
    pub(super) usable: Duration,
    /// Between two attempts to fetch: strangers decide when something is missing.
    pub(super) pause: Duration,
}

#[derive(Debug)]
pub(super) struct Cached<T> {
    ages: Ages,
    held: RwLock<Option<Held<T>>>,
    last_attempt: Mutex<Option<Instant>>,
}

/// A copy, and when it was fetched.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub(super) value: Arc<T>,
    pub(super) since: Instant,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            since: self.since,
        }
    }
}

/// Which copy will do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    /// One that is fresh.
    Fresh,
    /// One that was fetched after this time, as the one of this time lacks something.
    Newer(Instant),
    /// The same, without a pause between attempts.
    NewerAtOnce(Instant),
}

impl<T> Cached<T> {
    pub(super) fn new(ages: Ages) -> Self {
        Self {
            ages,
            held: RwLock::new(None),
            last_attempt: Mutex::new(None),
        }
    }

    /// A copy, fetched when there is none that will do. While fetching fails or has to pause, an older one is given as
    /// long as it is usable.
    pub(super) async fn get(
        &self,
        wanted: Wanted,
        fetch: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<Held<T>, Trouble> {
        if let Some(held) = self.fitting(wanted) {
            return Ok(held);
        }
        let mut last_attempt = self.last_attempt.lock().await;
        // Whoever held the lock may have fetched it.
        if let Some(held) = self.fitting(wanted) {
            return Ok(held);
        }
        let resting = last_attempt.is_some_and(|last| last.elapsed() < self.ages.pause);
        if resting && !matches!(wanted, Wanted::NewerAtOnce(_)) {
            return self.usable().ok_or(Trouble::Resting);
        }
        *last_attempt = Some(Instant::now());
        match fetch.await {
            Ok(value) => {
                let held = Held {
                    value: Arc::new(value),
                    since: Instant::now(),
                };
                if let Ok(mut place) = self.held.write() {
                    *place = Some(held.clone());
                }
                Ok(held)
            }
            Err(trouble) => {
                let usable = self.usable();
                if usable.is_some() {
                    tracing::warn!(%trouble, "an issuer does not answer, and what it said before is used");
                }
                usable.ok_or(trouble)
            }
        }
    }

    fn fitting(&self, wanted: Wanted) -> Option<Held<T>> {
        let held = self.held()?;
        let new_enough = match wanted {
            Wanted::Fresh => true,
            Wanted::Newer(than) | Wanted::NewerAtOnce(than) => held.since > than,
        };
        (new_enough && held.since.elapsed() < self.ages.fresh).then_some(held)
    }

    fn usable(&self) -> Option<Held<T>> {
        self.held()
            .filter(|held| held.since.elapsed() < self.ages.usable)
    }

    fn held(&self) -> Option<Held<T>> {
        self.held.read().ok()?.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const AGES: Ages = Ages {
        fresh: Duration::from_secs(60),
        usable: Duration::from_secs(600),
        pause: Duration::from_secs(5),
    };

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    async fn get(
        cached: &Cached<u32>,
        wanted: Wanted,
        answer: Result<u32, Trouble>,
    ) -> Option<u32> {
        let held = cached.get(wanted, async { answer }).await;
        held.ok().map(|held| *held.value)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_fetched_when_it_is_no_longer_fresh_and_kept_while_it_cannot_be() {
        let cached = Cached::new(AGES);
        assert_eq!(get(&cached, Wanted::Fresh, Ok(1)).await, Some(1));
        pass(59).await;
        assert_eq!(get(&cached, Wanted::Fresh, Ok(2)).await, Some(1));
        pass(1).await;
        assert_eq!(
            get(&cached, Wanted::Fresh, Err(Trouble::Resting)).await,
            Some(1)
        );
        pass(5).await;
        assert_eq!(get(&cached, Wanted::Fresh, Ok(3)).await, Some(3));
        pass(600).await;
        assert_eq!(
            get(&cached, Wanted::Fresh, Err(Trouble::Resting)).await,
            None
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_missing_is_looked_for_once_in_a_pause() {
        let cached = Cached::new(AGES);
        let first = cached.get(Wanted::Fresh, async { Ok(1) }).await.unwrap();
        pass(1).await;
        let newer = Wanted::Newer(first.since);
        assert_eq!(get(&cached, newer, Ok(2)).await, Some(1));
        pass(4).await;
        assert_eq!(get(&cached, newer, Ok(3)).await, Some(3));
        assert_eq!(get(&cached, newer, Ok(4)).await, Some(3));
        pass(1).await;
        let second = Wanted::NewerAtOnce(Instant::now());
        assert_eq!(get(&cached, second, Ok(5)).await, Some(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_callers_fetch_once() {
        let (cached, fetched) = (Arc::new(Cached::new(AGES)), Arc::new(AtomicU32::new(0)));
        let calls = (0..1000).map(|_| {
            let (cached, fetched) = (Arc::clone(&cached), Arc::clone(&fetched));
            tokio::spawn(async move {
                let fetch = async {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Ok(fetched.fetch_add(1, Ordering::Relaxed))
                };
                cached.get(Wanted::Fresh, fetch).await.unwrap();
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        assert_eq!(fetched.load(Ordering::Relaxed), 1);
    }
}
