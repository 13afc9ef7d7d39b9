//! What can go wrong between here and the database, and what that means for a call.

use std::time::Duration;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

use crate::{
    conditions::{
        CONNECTION_DEAD, CONNECTIONS_BUSY, Condition, DATABASE_DAMAGED, DATABASE_HELD,
        DATABASE_READ_ONLY, DATABASE_UNREACHABLE, DISK_FAILING, DISK_FULL,
    },
    core::Refusal,
    store::{catalogue::Unreadable, shares::NoPlace},
};

use super::reach;

#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{}", reach::said(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("{}", without_connection(.0))]
    Pool(#[from] PoolError),
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    /// The same for changes of whatever sort.
    #[error("all connections that may change anything were busy for too long")]
    NoWriter,
    /// This resource, of which nobody knew when it began, is crowded: it begins again when there is a place.
    #[error("others are changing the resource")]
    Crowded(String),
    /// Nothing came back within this, though the database ends what takes so long.
    #[error("no answer within {} seconds", .0.as_secs())]
    TooLong(Duration),
    /// The session is over.
    #[error("the connection was given back already")]
    Ended,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

fn without_connection(error: &PoolError) -> String {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => {
            "all connections to the database were busy for too long".into()
        }
        PoolError::Timeout(TimeoutType::Create) => {
            "connecting to the database took too long".into()
        }
        PoolError::Backend(error) => reach::unreached(error),
        other => format!("no connection: {other}"),
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
            _ => 1,
        }
    }

    /// What the operator has to know of, if it is that.
    pub(super) fn condition(&self) -> Option<&'static Condition> {
        Some(match self {
            Trouble::Pool(PoolError::Timeout(TimeoutType::Wait)) | Trouble::NoWriter => {
                &CONNECTIONS_BUSY
            }
            Trouble::TooLong(_) => &CONNECTION_DEAD,
            Trouble::Pool(_) => &DATABASE_UNREACHABLE,
            Trouble::Database(error) => match error.code() {
                Some(code) => of_code(code)?,
                None if error.is_closed() || lost(error) => &DATABASE_UNREACHABLE,
                None => return None,
            },
            _ => return None,
        })
    }

    /// What whoever called is told when it did not pass. Only for troubles before the commit: nothing was changed.
    pub(super) fn refusal(&self) -> Refusal {
        match self {
            Trouble::Pool(_)
            | Trouble::TooLong(_)
            | Trouble::NoPlace(_)
            | Trouble::NoWriter
            | Trouble::Crowded(_) => Refusal::TryAgain,
            Trouble::Database(error) if error.code().is_some_and(not_now) => Refusal::TryAgain,
            Trouble::Database(_) if self.attempts() > 3 => Refusal::TryAgain,
            Trouble::Database(_) | Trouble::Unreadable(_) | Trouble::Ended => Refusal::ServerError,
        }
    }
}

fn of_code(code: &SqlState) -> Option<&'static Condition> {
    Some(match code.code() {
        "53100" => &DISK_FULL,
        "58030" => &DISK_FAILING,
        "25006" => &DATABASE_READ_ONLY,
        "55P03" | "57014" => &DATABASE_HELD,
        "XX001" | "XX002" => &DATABASE_DAMAGED,
        "57P01" | "57P02" | "57P03" | "53300" => &DATABASE_UNREACHABLE,
        way if way.starts_with("08") => &DATABASE_UNREACHABLE,
        _ => return None,
    })
}

fn lost(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
}

/// Another attempt would only wait once more: one of our own time limits was reached, this is a standby as long as it is
/// one, or there is no room.
fn not_now(code: &SqlState) -> bool {
    let room = code.code().starts_with("53");
    room || [
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ]
    .contains(code)
}

fn passing(code: &SqlState) -> bool {
    // Somebody in between says that the way to the database ended.
    let way = code.code().starts_with("08");
    way || [
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
