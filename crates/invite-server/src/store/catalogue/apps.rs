//! Apps.

use super::{Executor, Row, Sql, Unreadable, all, binds, change, change_one, one, webhooks};
use crate::core::{App, Moment, state::KeyHash};

static ALL: Sql = Sql::new("SELECT name, created_at FROM apps WHERE dialect = 'http'");
static BY_KEY: Sql = Sql::new("SELECT name FROM apps WHERE key_hash = $1 AND dialect = 'http'");
static ADD: Sql =
    Sql::new("INSERT INTO apps (name, dialect, key_hash, created_at) VALUES ($1, 'http', $2, $3)");
static REMOVE: Sql = Sql::new("DELETE FROM apps WHERE name = $1 AND dialect = 'http'");

/// By name. Sorted here: engines may sort by the rules of some language.
pub(in crate::store) async fn every<E: Executor>(executor: &E) -> Result<Vec<App>, E::Trouble> {
    let app = |mut row: Row| {
        Ok(App {
            name: row.text()?,
            created_at: row.moment()?,
        })
    };
    let rows = all(executor, &ALL, &[]).await?;
    let mut apps = rows
        .into_iter()
        .map(app)
        .collect::<Result<Vec<_>, Unreadable>>()?;
    apps.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(apps)
}

pub(in crate::store) async fn of_key<E: Executor>(
    executor: &E,
    key: KeyHash,
) -> Result<Option<String>, E::Trouble> {
    let row = one(executor, &BY_KEY, binds![&key]).await?;
    Ok(row.map(|mut row| row.text()).transpose()?)
}

pub(super) async fn add<E: Executor>(
    executor: &E,
    name: &str,
    key: &KeyHash,
    at: Moment,
) -> Result<(), E::Trouble> {
    change(executor, &ADD, binds![name, key, at]).await?;
    Ok(())
}

pub(super) async fn remove<E: Executor>(executor: &E, name: &str) -> Result<(), E::Trouble> {
    webhooks::forget(executor, name).await?;
    change_one(executor, &REMOVE, binds![name]).await
}
