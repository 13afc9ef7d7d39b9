//! What a call waits for, so that one that ends at its time limit can say so.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::task_local;

task_local! {
    static CALL: Call;
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thing(usize);

/// A turn among those of one resource.
pub const TURN: Thing = Thing(1);
/// A connection to the database.
pub const CONNECTION: Thing = Thing(2);
/// What the database answers to a statement.
pub const STATEMENT: Thing = Thing(3);
/// That a commit is carried out.
pub const COMMIT: Thing = Thing(4);
/// SQLite's writer.
pub const WRITER: Thing = Thing(5);

/// In the log's words.
const WORDS: &[&str] = &[
    "nothing that the database does: its own work, or what it was sent",
    "its turn among those of one resource",
    "a connection to the database: all were in use",
    "the database's answer to a statement: a lock, a slow disk, or a line that died",
    "a commit: the database's disk, or a standby",
    "the one writer of the database: the disk, or changes before it",
];

/// One call.
#[derive(Clone, Debug, Default)]
pub struct Call(Arc<AtomicUsize>);

impl Call {
    /// Does this, and notes what it waits for.
    pub async fn watch<Answer>(&self, work: impl Future<Output = Answer>) -> Answer {
        CALL.scope(self.clone(), work).await
    }

    /// What it waited for when it ended.
    pub fn waits_for(&self) -> &'static str {
        let thing = self.0.load(Ordering::Relaxed);
        WORDS.get(thing).copied().unwrap_or_default()
    }
}

/// Waits for this. What is given up in the middle stays noted.
pub async fn on<Answer>(thing: Thing, work: impl Future<Output = Answer>) -> Answer {
    let note = |thing: Thing| {
        // Where nobody's call is watched, the server does it by itself.
        let _ = CALL.try_with(|call| call.0.store(thing.0, Ordering::Relaxed));
    };
    note(thing);
    let answer = work.await;
    note(Thing(0));
    answer
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_has_noted_what_it_waited_for() {
        let call = Call::default();
        let work = async {
            on(CONNECTION, async {}).await;
            on(COMMIT, pending::<()>()).await;
        };
        let ended = tokio::time::timeout(Duration::from_secs(1), call.watch(work)).await;
        assert!(ended.is_err() && call.waits_for().starts_with("a commit"));
        let call = Call::default();
        call.watch(on(CONNECTION, async {})).await;
        assert!(call.waits_for().starts_with("nothing"));
        assert_eq!(on(WRITER, async { 7 }).await, 7, "nobody's call");
    }
}
