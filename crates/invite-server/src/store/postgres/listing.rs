//! Reading invites page by page, and counting them.

use tokio_postgres::types::ToSql;

use super::{
    rows::{INVITE, storable, stored, uses},
    session::Session,
    trouble::Trouble,
};
use crate::core::{
    Addressed, InviteStatus,
    state::{InviteQuery, ListedInvite, Order, StoredInvite},
};

type Values<'a> = Vec<&'a (dyn ToSql + Sync)>;

pub(super) async fn invites(
    session: &Session,
    asked: &InviteQuery,
) -> Result<Vec<ListedInvite>, Trouble> {
    let Some((conditions, mut values)) = conditions(asked) else {
        return Ok(Vec::new());
    };
    let (newest, first) = (i64::MAX, (String::new(), 0));
    let place = match &asked.order {
        Order::Newest { before } => {
            let before = bind(&mut values, before.as_ref().unwrap_or(&newest));
            format!("invites.number < {before} ORDER BY invites.number DESC")
        }
        Order::Address { after } => {
            let (address, number) = after.as_ref().unwrap_or(&first);
            let address = bind(&mut values, address);
            let number = bind(&mut values, number);
            format!(
                "email IS NOT NULL AND (email, invites.number) > ({address}, {number})
                 ORDER BY email, invites.number"
            )
        }
    };
    let limit = i64::from(asked.limit);
    let limit = bind(&mut values, &limit);
    let sql = format!("{INVITE} WHERE {conditions} AND {place} LIMIT {limit}");
    let rows = session.query(&sql, &values).await?;
    let found = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, stored(row)?)))
        .collect::<Result<Vec<(i64, StoredInvite)>, Trouble>>()?;
    let used: Vec<&str> = found
        .iter()
        .filter(|(_, invite)| invite.uses > 0)
        .map(|(_, invite)| invite.id.as_str())
        .collect();
    let mut accepted = uses(session, &used).await?;
    Ok(found
        .into_iter()
        .map(|(number, invite)| ListedInvite {
            number,
            accepted: accepted.remove(&invite.id).unwrap_or_default(),
            invite,
        })
        .collect())
}

pub(super) async fn count(session: &Session, asked: &InviteQuery) -> Result<i64, Trouble> {
    let Some((conditions, values)) = conditions(asked) else {
        return Ok(0);
    };
    let sql = format!("SELECT count(*) FROM invites WHERE {conditions}");
    let rows = session.query(&sql, &values).await?;
    rows.first().map_or(Ok(0), |row| Ok(row.try_get(0)?))
}

/// Which invites are meant, wherever a page begins; `None` for none, as no row can hold what is asked for.
fn conditions(asked: &InviteQuery) -> Option<(String, Values<'_>)> {
    if !storable(&asked.resource) {
        return None;
    }
    let mut values: Values<'_> = Vec::new();
    let mut sql = format!("resource = {}", bind(&mut values, &asked.resource));
    if let Some(inviter) = &asked.inviter {
        let username = bind(&mut values, &inviter.username);
        let provider = bind(&mut values, &inviter.provider);
        sql.push_str(&format!(
            " AND inviter_username = {username} AND inviter_provider = {provider}"
        ));
    }
    match &asked.addressed {
        Addressed::OrNot => {}
        Addressed::ToSomebody => sql.push_str(" AND email IS NOT NULL"),
        Addressed::To(email) if storable(email) => {
            sql.push_str(&format!(" AND email = {}", bind(&mut values, email)));
        }
        Addressed::To(_) => return None,
    }
    if asked.status == Some(InviteStatus::Removed) {
        sql.push_str(" AND removed_at IS NOT NULL");
        return Some((sql, values));
    }
    let now = bind(&mut values, &asked.now.0);
    let lives = match asked.status {
        Some(InviteStatus::Expired) => format!(" AND removed_at IS NULL AND expires_at <= {now}"),
        _ => format!(" AND removed_at IS NULL AND expires_at > {now}"),
    };
    sql.push_str(&lives);
    sql.push_str(match asked.status {
        Some(InviteStatus::Pending) => " AND (max_uses IS NULL OR uses < max_uses)",
        Some(InviteStatus::Accepted) => " AND uses >= max_uses",
        _ => "",
    });
    Some((sql, values))
}

/// A value, and the name that the statement calls it by.
fn bind<'a>(values: &mut Values<'a>, value: &'a (dyn ToSql + Sync)) -> String {
    values.push(value);
    format!("${}", values.len())
}
