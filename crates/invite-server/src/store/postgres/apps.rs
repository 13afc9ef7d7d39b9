//! Apps.

use deadpool_postgres::GenericClient;

use super::{rows::query, trouble::Trouble};
use crate::core::{App, Moment, state::KeyHash};

pub(super) async fn all(client: &impl GenericClient) -> Result<Vec<App>, Trouble> {
    let rows = query(client, "SELECT name, created_at FROM apps", &[]).await?;
    let mut apps = rows
        .iter()
        .map(|row| {
            Ok(App {
                name: row.try_get(0)?,
                created_at: Moment(row.try_get(1)?),
            })
        })
        .collect::<Result<Vec<_>, Trouble>>()?;
    apps.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(apps)
}

pub(super) async fn named(
    client: &impl GenericClient,
    key: KeyHash,
) -> Result<Option<String>, Trouble> {
    let sql = "SELECT name FROM apps WHERE key_hash = $1";
    let rows = query(client, sql, &[&key.0.as_slice()]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}
