//! Apps.

use super::{session::Session, trouble::Trouble};
use crate::core::{App, Moment, state::KeyHash};

pub(super) async fn all(session: &Session) -> Result<Vec<App>, Trouble> {
    let rows = session
        .query("SELECT name, created_at FROM apps", &[])
        .await?;
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

pub(super) async fn named(session: &Session, key: KeyHash) -> Result<Option<String>, Trouble> {
    let sql = "SELECT name FROM apps WHERE key_hash = $1";
    let rows = session.query(sql, &[&key.0.as_slice()]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
}
