//! RKVST clients.

use super::{Executor, Row, Sql, Unreadable, all, apps, binds, change, change_one, one, webhooks};
use crate::core::{Client, state::KeyHash};

/// A client's columns, in the order in which rows are read.
pub(super) const CLIENT: &str = "SELECT id, name, key_hash, resource, permissions, apps.created_at FROM apps JOIN app_resources ON app = name";

static ALL: Sql = Sql::new("{client} WHERE dialect = 'rkvst'");
static BY_ID: Sql = Sql::new("{client} WHERE id = $1 AND dialect = 'rkvst'");
static ADD: Sql = Sql::new(
    "INSERT INTO apps (name, dialect, id, key_hash, created_at) VALUES ($1, 'rkvst', $2, $3, $4)",
);
static TAKE: Sql = Sql::new(
    "DELETE FROM app_resources WHERE app = (SELECT name FROM apps WHERE id = $1 AND dialect = 'rkvst')",
);
static REMOVE: Sql = Sql::new("DELETE FROM apps WHERE id = $1 AND dialect = 'rkvst'");

/// By name. Sorted here: engines may sort by the rules of some language.
pub(in crate::store) async fn every<E: Executor>(executor: &E) -> Result<Vec<Client>, E::Trouble> {
    let rows = all(executor, &ALL, &[]).await?;
    let mut clients = rows
        .into_iter()
        .map(client)
        .collect::<Result<Vec<_>, _>>()?;
    clients.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(clients)
}

pub(in crate::store) async fn of_id<E: Executor>(
    executor: &E,
    id: &str,
) -> Result<Option<Client>, E::Trouble> {
    let row = one(executor, &BY_ID, binds![id]).await?;
    Ok(row.map(client).transpose()?)
}

pub(super) async fn add<E: Executor>(executor: &E, client: &Client) -> Result<(), E::Trouble> {
    let (name, at) = (&client.name, client.created_at);
    change(executor, &ADD, binds![name, &client.id, &client.secret, at]).await?;
    apps::give(
        executor,
        name,
        &client.resource,
        Some(client.permissions),
        at,
    )
    .await
}

pub(super) async fn remove<E: Executor>(executor: &E, id: &str) -> Result<(), E::Trouble> {
    if let Some(client) = of_id(executor, id).await? {
        webhooks::forget(executor, &client.name).await?;
    }
    change(executor, &TAKE, binds![id]).await?;
    change_one(executor, &REMOVE, binds![id]).await
}

fn client(mut row: Row) -> Result<Client, Unreadable> {
    Ok(Client {
        id: row.text()?,
        name: row.text()?,
        secret: KeyHash(row.hash()?),
        resource: row.text()?,
        permissions: row.permissions()?,
        created_at: row.moment()?,
    })
}
