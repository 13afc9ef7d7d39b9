//! Reading invites page by page, and counting them.

use rusqlite::{Connection, params_from_iter};

use super::rows::{stored, uses};
use crate::{
    core::state::{InviteQuery, ListedInvite},
    store::listing,
};

pub(super) fn invites(
    connection: &Connection,
    query: &InviteQuery,
) -> rusqlite::Result<Vec<ListedInvite>> {
    let asked = listing::page(query);
    let mut statement = connection.prepare_cached(&asked.sql)?;
    let rows = statement.query_map(params_from_iter(&asked.values), |row| {
        Ok((row.get(0)?, stored(row)?))
    })?;
    let mut listed = Vec::new();
    for row in rows {
        let (number, invite) = row?;
        let accepted = if invite.uses == 0 {
            Vec::new()
        } else {
            uses(connection, &invite.id)?
        };
        listed.push(ListedInvite {
            number,
            invite,
            accepted,
        });
    }
    Ok(listed)
}

pub(super) fn count(connection: &Connection, query: &InviteQuery) -> rusqlite::Result<i64> {
    let asked = listing::count(query);
    connection
        .prepare_cached(&asked.sql)?
        .query_row(params_from_iter(&asked.values), |row| row.get(0))
}
