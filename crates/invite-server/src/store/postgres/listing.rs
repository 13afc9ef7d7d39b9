//! Reading invites page by page, and counting them.

use super::{
    rows::{storable, stored, uses},
    session::Session,
    sweep::all,
    trouble::Trouble,
};
use crate::{
    core::{
        Addressed,
        state::{InviteQuery, ListedInvite, StoredInvite},
    },
    store::listing,
};

pub(super) async fn invites(
    session: &Session,
    query: &InviteQuery,
) -> Result<Vec<ListedInvite>, Trouble> {
    if is_about_nothing(query) {
        return Ok(Vec::new());
    }
    let asked = listing::page(query);
    let rows = session.query(&asked.sql, &all(&asked.values)).await?;
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

pub(super) async fn count(session: &Session, query: &InviteQuery) -> Result<i64, Trouble> {
    if is_about_nothing(query) {
        return Ok(0);
    }
    let asked = listing::count(query);
    let rows = session.query(&asked.sql, &all(&asked.values)).await?;
    rows.first().map_or(Ok(0), |row| Ok(row.try_get(0)?))
}

/// No row can hold what is asked for.
fn is_about_nothing(query: &InviteQuery) -> bool {
    let address = match &query.addressed {
        Addressed::To(email) => email,
        Addressed::OrNot | Addressed::ToSomebody => "",
    };
    !storable(&query.resource) || !storable(address)
}
