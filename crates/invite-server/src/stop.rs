//! Stopping gracefully: everything that runs is told once, and whoever stops waits until all have ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Tells everything that runs to finish.
#[derive(Debug, Clone)]
pub struct Stop {
    sender: watch::Sender<bool>,
    draining: Arc<AtomicBool>,
}

/// Held by something that runs, for as long as it runs.
#[derive(Debug, Clone)]
pub struct Running {
    receiver: watch::Receiver<bool>,
}

impl Stop {
    /// Nothing runs yet.
    pub fn new() -> Self {
        Self {
            sender: watch::Sender::new(false),
            draining: Arc::default(),
        }
    }

    /// Something begins to run.
    pub fn begin(&self) -> Running {
        Running {
            receiver: self.sender.subscribe(),
        }
    }

    /// How many run.
    #[cfg(test)]
    pub(crate) fn running(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Says that it will stop soon: whoever sends people here is to send them elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it will stop soon.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Tells all, and waits for the last to end.
    pub async fn stop(&self) {
        self.drain();
        self.sender.send_replace(true);
        self.sender.closed().await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Running {
    /// Whether it is time to finish.
    pub fn is_told(&self) -> bool {
        *self.receiver.borrow()
    }

    /// Returns once it is time to finish.
    pub async fn told(&mut self) {
        // The sender cannot be gone before it has told; if it were, finishing is right too.
        let _ = self.receiver.wait_for(|stopped| *stopped).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stopping_waits_for_what_runs() {
        let stop = Stop::new();
        let mut running = stop.begin();
        let (say_ended, ended) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            running.told().await;
            say_ended.send(()).unwrap();
            drop(running);
        });
        stop.stop().await;
        assert_eq!(ended.await, Ok(()));
    }
}
