//! Reading invites page by page, and counting them.

use rusqlite::{Connection, ToSql};

use super::rows::{INVITE, stored, uses};
use crate::core::{
    Addressed, InviteStatus,
    state::{InviteQuery, ListedInvite, Order},
};

pub(super) fn invites(
    connection: &Connection,
    query: &InviteQuery,
) -> rusqlite::Result<Vec<ListedInvite>> {
    let (conditions, mut values) = conditions(query);
    let (newest, first) = (i64::MAX, (String::new(), 0));
    let place = match &query.order {
        Order::Newest { before } => {
            values.push((":before", before.as_ref().unwrap_or(&newest)));
            " AND invites.number < :before ORDER BY invites.number DESC"
        }
        Order::Address { after } => {
            let (address, number) = after.as_ref().unwrap_or(&first);
            values.extend([(":address", address as &dyn ToSql), (":number", number)]);
            " AND email IS NOT NULL AND (email, invites.number) > (:address, :number)
              ORDER BY email, invites.number"
        }
    };
    values.push((":limit", &query.limit));
    let sql = format!("{INVITE} WHERE {conditions}{place} LIMIT :limit");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), |row| Ok((row.get(0)?, stored(row)?)))?;
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
    let (conditions, values) = conditions(query);
    connection
        .prepare_cached(&format!("SELECT count(*) FROM invites WHERE {conditions}"))?
        .query_row(values.as_slice(), |row| row.get(0))
}

/// Which invites are meant, wherever a page begins.
fn conditions(query: &InviteQuery) -> (String, Vec<(&'static str, &dyn ToSql)>) {
    let mut sql = "resource = :resource".to_owned();
    let mut values: Vec<(&str, &dyn ToSql)> = vec![(":resource", &query.resource)];
    if let Some(inviter) = &query.inviter {
        sql.push_str(" AND inviter_username = :username AND inviter_provider = :provider");
        values.extend([
            (":username", &inviter.username as &dyn ToSql),
            (":provider", &inviter.provider),
        ]);
    }
    match &query.addressed {
        Addressed::OrNot => {}
        Addressed::ToSomebody => sql.push_str(" AND email IS NOT NULL"),
        Addressed::To(email) => {
            sql.push_str(" AND email = :email");
            values.push((":email", email));
        }
    }
    sql.push_str(match query.status {
        None => " AND removed_at IS NULL AND expires_at > :now",
        Some(InviteStatus::Pending) => {
            " AND removed_at IS NULL AND expires_at > :now AND (max_uses IS NULL OR uses < max_uses)"
        }
        Some(InviteStatus::Accepted) => " AND removed_at IS NULL AND expires_at > :now AND uses >= max_uses",
        Some(InviteStatus::Expired) => " AND removed_at IS NULL AND expires_at <= :now",
        Some(InviteStatus::Removed) => " AND removed_at IS NOT NULL",
    });
    if query.status != Some(InviteStatus::Removed) {
        values.push((":now", &query.now.0));
    }
    (sql, values)
}
