//! What time it is, as far as the database knows.

use super::{Executor, Sql, Unreadable, binds, change, one};
use crate::core::Moment;

/// PostgreSQL's own clock.
static NOW: Sql = Sql::new("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT");
static HIGHEST: Sql = Sql::new("SELECT highest FROM clock");
static SAW: Sql = Sql::new(
    "INSERT INTO clock (only_one, highest) VALUES (1, $1) ON CONFLICT (only_one)
     DO UPDATE SET highest = excluded.highest WHERE excluded.highest > clock.highest",
);
static SET: Sql = Sql::new(
    "INSERT INTO clock (only_one, highest) VALUES (1, $1) ON CONFLICT (only_one)
     DO UPDATE SET highest = excluded.highest",
);

pub(in crate::store) async fn now<E: Executor>(executor: &E) -> Result<Moment, E::Trouble> {
    let row = one(executor, &NOW, &[]).await?;
    Ok(row.ok_or(Unreadable::Row("no time"))?.moment()?)
}

/// The highest time that was ever seen.
pub(in crate::store) async fn highest<E: Executor>(
    executor: &E,
) -> Result<Option<Moment>, E::Trouble> {
    let row = one(executor, &HIGHEST, &[]).await?;
    Ok(row.map(|mut row| row.moment()).transpose()?)
}

/// This time was seen; or, on the operator's word, it is the highest whatever was seen.
pub(in crate::store) async fn see<E: Executor>(
    executor: &E,
    at: Moment,
    whatever: bool,
) -> Result<(), E::Trouble> {
    let sql = if whatever { &SET } else { &SAW };
    change(executor, sql, binds![at]).await?;
    Ok(())
}
