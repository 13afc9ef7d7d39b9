//! RKVST clients.

use super::{Executor, Row, Sql, Unreadable, all, binds, change, change_one, one};
use crate::core::{Client, state::KeyHash};

/// A client's columns, in the order in which rows are read.
pub(super) const CLIENT: &str =
    "SELECT id, name, secret_hash, resource, permissions, created_at FROM clients";

static ALL: Sql = Sql::new("{client}");
static BY_ID: Sql = Sql::new("{client} WHERE id = $1");
static ADD: Sql = Sql::new(
    "INSERT INTO clients (id, name, secret_hash, resource, permissions, created_at)
     VALUES ($1, $2, $3, $4, $5, $6)",
);
static REMOVE: Sql = Sql::new("DELETE FROM clients WHERE id = $1");

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
    let values = binds![
        &client.id,
        &client.name,
        &client.secret,
        &client.resource,
        client.permissions,
        client.created_at,
    ];
    change(executor, &ADD, values).await?;
    Ok(())
}

pub(super) async fn remove<E: Executor>(executor: &E, id: &str) -> Result<(), E::Trouble> {
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
