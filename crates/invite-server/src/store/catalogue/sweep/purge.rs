//! Purging: what has ended long ago.

use std::time::Duration;

use super::{BATCH, Choice, Step, Sweep, Swept, Value, whole_invites};
use crate::{
    core::{Moment, Refusal},
    store::Database,
};

/// Between two transactions: whoever waits to write comes first.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// What has to be over before it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Invites that had expired or been removed before this moment, with their uses; events from before it.
    pub ended_before: Moment,
    /// Idempotency keys and receipts that counted until before this moment.
    pub now: Moment,
}

impl Retention {
    /// What has ended `seconds` before `now`.
    pub fn of(now: Moment, seconds: u64) -> Retention {
        let milliseconds = i64::try_from(seconds)
            .unwrap_or(i64::MAX)
            .saturating_mul(1000);
        Retention {
            ended_before: Moment(now.0.saturating_sub(milliseconds)),
            now,
        }
    }

    /// The same beside the clock of whoever serves, by which it is judged whether a key or a receipt counts: none goes
    /// before it is over by both.
    pub fn and_by(self, clock: Moment) -> Retention {
        Retention {
            now: self.now.min(clock),
            ..self
        }
    }

    pub(in crate::store) fn sweeps(self) -> [Sweep; 7] {
        let ended = [Value::Number(self.ended_before.0)];
        let now = [Value::Number(self.now.0)];
        let invites = |column: &str| Sweep {
            invites: Choice::Found(
                format!(
                    "SELECT id FROM invites WHERE {column} < $1 ORDER BY {column} LIMIT {BATCH}{{skip}}"
                ),
                ended.to_vec(),
            ),
            steps: whole_invites(),
        };
        let rows = |table: &'static str, key: &str, column: &str, before: &[Value]| {
            Sweep {
            invites: Choice::None,
            steps: vec![
                Step::counted(
                    table,
                    format!(
                        "DELETE FROM {table} WHERE ({key}) IN
                            (SELECT {key} FROM {table} WHERE {column} < $1 ORDER BY {column} LIMIT {BATCH}{{skip}})"
                    ),
                )
                .with(before)
                .bounded(),
            ],
        }
        };
        [
            invites("expires_at"),
            invites("removed_at"),
            rows("events", "resource, number", "at", &ended),
            rows(
                "repeats",
                "resource, username, provider, key_hash",
                "until",
                &now,
            ),
            rows("receipts", "id", "until", &now),
            rows("recipients", "address", "until", &now),
            rows("sessions", "hash", "ends_at", &now),
        ]
    }
}

impl Database {
    /// Deletes what has ended, in small transactions. Members stay as they are. Any number of copies may do it at once.
    ///
    /// # Errors
    /// When the database does not answer; what was deleted until then stays deleted.
    pub async fn purge(&self, retention: Retention) -> Result<Swept, Refusal> {
        let mut swept = Swept::default();
        for sweep in retention.sweeps() {
            self.sweep_all(&sweep, &mut swept).await?;
        }
        Ok(swept)
    }
}
