//! What happened, row by row.

use tokio_postgres::types::ToSql;

use super::{
    rows::{storable, user},
    session::Session,
    trouble::Trouble,
};
use crate::core::{Event, EventKind, Moment, User, state::StoredInvite};

/// Writes an event under the resource's next number. The lock on the resource keeps the numbers in the order in which
/// they are committed, so that nobody who reads on from a number misses a smaller one.
pub(super) async fn add(
    session: &Session,
    kind: EventKind,
    invite: &StoredInvite,
    who: &User,
    at: Moment,
) -> Result<(), Trouble> {
    let sql = "UPDATE resources SET events = events + 1 WHERE name = $1 RETURNING events";
    let rows = session.query(sql, &[&invite.resource]).await?;
    let number: i64 = rows.first().ok_or(Trouble::Rows(0))?.try_get(0)?;
    let sql = "INSERT INTO events (resource, number, kind, invite, username, provider, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let kind = kind.as_str();
    let values: [&(dyn ToSql + Sync); 7] = [
        &invite.resource,
        &number,
        &kind,
        &invite.id,
        &who.username,
        &who.provider,
        &at.0,
    ];
    session.execute(sql, &values).await?;
    Ok(())
}

pub(super) async fn after(
    session: &Session,
    resource: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, Trouble> {
    if !storable(resource) {
        return Ok(Vec::new());
    }
    let sql = "SELECT number, kind, invite, events.username, events.provider, display_name, at,
            (SELECT uses FROM invites WHERE id = invite)
        FROM events LEFT JOIN people
            ON people.username = events.username AND people.provider = events.provider
        WHERE resource = $1 AND number > $2 ORDER BY number LIMIT $3";
    let rows = session
        .query(sql, &[&resource, &after, &i64::from(limit)])
        .await?;
    let event = |row: &tokio_postgres::Row| {
        Ok(Event {
            number: row.try_get(0)?,
            kind: EventKind::parse(row.try_get(1)?)
                .ok_or(Trouble::Unreadable("an unknown kind of event"))?,
            invite: row.try_get(2)?,
            user: user(row, 3)?,
            at: Moment(row.try_get(6)?),
            uses: row
                .try_get::<_, Option<i64>>(7)?
                .and_then(|uses| uses.try_into().ok()),
        })
    };
    rows.iter().map(event).collect()
}
