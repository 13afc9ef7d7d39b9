//! Apps.

use rusqlite::{Connection, OptionalExtension};

use crate::core::{App, Moment, state::KeyHash};

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<App>> {
    let mut statement =
        connection.prepare_cached("SELECT name, created_at FROM apps ORDER BY name")?;
    let rows = statement.query_map([], |row| {
        Ok(App {
            name: row.get(0)?,
            created_at: Moment(row.get(1)?),
        })
    })?;
    rows.collect()
}

pub(super) fn named(connection: &Connection, key: KeyHash) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT name FROM apps WHERE key_hash = ?1")?
        .query_row([key.0], |row| row.get(0))
        .optional()
}
