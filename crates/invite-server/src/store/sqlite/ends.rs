//! Ends of invites.

use rusqlite::{Connection, params};

use super::{changes, rows::stored};
use crate::{
    core::{
        Moment,
        state::{Change, StoredInvite},
    },
    store::listing::INVITE,
};

/// Writes what `rule` asks for of invites whose time is over, so many at most; of how many it asked for something.
pub(super) fn end(
    connection: &Connection,
    now: Moment,
    limit: u32,
    rule: &dyn Fn(&StoredInvite) -> Vec<Change>,
) -> rusqlite::Result<usize> {
    let sql = format!(
        "{INVITE} WHERE NOT ended AND removed_at IS NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let over = statement
        .query_map(params![now.0, limit], stored)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut ended = 0;
    for changes in over.iter().map(rule).filter(|changes| !changes.is_empty()) {
        changes::write(connection, &changes)?;
        ended += 1;
    }
    Ok(ended)
}
