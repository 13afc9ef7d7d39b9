//! Webhooks and what they have yet to be told.

use rusqlite::{Connection, params};

use crate::{
    core::{
        Delivery, EventKind, Moment, User, Webhook, WebhookChange, state::StoredInvite,
        webhook_body,
    },
    store::message_id,
};

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Webhook>> {
    let mut statement = connection.prepare_cached(
        "SELECT app, id, secret_id, url, created_at, disabled_at, failed, trouble, trouble_at
         FROM webhooks ORDER BY app",
    )?;
    let rows = statement.query_map([], |row| {
        let trouble: Option<String> = row.get(7)?;
        let trouble_at: Option<i64> = row.get(8)?;
        Ok(Webhook {
            app: row.get(0)?,
            id: row.get(1)?,
            secret_id: row.get(2)?,
            url: row.get(3)?,
            created_at: Moment(row.get(4)?),
            disabled_at: row.get::<_, Option<i64>>(5)?.map(Moment),
            failed: row.get(6)?,
            trouble: trouble.zip(trouble_at.map(Moment)),
        })
    })?;
    rows.collect()
}

pub(super) fn waiting(connection: &Connection, app: &str) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM deliveries WHERE app = ?1")?
        .query_row([app], |row| row.get(0))
}

/// Writes a delivery of an event for each webhook.
pub(super) fn deliver(
    connection: &Connection,
    kind: EventKind,
    invite: &StoredInvite,
    who: &User,
    at: Moment,
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT app FROM webhooks WHERE disabled_at IS NULL")?;
    let apps: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if apps.is_empty() {
        return Ok(());
    }
    let body = webhook_body(kind, invite, who, at);
    for app in apps {
        // Without random bytes there is none, and a message without a name is refused.
        connection
            .prepare_cached(
                "INSERT INTO deliveries (message, app, body, created_at, due_at) VALUES (?1, ?2, ?3, ?4, ?4)",
            )?
            .execute(params![message_id(), app, body, at.0])?;
    }
    Ok(())
}

pub(super) fn claim(
    connection: &Connection,
    app: &str,
    now: Moment,
    until: Moment,
    limit: u32,
) -> rusqlite::Result<Vec<Delivery>> {
    let mut statement = connection.prepare_cached(
        "UPDATE deliveries SET due_at = ?3, attempts = attempts + 1
         WHERE message IN (SELECT message FROM deliveries WHERE app = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?4)
         RETURNING message, body, created_at, attempts",
    )?;
    let rows = statement.query_map(params![app, now.0, until.0, limit], |row| {
        Ok(Delivery {
            message: row.get(0)?,
            body: row.get(1)?,
            created_at: Moment(row.get(2)?),
            attempts: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// Nothing of an app's webhook stays.
pub(super) fn forget(connection: &Connection, app: &str) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM deliveries WHERE app = ?1",
        "DELETE FROM webhooks WHERE app = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([app])?;
    }
    Ok(())
}

pub(super) fn write(connection: &Connection, change: &WebhookChange) -> rusqlite::Result<()> {
    let execute = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql)?.execute(values)
    };
    match change {
        WebhookChange::Set {
            app,
            id,
            secret_id,
            url,
            at,
        } => {
            execute(
                "INSERT OR REPLACE INTO webhooks (app, id, secret_id, url, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![app, id, secret_id, url, at.0],
            )?;
            execute(
                "UPDATE deliveries SET due_at = ?2 WHERE app = ?1 AND due_at > ?2",
                params![app, at.0],
            )?;
        }
        WebhookChange::Remove { app } => forget(connection, app)?,
        WebhookChange::Delivered { message } => {
            execute(
                "DELETE FROM deliveries WHERE message = ?1",
                params![message],
            )?;
        }
        WebhookChange::TryLater {
            message,
            app,
            due_at,
            trouble,
            at,
        } => {
            execute(
                "UPDATE deliveries SET due_at = ?2 WHERE message = ?1",
                params![message, due_at.0],
            )?;
            execute(
                "UPDATE webhooks SET trouble = ?2, trouble_at = ?3 WHERE app = ?1",
                params![app, trouble, at.0],
            )?;
        }
        WebhookChange::GiveUp {
            message,
            app,
            trouble,
            at,
        } => {
            let gone = execute(
                "DELETE FROM deliveries WHERE message = ?1",
                params![message],
            )?;
            execute(
                "UPDATE webhooks SET failed = failed + ?2, trouble = ?3, trouble_at = ?4 WHERE app = ?1",
                params![app, gone as i64, trouble, at.0],
            )?;
        }
        WebhookChange::Disable { app, id, at } => {
            let disabled = execute(
                "UPDATE webhooks SET disabled_at = ?3, trouble = 'gone', trouble_at = ?3,
                     failed = failed + (SELECT count(*) FROM deliveries WHERE app = ?1)
                 WHERE app = ?1 AND id = ?2 AND disabled_at IS NULL",
                params![app, id, at.0],
            )?;
            if disabled > 0 {
                execute("DELETE FROM deliveries WHERE app = ?1", params![app])?;
            }
        }
        WebhookChange::Sweep => {
            execute(
                "DELETE FROM deliveries WHERE app NOT IN (SELECT app FROM webhooks WHERE disabled_at IS NULL)",
                &[],
            )?;
        }
    }
    Ok(())
}
