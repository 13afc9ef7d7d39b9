//! What can go wrong between here and the database, and what that means for a call.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::core::Refusal;

#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{}", with_cause(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("no connection: {0}")]
    Pool(#[from] PoolError),
    /// A row that no server of this schema wrote.
    #[error("a row cannot be read: {0}")]
    Unreadable(&'static str),
    /// A change that finds no row was decided over another state than the one that is stored.
    #[error("a change found {0} rows")]
    Rows(u64),
}

// The display of the driver's error says only where; the database's own words are its cause.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl Trouble {
    /// How often a call that meets this is begun at most. More than once where it may well succeed then: another
    /// transaction was in the way, or the database is just restarting.
    pub(super) fn attempts(&self) -> u32 {
        match self {
            Trouble::Database(error) | Trouble::Pool(PoolError::Backend(error)) => {
                match error.code() {
                    // Two began a row of the same name: the second time it is there to be seen.
                    Some(code) if *code == SqlState::UNIQUE_VIOLATION => 3,
                    Some(code) if passing(code) => 12,
                    Some(_) => 1,
                    None if error.is_closed() || lost(error) => 12,
                    None => 1,
                }
            }
            Trouble::Pool(_) | Trouble::Unreadable(_) | Trouble::Rows(_) => 1,
        }
    }

    /// What whoever called is told when it did not pass. Only for troubles before the commit: nothing was changed.
    pub(super) fn refusal(&self) -> Refusal {
        tracing::error!(cause = %self, "the database did not do its part");
        match self {
            Trouble::Pool(_) => Refusal::TryAgain,
            Trouble::Database(_) if self.attempts() > 3 => Refusal::TryAgain,
            Trouble::Database(_) | Trouble::Unreadable(_) | Trouble::Rows(_) => {
                Refusal::ServerError
            }
        }
    }
}

fn lost(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
}

fn passing(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        // Copies that start at once make the same table.
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
    ]
    .contains(code)
}
