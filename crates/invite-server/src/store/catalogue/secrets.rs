//! Which secrets rows may name.

use super::{Executor, Row, Sql, Unreadable, all, binds, change};
use crate::core::Moment;

static ALL: Sql = Sql::new("SELECT id FROM secrets ORDER BY known_at, id");
/// Copies of the server that start at once may all say so.
static KNOW: Sql =
    Sql::new("INSERT INTO secrets (id, known_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");

pub(in crate::store) async fn every<E: Executor>(executor: &E) -> Result<Vec<String>, E::Trouble> {
    let rows = all(executor, &ALL, &[]).await?.into_iter();
    let ids = rows.map(|mut row: Row| row.text());
    Ok(ids.collect::<Result<Vec<_>, Unreadable>>()?)
}

pub(super) async fn know<E: Executor>(
    executor: &E,
    id: &str,
    at: Moment,
) -> Result<(), E::Trouble> {
    change(executor, &KNOW, binds![id, at]).await?;
    Ok(())
}
