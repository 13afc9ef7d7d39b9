//! What time it is, as far as the database knows.

use super::{Executor, Sql, Unreadable, binds, change, one};
use crate::core::Moment;

/// PostgreSQL's own clock.
static NOW: Sql = Sql::new("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT");
static HIGHEST: Sql = Sql::new("SELECT highest FROM clock");
/// The newest time that any row tells of; they come in their order, or are few.
static NEWEST: Sql = Sql::new(
    "SELECT max(at) FROM (
         SELECT max(at) AS at FROM events
         UNION ALL SELECT max(created_at) FROM resources
         UNION ALL SELECT created_at FROM invites WHERE number = (SELECT max(number) FROM invites)
         UNION ALL SELECT at FROM uses WHERE number = (SELECT max(number) FROM uses)
         UNION ALL SELECT max(created_at) FROM apps
         UNION ALL SELECT max(known_at) FROM secrets) AS times",
);
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

/// Where no time was seen but there are rows, a backup was brought back: it was as late as they say, at least.
pub(in crate::store) async fn see_rows<E: Executor>(executor: &E) -> Result<(), E::Trouble> {
    if highest(executor).await?.is_some() {
        return Ok(());
    }
    let row = one(executor, &NEWEST, &[]).await?;
    let newest = row.ok_or(Unreadable::Rows(0))?.moment_or_none()?;
    match newest {
        Some(at) => see(executor, at, false).await,
        None => Ok(()),
    }
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
