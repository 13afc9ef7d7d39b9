//! What happened, row by row.

use super::{Bind, Executor, Row, Sql, Unreadable, all, binds, change, one};
use crate::core::{
    Event, EventKind, Moment, Progress, User,
    state::{Resource, StoredInvite, Version},
};

static NUMBER: Sql =
    Sql::new("UPDATE resources SET events = events + 1 WHERE name = $1 RETURNING events");
static ADD: Sql = Sql::new(
    "INSERT INTO events (resource, number, kind, invite, username, provider, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
static AFTER: Sql = Sql::new(
    "SELECT number, kind, invite, events.username, events.provider, display_name, at,
         (SELECT uses FROM invites WHERE id = invite)
     FROM events LEFT JOIN people ON people.username = events.username AND people.provider = events.provider
     WHERE resource = $1 AND number > $2 ORDER BY number LIMIT $3",
);

static PROGRESS: Sql = Sql::new(
    "SELECT name, events, number, version FROM resources WHERE name {these} AND deleted_at IS NULL",
);

/// On PostgreSQL, what copies of the server say to each other, and the name of where they say it.
pub(in crate::store) static TELL: Sql = Sql::new("SELECT pg_notify($1, $2)");
pub(in crate::store) static LISTEN: Sql = Sql::new("LISTEN invites_moved");
pub(in crate::store) const MOVED: &str = "invites_moved";

/// Writes an event under the resource's next number, and gives that. The lock on the resource keeps the numbers in the
/// order in which they are committed, so that nobody who reads on from a number misses a smaller one.
pub(super) async fn add<E: Executor>(
    executor: &E,
    kind: EventKind,
    invite: &StoredInvite,
    who: &User,
    at: Moment,
) -> Result<i64, E::Trouble> {
    let row = one(executor, &NUMBER, binds![&invite.resource]).await?;
    let number = row.ok_or(Unreadable::Rows(0))?.number()?;
    let values: &[Bind<'_>] = binds![
        &invite.resource,
        number,
        kind.as_str(),
        &invite.id,
        &who.username,
        &who.provider,
        at,
    ];
    change(executor, &ADD, values).await?;
    Ok(number)
}

/// How far resources are.
pub(in crate::store) async fn progress<E: Executor>(
    executor: &E,
    resources: &[String],
) -> Result<Vec<Progress>, E::Trouble> {
    let progress = |mut row: Row| {
        Ok(Progress {
            resource: row.text()?,
            events: row.number()?,
            version: Version {
                resource: row.number()?,
                members: row.number()?,
            },
        })
    };
    let rows = all(executor, &PROGRESS, binds![resources]).await?;
    Ok(rows
        .into_iter()
        .map(progress)
        .collect::<Result<_, Unreadable>>()?)
}

/// What follows a place on a resource as it was seen; nothing where that is its end, or beyond it: such a place is of a
/// database that has been put back since.
pub(in crate::store) async fn seen<E: Executor>(
    executor: &E,
    resource: Option<Resource>,
    place: Option<i64>,
    limit: u32,
) -> Result<(Option<Resource>, Vec<Event>), E::Trouble> {
    let events = match (&resource, place) {
        (Some(found), Some(place)) if place < found.events => {
            after(executor, &found.name, place, limit).await?
        }
        _ => Vec::new(),
    };
    Ok((resource, events))
}

pub(in crate::store) async fn after<E: Executor>(
    executor: &E,
    resource: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, E::Trouble> {
    let event = |mut row: Row| {
        Ok(Event {
            number: row.number()?,
            kind: EventKind::parse(&row.text()?)
                .ok_or(Unreadable::Row("an unknown kind of event"))?,
            invite: row.text()?,
            user: row.user()?,
            at: row.moment()?,
            uses: row.count_or_none()?,
        })
    };
    let rows = all(executor, &AFTER, binds![resource, after, limit]).await?;
    Ok(rows
        .into_iter()
        .map(event)
        .collect::<Result<_, Unreadable>>()?)
}
