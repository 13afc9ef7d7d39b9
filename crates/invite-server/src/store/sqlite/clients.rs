//! RKVST clients.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::permissions_at;
use crate::core::{Client, Moment, state::KeyHash};

const CLIENT: &str = "SELECT id, name, secret_hash, resource, permissions, created_at FROM clients";

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Client>> {
    let mut statement = connection.prepare_cached(&format!("{CLIENT} ORDER BY name"))?;
    let rows = statement.query_map([], client)?;
    rows.collect()
}

pub(super) fn of_id(connection: &Connection, id: &str) -> rusqlite::Result<Option<Client>> {
    connection
        .prepare_cached(&format!("{CLIENT} WHERE id = ?1"))?
        .query_row([id], client)
        .optional()
}

pub(super) fn add(connection: &Connection, client: &Client) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO clients (id, name, secret_hash, resource, permissions, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            client.id,
            client.name,
            client.secret.0,
            client.resource,
            client.permissions.as_str(),
            client.created_at.0
        ])?;
    Ok(())
}

fn client(row: &Row<'_>) -> rusqlite::Result<Client> {
    Ok(Client {
        id: row.get(0)?,
        name: row.get(1)?,
        secret: KeyHash(row.get(2)?),
        resource: row.get(3)?,
        permissions: permissions_at(row, 4)?,
        created_at: Moment(row.get(5)?),
    })
}
