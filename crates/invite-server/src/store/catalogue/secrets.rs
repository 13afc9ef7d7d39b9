//! Which secrets rows may name, and what was made with them.

use super::{Executor, Row, Sql, Unreadable, all, binds, change};
use crate::core::{KnownSecret, MadeWith, SecretChange};

static ALL: Sql = Sql::new("SELECT id, revoked_at FROM secrets ORDER BY known_at, id");
/// Whatever the clock says, here and below: what seems over lives again once it is right, until its end was told.
static MADE: Sql = Sql::new(
    "SELECT secret_id, count(*), max(expires_at) FROM invites
     WHERE NOT ended AND removed_at IS NULL GROUP BY secret_id",
);
static OPEN: Sql = Sql::new(
    "SELECT number, id FROM invites
     WHERE number > $1 AND secret_id = $2 AND NOT ended AND removed_at IS NULL ORDER BY number LIMIT $3",
);
/// Copies of the server that start at once may all say so.
static KNOW: Sql =
    Sql::new("INSERT INTO secrets (id, known_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");
static REVOKE: Sql = Sql::new(
    "INSERT INTO secrets (id, known_at, revoked_at) VALUES ($1, $2, $2)
     ON CONFLICT (id) DO UPDATE SET revoked_at = coalesce(secrets.revoked_at, excluded.revoked_at)",
);
static FORGET: Sql = Sql::new("DELETE FROM secrets WHERE id = $1 AND revoked_at IS NULL");

pub(in crate::store) async fn every<E: Executor>(
    executor: &E,
) -> Result<Vec<KnownSecret>, E::Trouble> {
    let known = |mut row: Row| {
        Ok(KnownSecret {
            id: row.text()?,
            revoked_at: row.moment_or_none()?,
        })
    };
    let rows = all(executor, &ALL, &[]).await?.into_iter();
    Ok(rows.map(known).collect::<Result<Vec<_>, Unreadable>>()?)
}

pub(in crate::store) async fn made<E: Executor>(executor: &E) -> Result<Vec<MadeWith>, E::Trouble> {
    let made = |mut row: Row| {
        Ok(MadeWith {
            secret: row.text()?,
            live: row.number()?,
            last_end: row.moment()?,
        })
    };
    let rows = all(executor, &MADE, &[]).await?.into_iter();
    Ok(rows.map(made).collect::<Result<Vec<_>, Unreadable>>()?)
}

pub(in crate::store) async fn open<E: Executor>(
    executor: &E,
    secret: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, String)>, E::Trouble> {
    let open = |mut row: Row| Ok((row.number()?, row.text()?));
    let rows = all(executor, &OPEN, binds![after, secret, limit]).await?;
    let open = rows.into_iter().map(open);
    Ok(open.collect::<Result<Vec<_>, Unreadable>>()?)
}

pub(super) async fn write<E: Executor>(executor: &E, one: &SecretChange) -> Result<(), E::Trouble> {
    match one {
        SecretChange::Know { id, at } => change(executor, &KNOW, binds![id, *at]).await?,
        SecretChange::Revoke { id, at } => change(executor, &REVOKE, binds![id, *at]).await?,
        SecretChange::Forget { id } => change(executor, &FORGET, binds![id]).await?,
    };
    Ok(())
}
