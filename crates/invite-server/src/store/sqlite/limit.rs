//! Connections whose statements end in time, or when nobody waits for them any more.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// After so many steps of a statement it is looked whether to go on: some hundred times a millisecond.
const STEPS: i32 = 500;

/// A connection, and what its statements are held to.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) connection: Connection,
    limit: Arc<Mutex<Option<Limit>>>,
}

impl Watched {
    pub(super) fn new(mut connection: Connection) -> rusqlite::Result<Watched> {
        let limit: Arc<Mutex<Option<Limit>>> = Arc::default();
        let watched = Arc::clone(&limit);
        let is_over = move || {
            let limit = watched.lock().unwrap_or_else(PoisonError::into_inner);
            limit.as_ref().is_some_and(Limit::is_over)
        };
        connection.progress_handler(STEPS, Some(is_over))?;
        Ok(Watched { connection, limit })
    }

    /// Does this, whose statements are held to a limit, and goes on as before.
    pub(super) fn within<Answer>(
        &self,
        limit: Limit,
        work: impl FnOnce(&Connection) -> Answer,
    ) -> Answer {
        let before = self.hold_to(Some(limit));
        let answer = work(&self.connection);
        self.hold_to(before);
        answer
    }

    fn hold_to(&self, limit: Option<Limit>) -> Option<Limit> {
        let mut held = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut held, limit)
    }
}

/// When a statement is ended.
#[derive(Debug)]
pub(super) struct Limit {
    until: Instant,
    waiting: Option<Waiting>,
}

impl Limit {
    pub(super) fn within(time: Duration, waiting: Option<Waiting>) -> Limit {
        Limit {
            until: Instant::now() + time,
            waiting,
        }
    }

    fn is_over(&self) -> bool {
        let nobody = |waiting: &Waiting| !waiting.does_anybody();
        self.waiting.as_ref().is_some_and(nobody) || Instant::now() >= self.until
    }
}

/// Whether anybody waits for an answer.
#[derive(Clone, Debug)]
pub(super) struct Waiting(Arc<AtomicBool>);

impl Waiting {
    pub(super) fn does_anybody(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// Dropped where the answer would have been awaited.
#[derive(Debug, Default)]
pub(super) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    pub(super) fn waiting(&self) -> Waiting {
        Waiting(Arc::clone(&self.0))
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
