//! Ends of invites: many in one transaction, each copy others.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join;

use super::{Engine, Executor, Sql, Unreadable, all, binds, change, changes, reading, webhooks};
use crate::{
    core::{
        EventKind, Moment, User,
        state::{Change, StoredInvite},
    },
    store::message_id,
};

/// Invites whose time is over and of which nobody was told yet, the longest over first. Those that others hold, or whose
/// resource others hold, are passed over: who holds a row makes nobody else's end late.
static OVER: Sql = Sql::new(
    "SELECT id FROM invites JOIN resources ON name = invites.resource
     WHERE NOT ended AND removed_at IS NULL AND deleted_at IS NULL AND expires_at <= $1
     ORDER BY expires_at LIMIT $2{skip-invites-and-resources}",
);
static INVITES: Sql =
    Sql::new("{columns} FROM invites {beside} WHERE id {these} ORDER BY expires_at, id");
static HELD: Sql = Sql::new(
    "SELECT id FROM invites WHERE NOT ended AND removed_at IS NULL AND expires_at <= $1
     ORDER BY expires_at LIMIT 32",
);
// PostgreSQL's alone from here on: many rows in one journey. On SQLite there is no journey.
static END_ALL: Sql = Sql::new("UPDATE invites SET ended = TRUE WHERE id = ANY($1) AND NOT ended");
/// By the index of their names, which a join with the array would not take.
static NUMBER_ALL: Sql = Sql::new(
    "UPDATE resources SET events = events + ($1::BIGINT[])[array_position($2::TEXT[], name)]
     WHERE name = ANY($2) RETURNING name, events",
);
static ADD_EVENTS: Sql = Sql::new(
    "INSERT INTO events (resource, number, kind, invite, username, provider, at)
     SELECT * FROM unnest($1::TEXT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::BIGINT[])",
);
static DELIVER_ALL: Sql = Sql::new(
    "INSERT INTO deliveries (message, app, resource, number, body, created_at, due_at)
     SELECT message, app, resource, number, body, at, at
     FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::BIGINT[], $5::TEXT[], $6::BIGINT[])
         AS told (message, app, resource, number, body, at)",
);

/// Writes what `rule` asks for of such invites; of how many it asked for something.
pub(in crate::store) async fn end<E: Executor>(
    executor: &E,
    now: Moment,
    limit: u32,
    rule: &(dyn Fn(&StoredInvite) -> Vec<Change> + Send + Sync),
) -> Result<usize, E::Trouble> {
    let ids = ids(executor, &OVER, binds![now, limit]).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let rows = all(executor, &INVITES, binds![ids.as_slice()]).await?;
    let over = rows
        .into_iter()
        .map(|row| Ok(reading::stored(row)?.1))
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let asked: Vec<_> = over.iter().map(rule).collect();
    let ended = asked.iter().filter(|changes| !changes.is_empty()).count();
    let asked: Vec<_> = asked.into_iter().flatten().collect();
    match E::ENGINE {
        Engine::Sqlite => changes::write(executor, &asked).await?,
        Engine::Postgres => write(executor, asked).await?,
    }
    Ok(ended)
}

/// Some of those that are left, whoever holds them.
pub(in crate::store) async fn held<E: Executor>(
    executor: &E,
    now: Moment,
) -> Result<Vec<String>, E::Trouble> {
    ids(executor, &HELD, binds![now]).await
}

async fn ids<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[super::Bind<'_>],
) -> Result<Vec<String>, E::Trouble> {
    let rows = all(executor, sql, values).await?;
    let ids = rows.into_iter().map(|mut row| row.text());
    Ok(ids.collect::<Result<_, Unreadable>>()?)
}

