//! Webhooks and what they have yet to be told.

use futures_util::future::try_join_all;
use tokio_postgres::{Row, types::ToSql};

use super::{session::Session, trouble::Trouble};
use crate::{
    core::{
        Delivery, EventKind, Moment, User, Webhook, WebhookChange, state::StoredInvite,
        webhook_body,
    },
    store::message_id,
};

pub(super) async fn all(session: &Session) -> Result<Vec<Webhook>, Trouble> {
    let sql = "SELECT app, id, secret_id, url, created_at, disabled_at, failed, trouble, trouble_at
        FROM webhooks";
    let rows = session.query(sql, &[]).await?;
    let webhook = |row: &Row| {
        let trouble: Option<String> = row.try_get(7)?;
        let trouble_at: Option<i64> = row.try_get(8)?;
        Ok(Webhook {
            app: row.try_get(0)?,
            id: row.try_get(1)?,
            secret_id: row.try_get(2)?,
            url: row.try_get(3)?,
            created_at: Moment(row.try_get(4)?),
            disabled_at: row.try_get::<_, Option<i64>>(5)?.map(Moment),
            failed: row.try_get(6)?,
            trouble: trouble.zip(trouble_at.map(Moment)),
        })
    };
    let mut all = rows
        .iter()
        .map(webhook)
        .collect::<Result<Vec<_>, Trouble>>()?;
    all.sort_by(|one, other| one.app.cmp(&other.app));
    Ok(all)
}

pub(super) async fn waiting(session: &Session, app: &str) -> Result<i64, Trouble> {
    let sql = "SELECT count(*) FROM deliveries WHERE app = $1";
    let rows = session.query(sql, &[&app]).await?;
    Ok(rows.first().ok_or(Trouble::Rows(0))?.try_get(0)?)
}

/// Writes a delivery of an event for each webhook.
pub(super) async fn deliver(
    session: &Session,
    kind: EventKind,
    invite: &StoredInvite,
    who: &User,
    at: Moment,
) -> Result<(), Trouble> {
    let sql = "SELECT app FROM webhooks WHERE disabled_at IS NULL";
    let apps = session.query(sql, &[]).await?;
    if apps.is_empty() {
        return Ok(());
    }
    let body = webhook_body(kind, invite, who, at);
    let inserts = apps.iter().map(async |row| {
        let app: &str = row.try_get(0)?;
        let sql = "INSERT INTO deliveries (message, app, body, created_at, due_at) VALUES ($1, $2, $3, $4, $4)";
        // Without random bytes there is none, and a message without a name is refused.
        let message = message_id();
        let values: [&(dyn ToSql + Sync); 4] = [&message, &app, &body, &at.0];
        session.execute(sql, &values).await
    });
    try_join_all(inserts).await?;
    Ok(())
}

/// Rows that another copy is just taking are passed over, not waited for.
pub(super) async fn claim(
    session: &Session,
    app: &str,
    now: Moment,
    until: Moment,
    limit: u32,
) -> Result<Vec<Delivery>, Trouble> {
    let sql = "UPDATE deliveries SET due_at = $3, attempts = attempts + 1
        WHERE message IN (SELECT message FROM deliveries WHERE app = $1 AND due_at <= $2
            ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED)
        RETURNING message, body, created_at, attempts";
    let values: [&(dyn ToSql + Sync); 4] = [&app, &now.0, &until.0, &i64::from(limit)];
    let rows = session.query(sql, &values).await?;
    let delivery = |row: &Row| {
        let attempts: i64 = row.try_get(3)?;
        Ok(Delivery {
            message: row.try_get(0)?,
            body: row.try_get(1)?,
            created_at: Moment(row.try_get(2)?),
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        })
    };
    rows.iter().map(delivery).collect()
}

/// Nothing of an app's webhook stays.
pub(super) async fn forget(session: &Session, app: &str) -> Result<(), Trouble> {
    for sql in [
        "DELETE FROM deliveries WHERE app = $1",
        "DELETE FROM webhooks WHERE app = $1",
    ] {
        session.execute(sql, &[&app]).await?;
    }
    Ok(())
}

pub(super) async fn write(session: &Session, change: &WebhookChange) -> Result<(), Trouble> {
    match change {
        WebhookChange::Set {
            app,
            id,
            secret_id,
            url,
            at,
        } => {
            let sql = "INSERT INTO webhooks (app, id, secret_id, url, created_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (app) DO UPDATE SET id = excluded.id, secret_id = excluded.secret_id,
                    url = excluded.url, created_at = excluded.created_at, disabled_at = NULL, failed = 0,
                    trouble = NULL, trouble_at = NULL";
            session
                .execute(sql, &[app, id, secret_id, url, &at.0])
                .await?;
            let sql = "UPDATE deliveries SET due_at = $2 WHERE app = $1 AND due_at > $2";
            session.execute(sql, &[app, &at.0]).await?;
        }
        WebhookChange::Remove { app } => forget(session, app).await?,
        WebhookChange::Delivered { message } => {
            let sql = "DELETE FROM deliveries WHERE message = $1";
            session.execute(sql, &[message]).await?;
        }
        WebhookChange::TryLater {
            message,
            app,
            due_at,
            trouble,
            at,
        } => {
            let sql = "UPDATE deliveries SET due_at = $2 WHERE message = $1";
            session.execute(sql, &[message, &due_at.0]).await?;
            let sql = "UPDATE webhooks SET trouble = $2, trouble_at = $3 WHERE app = $1";
            session.execute(sql, &[app, trouble, &at.0]).await?;
        }
        WebhookChange::GiveUp {
            message,
            app,
            trouble,
            at,
        } => {
            let sql = "DELETE FROM deliveries WHERE message = $1";
            let gone = session.execute(sql, &[message]).await? as i64;
            let sql = "UPDATE webhooks SET failed = failed + $2, trouble = $3, trouble_at = $4 WHERE app = $1";
            session.execute(sql, &[app, &gone, trouble, &at.0]).await?;
        }
        WebhookChange::Disable { app, id, at } => {
            let sql = "UPDATE webhooks SET disabled_at = $3, trouble = 'gone', trouble_at = $3,
                    failed = failed + (SELECT count(*) FROM deliveries WHERE app = $1)
                WHERE app = $1 AND id = $2 AND disabled_at IS NULL";
            if session.execute(sql, &[app, id, &at.0]).await? > 0 {
                let sql = "DELETE FROM deliveries WHERE app = $1";
                session.execute(sql, &[app]).await?;
            }
        }
        WebhookChange::Sweep => {
            let sql = "DELETE FROM deliveries
                WHERE app NOT IN (SELECT app FROM webhooks WHERE disabled_at IS NULL)";
            session.execute(sql, &[]).await?;
        }
    }
    Ok(())
}
