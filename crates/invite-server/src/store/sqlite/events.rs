//! What happened, row by row.

use rusqlite::{Connection, params};

use super::rows::{unreadable, user};
use crate::core::{Event, EventKind, Moment, User, state::StoredInvite};

/// Writes an event under the resource's next number.
pub(super) fn add(
    connection: &Connection,
    kind: EventKind,
    invite: &StoredInvite,
    who: &User,
    at: Moment,
) -> rusqlite::Result<()> {
    let number: i64 = connection
        .prepare_cached(
            "UPDATE resources SET events = events + 1 WHERE name = ?1 RETURNING events",
        )?
        .query_row([&invite.resource], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO events (resource, number, kind, invite, username, provider, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            invite.resource,
            number,
            kind.as_str(),
            invite.id,
            who.username,
            who.provider,
            at.0
        ])?;
    Ok(())
}

pub(super) fn after(
    connection: &Connection,
    resource: &str,
    after: i64,
    limit: u32,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, kind, invite, username, provider, display_name, at,
             (SELECT uses FROM invites WHERE id = invite)
         FROM events LEFT JOIN people USING (username, provider)
         WHERE resource = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
    )?;
    let rows = statement.query_map(params![resource, after, limit], |row| {
        let kind: String = row.get(1)?;
        Ok(Event {
            number: row.get(0)?,
            kind: EventKind::parse(&kind)
                .ok_or_else(|| unreadable(1, "an unknown kind of event"))?,
            invite: row.get(2)?,
            user: user(row, 3)?,
            at: Moment(row.get(6)?),
            uses: row.get(7)?,
        })
    })?;
    rows.collect()
}
