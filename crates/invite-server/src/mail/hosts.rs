//! Turns of mails to one host: one that is slow delays no other's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::conditions::MAIL_SLOW;

/// So many mails go to one host at once.
const AT_ONCE: usize = 4;
/// A mail that takes longer to be taken is to a slow host.
const SLOW: Duration = Duration::from_secs(2);

/// The hosts that mail goes to just now.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Arc<Host>>>);

#[derive(Debug)]
struct Host {
    places: Arc<Semaphore>,
    is_slow: AtomicBool,
}

/// A turn at a host, as long as it is held.
#[derive(Debug)]
pub(super) struct Turn {
    host: Arc<Host>,
    since: Instant,
    _place: OwnedSemaphorePermit,
}

impl Hosts {
    /// A turn at the host of an address; `None` where none comes soon, as others wait there already.
    pub(super) async fn turn(&self, email: &str) -> Option<Turn> {
        let name = email.rsplit('@').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let host = self.host(&name);
        let places = Arc::clone(&host.places);
        let place = if host.is_slow.load(Ordering::Relaxed) {
            places.try_acquire_owned().ok()
        } else {
            let waited = timeout(SLOW, places.acquire_owned()).await;
            if waited.is_err() && !host.is_slow.swap(true, Ordering::Relaxed) {
                let cause = format_args!("{AT_ONCE} take longer than {} s", SLOW.as_secs());
                MAIL_SLOW.met_often(&name, cause, 1);
            }
            waited.ok().and_then(Result::ok)
        };
        Some(Turn {
            _place: place?,
            since: Instant::now(),
            host,
        })
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only those at which somebody has or wants a turn are remembered.
        all.retain(|_, host| Arc::strong_count(host) > 1);
        let fresh = || {
            Arc::new(Host {
                places: Arc::new(Semaphore::new(AT_ONCE)),
                is_slow: AtomicBool::new(false),
            })
        };
        Arc::clone(all.entry(name.to_owned()).or_insert_with(fresh))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let is_slow = self.since.elapsed() > SLOW;
        self.host.is_slow.store(is_slow, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_host_keeps_its_own_mails_waiting_alone() {
        let hosts = Hosts::default();
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(hosts.turn("a@Slow.example").await.unwrap());
        }
        let since = Instant::now();
        assert!(hosts.turn("b@slow.example").await.is_none());
        assert!(since.elapsed() >= SLOW);
        // That is known now.
        let since = Instant::now();
        assert!(hosts.turn("c@slow.example").await.is_none());
        assert!(hosts.turn("d@fast.example").await.is_some());
        assert_eq!(since.elapsed(), Duration::ZERO);
        held.pop();
        assert!(hosts.turn("e@slow.example").await.is_some());
        // Whoever is quick again is waited for again.
        let waiting = hosts.turn("f@slow.example");
        let freeing = async {
            tokio::time::sleep(SLOW / 2).await;
            held.clear();
        };
        let (turn, ()) = tokio::join!(waiting, freeing);
        assert!(turn.is_some());
        drop(turn);
        assert!(hosts.turn("g@other.example").await.is_some());
        assert_eq!(hosts.0.lock().unwrap().len(), 1, "nobody is remembered");
    }
}
