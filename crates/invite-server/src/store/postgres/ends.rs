//! Ends of invites: many in one transaction, each copy others.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use tokio_postgres::types::ToSql;

use super::{changes, rows::stored, session::Session, trouble::Trouble};
use crate::{
    core::{
        EventKind, Moment, User,
        state::{Change, StoredInvite},
        webhook_body,
    },
    store::{listing::INVITE, message_id},
};

/// Invites whose time is over and of which nobody was told yet, the longest over first. Those that others hold, or whose
/// resource others hold, are passed over: who holds a row makes nobody else's end late.
const OVER: &str = "SELECT id FROM invites JOIN resources ON name = resource
    WHERE NOT ended AND removed_at IS NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2
    FOR NO KEY UPDATE OF invites, resources SKIP LOCKED";

/// Writes what `rule` asks for of such invites; of how many it asked for something.
pub(super) async fn end(
    session: &Session,
    now: Moment,
    limit: u32,
    rule: &(dyn Fn(&StoredInvite) -> Vec<Change> + Send + Sync),
) -> Result<usize, Trouble> {
    let found = session.query(OVER, &[&now.0, &i64::from(limit)]).await?;
    let ids = found
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<&str>, _>>()?;
    if ids.is_empty() {
        return Ok(0);
    }
    let sql = format!("{INVITE} WHERE id = ANY($1) ORDER BY expires_at, id");
    let rows = session.query(&sql, &[&ids]).await?;
    let over = rows
        .iter()
        .map(stored)
        .collect::<Result<Vec<_>, Trouble>>()?;
    let asked: Vec<_> = over.iter().map(rule).collect();
    let ended = asked.iter().filter(|changes| !changes.is_empty()).count();
    write(session, asked.into_iter().flatten().collect()).await?;
    Ok(ended)
}

/// Some of those that are left, whoever holds them.
pub(super) async fn held(session: &Session, now: Moment) -> Result<Vec<String>, Trouble> {
    let sql = "SELECT id FROM invites WHERE NOT ended AND removed_at IS NULL AND expires_at <= $1
        ORDER BY expires_at LIMIT 32";
    let rows = session.query(sql, &[&now.0]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The same as one by one, in a few statements for all.
async fn write(session: &Session, asked: Vec<Change>) -> Result<(), Trouble> {
    let (mut ends, mut told, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for change in asked {
        match change {
            Change::EndInvite { invite } => ends.push(invite),
            Change::Tell {
                kind,
                invite,
                user,
                at,
            } => told.push(Told {
                kind,
                invite,
                user,
                at,
            }),
            other => others.push(other),
        }
    }
    let sql = "UPDATE invites SET ended = TRUE WHERE id = ANY($1) AND NOT ended";
    let rows = session.execute(sql, &[&ends]).await?;
    if rows != ends.len() as u64 {
        return Err(Trouble::Rows(rows));
    }
    try_join(add_events(session, &told), deliver(session, &told)).await?;
    changes::write(session, &others).await
}

struct Told {
    kind: EventKind,
    invite: Box<StoredInvite>,
    user: User,
    at: Moment,
}

/// The rows of the resources are locked already: numbers stay without a gap.
async fn add_events(session: &Session, told: &[Told]) -> Result<(), Trouble> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for one in told {
        *counts.entry(&one.invite.resource).or_default() += 1;
    }
    let (names, more): (Vec<&str>, Vec<i64>) = counts.iter().unzip();
    // By the index of their names, which a join with the array would not take.
    let sql =
        "UPDATE resources SET events = events + ($2::BIGINT[])[array_position($1::TEXT[], name)]
        WHERE name = ANY($1) RETURNING name, events";
    let mut last = BTreeMap::new();
    for row in session.query(sql, &[&names, &more]).await? {
        let name: String = row.try_get(0)?;
        let before = row.try_get::<_, i64>(1)? - counts.get(name.as_str()).unwrap_or(&0);
        last.insert(name, before);
    }
    let mut numbers = Vec::with_capacity(told.len());
    for one in told {
        let number = last.get_mut(&one.invite.resource).ok_or(Trouble::Rows(0))?;
        *number += 1;
        numbers.push(*number);
    }
    let column = |text: fn(&Told) -> &str| told.iter().map(text).collect::<Vec<_>>();
    let resources = column(|one| &one.invite.resource);
    let kinds = column(|one| one.kind.as_str());
    let invites = column(|one| &one.invite.id);
    let usernames = column(|one| &one.user.username);
    let providers = column(|one| &one.user.provider);
    let times: Vec<i64> = told.iter().map(|one| one.at.0).collect();
    let sql = "INSERT INTO events (resource, number, kind, invite, username, provider, at)
        SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::BIGINT[])";
    let values: [&(dyn ToSql + Sync); 7] = [
        &resources, &numbers, &kinds, &invites, &usernames, &providers, &times,
    ];
    session.execute(sql, &values).await?;
    Ok(())
}

/// A delivery of each for each webhook.
async fn deliver(session: &Session, told: &[Told]) -> Result<(), Trouble> {
    let sql = "SELECT app FROM webhooks WHERE disabled_at IS NULL";
    let rows = session.query(sql, &[]).await?;
    let (mut messages, mut apps, mut bodies, mut times) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        for one in told {
            // Without random bytes there is none, and a message without a name is refused.
            messages.push(message_id());
            apps.push(row.try_get::<_, &str>(0)?);
            bodies.push(webhook_body(one.kind, &one.invite, &one.user, one.at));
            times.push(one.at.0);
        }
    }
    if messages.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO deliveries (message, app, body, created_at, due_at)
        SELECT message, app, body, at, at
        FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[]) AS told (message, app, body, at)";
    session
        .execute(sql, &[&messages, &apps, &bodies, &times])
        .await?;
    Ok(())
}
