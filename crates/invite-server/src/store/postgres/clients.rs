//! RKVST clients.

use tokio_postgres::{Row, types::ToSql};

use super::{
    rows::{hash_at, permissions_at, storable},
    session::Session,
    trouble::Trouble,
};
use crate::core::{Client, Moment, state::KeyHash};

const CLIENT: &str = "SELECT id, name, secret_hash, resource, permissions, created_at FROM clients";

pub(super) async fn all(session: &Session) -> Result<Vec<Client>, Trouble> {
    let rows = session.query(CLIENT, &[]).await?;
    let mut clients = rows.iter().map(of_row).collect::<Result<Vec<_>, _>>()?;
    // By bytes: the database may sort by the rules of some language.
    clients.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(clients)
}

pub(super) async fn of_id(session: &Session, id: &str) -> Result<Option<Client>, Trouble> {
    if !storable(id) {
        return Ok(None);
    }
    let rows = session
        .query(&format!("{CLIENT} WHERE id = $1"), &[&id])
        .await?;
    rows.first().map(of_row).transpose()
}

pub(super) async fn add(session: &Session, client: &Client) -> Result<(), Trouble> {
    let sql = "INSERT INTO clients (id, name, secret_hash, resource, permissions, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let (secret, permissions) = (client.secret.0.as_slice(), client.permissions.as_str());
    let values: [&(dyn ToSql + Sync); 6] = [
        &client.id,
        &client.name,
        &secret,
        &client.resource,
        &permissions,
        &client.created_at.0,
    ];
    session.execute(sql, &values).await?;
    Ok(())
}

fn of_row(row: &Row) -> Result<Client, Trouble> {
    Ok(Client {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        secret: KeyHash(hash_at(row, 2)?),
        resource: row.try_get(3)?,
        permissions: permissions_at(row, 4)?,
        created_at: Moment(row.try_get(5)?),
    })
}
