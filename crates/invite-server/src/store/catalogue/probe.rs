//! Changes of nothing, to see whether anything can be changed.

use super::{Executor, Sql, change};

/// A row that nobody could have made, as it is no address.
static ADD: Sql = Sql::new(
    "INSERT INTO recipients (address, asked_at, until) VALUES ('', '', 0) ON CONFLICT DO NOTHING",
);
static TAKE_OUT: Sql = Sql::new("DELETE FROM recipients WHERE address = ''");

/// PostgreSQL's alone: a table that takes room of its own, in a transaction that is rolled back.
pub(in crate::store) const MAKE: &str = "CREATE TABLE invite_room (filled TEXT)";
pub(in crate::store) const FILL: &str =
    "INSERT INTO invite_room (filled) SELECT repeat('room', 400) FROM generate_series(1, 640)";

/// Writes, and leaves all as it was.
pub(in crate::store) async fn write<E: Executor>(executor: &E) -> Result<(), E::Trouble> {
    change(executor, &ADD, &[]).await?;
    change(executor, &TAKE_OUT, &[]).await?;
    Ok(())
}