/// The same as one by one, in a few statements for all.
async fn write<E: Executor>(executor: &E, asked: Vec<Change>) -> Result<(), E::Trouble> {
    let (mut ends, mut told, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for one in asked {
        match one {
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
    let rows = change(executor, &END_ALL, binds![ends.as_slice()]).await?;
    if rows != ends.len() as u64 {
        return Err(Unreadable::Rows(rows).into());
    }
    let resources: BTreeSet<String> = told.iter().map(|one| one.invite.resource.clone()).collect();
    let resources: Vec<String> = resources.into_iter().collect();
    let numbered = add_events(executor, &told);
    let listening = webhooks::listening_to(executor, &resources);
    let (numbers, listening) = try_join(numbered, listening).await?;
    deliver(executor, &listening, &told, &numbers).await?;
    changes::write(executor, &others).await
}

struct Told {
    kind: EventKind,
    invite: Box<StoredInvite>,
    user: User,
    at: Moment,
}

/// The rows of the resources are locked already: numbers stay without a gap.
async fn add_events<E: Executor>(executor: &E, told: &[Told]) -> Result<Vec<i64>, E::Trouble> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for one in told {
        *counts.entry(one.invite.resource.clone()).or_default() += 1;
    }
    let names: Vec<String> = counts.keys().cloned().collect();
    let more: Vec<i64> = counts.values().copied().collect();
    let values = binds![more.as_slice(), names.as_slice()];
    let mut last = BTreeMap::new();
    for mut row in all(executor, &NUMBER_ALL, values).await? {
        let name = row.text()?;
        let before = row.number()? - counts.get(&name).unwrap_or(&0);
        last.insert(name, before);
    }
    let mut numbers = Vec::with_capacity(told.len());
    for one in told {
        let number = last
            .get_mut(&one.invite.resource)
            .ok_or(Unreadable::Rows(0))?;
        *number += 1;
        numbers.push(*number);
    }
    let column = |text: fn(&Told) -> &str| -> Vec<String> {
        told.iter().map(|one| text(one).to_owned()).collect()
    };
    let resources = column(|one| &one.invite.resource);
    let kinds = column(|one| one.kind.as_str());
    let invites = column(|one| &one.invite.id);
    let usernames = column(|one| &one.user.username);
    let providers = column(|one| &one.user.provider);
    let times: Vec<i64> = told.iter().map(|one| one.at.0).collect();
    let values = binds![
        resources.as_slice(),
        numbers.as_slice(),
        kinds.as_slice(),
        invites.as_slice(),
        usernames.as_slice(),
        providers.as_slice(),
        times.as_slice(),
    ];
    change(executor, &ADD_EVENTS, values).await?;
    Ok(numbers)
}

/// A delivery of each for each app that listens to its resource.
async fn deliver<E: Executor>(
    executor: &E,
    listening: &[(String, String)],
    told: &[Told],
    numbers: &[i64],
) -> Result<(), E::Trouble> {
    let (mut messages, mut apps, mut resources) = (Vec::new(), Vec::new(), Vec::new());
    let (mut places, mut bodies, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for (app, resource) in listening {
        let of_it = told.iter().zip(numbers);
        for (one, number) in of_it.filter(|(one, _)| one.invite.resource == *resource) {
            // Without random bytes a message has no name, and one without a name is not told.
            let no_name = Unreadable::Row("no random bytes for a message's name");
            messages.push(message_id().ok_or(no_name)?);
            apps.push(app.clone());
            resources.push(one.invite.resource.clone());
            places.push(*number);
            let told = webhooks::Told {
                kind: one.kind,
                invite: &one.invite,
                user: &one.user,
                at: one.at,
                number: *number,
            };
            bodies.push(told.body());
            times.push(one.at.0);
        }
    }
    if messages.is_empty() {
        return Ok(());
    }
    let values = binds![
        messages.as_slice(),
        apps.as_slice(),
        resources.as_slice(),
        places.as_slice(),
        bodies.as_slice(),
        times.as_slice(),
    ];
    change(executor, &DELIVER_ALL, values).await?;
    Ok(())
}
