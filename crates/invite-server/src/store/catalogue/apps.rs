//! Apps, and what they act on.

use std::collections::HashMap;

use invite_key::permissions::Permissions;

use super::{
    Executor, Row, Sql, Unreadable, all, binds, change, change_one, exists, one, webhooks,
};
use crate::core::{App, AppDialect, Moment, state::KeyHash};

static ALL: Sql = Sql::new("SELECT name, dialect, id, all_resources, created_at FROM apps");
static ALL_RESOURCES: Sql =
    Sql::new("SELECT app, resource, permissions FROM app_resources ORDER BY resource");
static BY_KEY: Sql = Sql::new("SELECT name FROM apps WHERE key_hash = $1 AND dialect = 'http'");
static ACTS_ON: Sql = Sql::new(
    "SELECT 1 FROM apps WHERE name = $1 AND (all_resources
         OR EXISTS (SELECT 1 FROM app_resources WHERE app = name AND resource = $2))",
);
/// Of some apps those that act on everything, and which of some resources each acts on.
static ACTING: Sql = Sql::new(
    "SELECT name, NULL FROM apps WHERE name {these} AND all_resources
     UNION ALL SELECT app, resource FROM app_resources WHERE app {any}$1{of-them} AND resource {any}$2{of-them}",
);
static ADD: Sql = Sql::new(
    "INSERT INTO apps (name, dialect, key_hash, all_resources, created_at) VALUES ($1, 'http', $2, $3 = CAST(1 AS BIGINT), $4)",
);
static GIVE: Sql = Sql::new(
    "INSERT INTO app_resources (app, resource, permissions, created_at) VALUES ($1, $2, $3, $4)",
);
static TAKE: Sql = Sql::new("DELETE FROM app_resources WHERE app = $1 AND resource = $2");
static TAKE_ALL: Sql = Sql::new("DELETE FROM app_resources WHERE app = $1");
static TAKE_FROM_ALL: Sql = Sql::new("DELETE FROM app_resources WHERE resource = $1");
static REMOVE: Sql = Sql::new("DELETE FROM apps WHERE name = $1 AND dialect = 'http'");

/// By name. Sorted here: engines may sort by the rules of some language.
pub(in crate::store) async fn every<E: Executor>(executor: &E) -> Result<Vec<App>, E::Trouble> {
    let mut resources: HashMap<String, Vec<(String, Option<Permissions>)>> = HashMap::new();
    for mut row in all(executor, &ALL_RESOURCES, &[]).await? {
        let app = row.text()?;
        let resource = (row.text()?, row.permissions_or_none()?);
        resources.entry(app).or_default().push(resource);
    }
    let app = |mut row: Row| {
        let name = row.text()?;
        Ok(App {
            dialect: AppDialect::parse(&row.text()?)
                .ok_or(Unreadable::Row("an app of an unknown dialect"))?,
            id: row.text_or_none()?,
            all_resources: row.flag()?,
            created_at: row.moment()?,
            resources: resources.remove(&name).unwrap_or_default(),
            name,
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

/// Whether there is such an app, and it created the resource or was given it.
pub(super) async fn acts_on<E: Executor>(
    executor: &E,
    app: &str,
    resource: &str,
) -> Result<bool, E::Trouble> {
    exists(executor, &ACTS_ON, binds![app, resource]).await
}

/// Which of these apps act on which of these resources; on all where none is named.
pub(in crate::store) async fn acting<E: Executor>(
    executor: &E,
    apps: &[String],
    resources: &[String],
) -> Result<Vec<(String, Option<String>)>, E::Trouble> {
    let acts = |mut row: Row| Ok((row.text()?, row.text_or_none()?));
    let rows = all(executor, &ACTING, binds![apps, resources]).await?;
    let acting = rows.into_iter().map(acts);
    Ok(acting.collect::<Result<_, Unreadable>>()?)
}

pub(super) async fn add<E: Executor>(
    executor: &E,
    name: &str,
    key: &KeyHash,
    all_resources: bool,
    at: Moment,
) -> Result<(), E::Trouble> {
    let values = binds![name, key, i64::from(all_resources), at];
    change(executor, &ADD, values).await?;
    Ok(())
}

pub(super) async fn give<E: Executor>(
    executor: &E,
    app: &str,
    resource: &str,
    permissions: Option<Permissions>,
    at: Moment,
) -> Result<(), E::Trouble> {
    change(executor, &GIVE, binds![app, resource, permissions, at]).await?;
    Ok(())
}

pub(super) async fn take<E: Executor>(
    executor: &E,
    app: &str,
    resource: &str,
) -> Result<(), E::Trouble> {
    change_one(executor, &TAKE, binds![app, resource]).await?;
    webhooks::forget_resource(executor, app, resource).await
}

/// No app acts on the resource any more.
pub(super) async fn take_from_all<E: Executor>(
    executor: &E,
    resource: &str,
) -> Result<(), E::Trouble> {
    change(executor, &TAKE_FROM_ALL, binds![resource]).await?;
    Ok(())
}

pub(super) async fn remove<E: Executor>(executor: &E, name: &str) -> Result<(), E::Trouble> {
    webhooks::forget(executor, name).await?;
    change(executor, &TAKE_ALL, binds![name]).await?;
    change_one(executor, &REMOVE, binds![name]).await
}
