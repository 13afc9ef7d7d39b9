//! Webhooks and what they have yet to be told.

use futures_util::future::try_join_all;

use super::{Executor, Row, Sql, Unreadable, all, binds, change, one};
use crate::{
    core::{
        Delivery, EventKind, Moment, User, Webhook, WebhookChange, state::StoredInvite,
        webhook_body,
    },
    store::message_id,
};

static ALL: Sql = Sql::new(
    "SELECT app, id, secret_id, url, created_at, disabled_at, failed, trouble, trouble_at FROM webhooks",
);
static WAITING: Sql = Sql::new("SELECT count(*) FROM deliveries WHERE app = $1");
/// Those of apps that act on the resource.
static LISTENING: Sql = Sql::new(
    "SELECT webhooks.app FROM webhooks JOIN apps ON apps.name = webhooks.app
     WHERE disabled_at IS NULL AND (all_resources
         OR EXISTS (SELECT 1 FROM app_resources WHERE app_resources.app = webhooks.app AND resource = $1))",
);
/// The same of many resources. PostgreSQL's alone: on SQLite there is no journey to save.
static LISTENING_TO: Sql = Sql::new(
    "SELECT webhooks.app, asked.resource FROM webhooks JOIN apps ON apps.name = webhooks.app
     CROSS JOIN unnest($1::TEXT[]) AS asked (resource)
     WHERE disabled_at IS NULL AND (all_resources
         OR EXISTS (SELECT 1 FROM app_resources
             WHERE app_resources.app = webhooks.app AND app_resources.resource = asked.resource))",
);
static DELIVER: Sql = Sql::new(
    "INSERT INTO deliveries (message, app, resource, number, body, created_at, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6)",
);
/// Of what the app may still be told: something may have been written in the moment in which that ended.
static CLAIM: Sql = Sql::new(
    "UPDATE deliveries SET due_at = $1, attempts = attempts + 1
     WHERE message IN
         (SELECT message FROM deliveries WHERE app = $2 AND due_at <= $3
             AND NOT EXISTS (SELECT 1 FROM resources WHERE name = deliveries.resource AND deleted_at IS NOT NULL)
             AND (EXISTS (SELECT 1 FROM app_resources WHERE app = $2 AND app_resources.resource = deliveries.resource)
                 OR EXISTS (SELECT 1 FROM apps WHERE name = $2 AND all_resources))
             ORDER BY due_at LIMIT $4{skip})
     RETURNING message, body, created_at, attempts",
);
/// Of an app that is told of what it was given.
static FORGET_RESOURCE: Sql = Sql::new(
    "DELETE FROM deliveries WHERE app = $1 AND resource = $2
         AND NOT EXISTS (SELECT 1 FROM apps WHERE name = $1 AND all_resources)",
);
static FORGET_DELIVERIES: Sql = Sql::new("DELETE FROM deliveries WHERE app = $1");
static FORGET: Sql = Sql::new("DELETE FROM webhooks WHERE app = $1");
static SET: Sql = Sql::new(
    "INSERT INTO webhooks (app, id, secret_id, url, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (app) DO UPDATE SET id = excluded.id, secret_id = excluded.secret_id, url = excluded.url,
         created_at = excluded.created_at, disabled_at = NULL, failed = 0, trouble = NULL, trouble_at = NULL",
);
static HURRY: Sql = Sql::new("UPDATE deliveries SET due_at = $1 WHERE app = $2 AND due_at > $1");
static DELIVERED: Sql = Sql::new("DELETE FROM deliveries WHERE message = $1");
static TRY_LATER: Sql = Sql::new("UPDATE deliveries SET due_at = $1 WHERE message = $2");
static TROUBLE: Sql = Sql::new(
    "UPDATE webhooks SET failed = failed + $1, trouble = $2, trouble_at = $3 WHERE app = $4",
);
static DISABLE: Sql = Sql::new(
    "UPDATE webhooks SET disabled_at = $1, trouble = 'gone', trouble_at = $1,
         failed = failed + (SELECT count(*) FROM deliveries WHERE app = $2)
     WHERE app = $2 AND id = $3 AND disabled_at IS NULL",
);
static SWEEP: Sql = Sql::new(
    "DELETE FROM deliveries WHERE NOT EXISTS (SELECT 1 FROM webhooks JOIN apps ON apps.name = webhooks.app
         WHERE webhooks.app = deliveries.app AND disabled_at IS NULL AND (all_resources
             OR EXISTS (SELECT 1 FROM app_resources
                 WHERE app_resources.app = deliveries.app AND app_resources.resource = deliveries.resource)))",
);

/// By the names of their apps. Sorted here: engines may sort by the rules of some language.
pub(in crate::store) async fn every<E: Executor>(executor: &E) -> Result<Vec<Webhook>, E::Trouble> {
    let webhook = |mut row: Row| {
        Ok(Webhook {
            app: row.text()?,
            id: row.text()?,
            secret_id: row.text()?,
            url: row.text()?,
            created_at: row.moment()?,
            disabled_at: row.moment_or_none()?,
            failed: row.number()?,
            trouble: row.text_or_none()?.zip(row.moment_or_none()?),
        })
    };
    let rows = all(executor, &ALL, &[]).await?;
    let mut webhooks = rows
        .into_iter()
        .map(webhook)
        .collect::<Result<Vec<_>, Unreadable>>()?;
    webhooks.sort_by(|one, other| one.app.cmp(&other.app));
    Ok(webhooks)
}

pub(in crate::store) async fn waiting<E: Executor>(
    executor: &E,
    app: &str,
) -> Result<i64, E::Trouble> {
    let row = one(executor, &WAITING, binds![app]).await?;
    Ok(row.map_or(Ok(0), |mut row| row.number())?)
}

/// What has happened, and its number on its resource.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) kind: EventKind,
    pub(super) invite: &'a StoredInvite,
    pub(super) user: &'a User,
    pub(super) at: Moment,
    pub(super) number: i64,
}

impl Told<'_> {
    pub(super) fn body(&self) -> String {
        webhook_body(self.kind, self.invite, self.user, self.at, self.number)
    }
}

/// Which apps are told of a resource.
pub(super) async fn listening<E: Executor>(
    executor: &E,
    resource: &str,
) -> Result<Vec<String>, E::Trouble> {
    let rows = all(executor, &LISTENING, binds![resource]).await?;
    let apps = rows.into_iter().map(|mut row| row.text());
    Ok(apps.collect::<Result<_, Unreadable>>()?)
}

/// Which apps are told of which of these resources.
pub(super) async fn listening_to<E: Executor>(
    executor: &E,
    resources: &[String],
) -> Result<Vec<(String, String)>, E::Trouble> {
    let rows = all(executor, &LISTENING_TO, binds![resources]).await?;
    let pairs = rows
        .into_iter()
        .map(|mut row| Ok((row.text()?, row.text()?)));
    Ok(pairs.collect::<Result<_, Unreadable>>()?)
}

/// Writes a delivery of an event for each of these apps.
pub(super) async fn deliver<E: Executor>(
    executor: &E,
    apps: &[String],
    told: Told<'_>,
) -> Result<(), E::Trouble> {
    if apps.is_empty() {
        return Ok(());
    }
    let body = told.body();
    let inserts = apps.iter().map(async |app| {
        // Without random bytes there is none, and a message without a name is refused.
        let message = message_id();
        let values = binds![
            message.as_deref(),
            app,
            &told.invite.resource,
            told.number,
            &body,
            told.at,
        ];
        change(executor, &DELIVER, values).await
    });
    try_join_all(inserts).await?;
    Ok(())
}

/// Takes deliveries that are due. Where others take some just now, those are passed over, not waited for.
pub(in crate::store) async fn claim<E: Executor>(
    executor: &E,
    app: &str,
    now: Moment,
    until: Moment,
    limit: u32,
) -> Result<Vec<Delivery>, E::Trouble> {
    let delivery = |mut row: Row| {
        Ok(Delivery {
            message: row.text()?,
            body: row.text()?,
            created_at: row.moment()?,
            attempts: row.count()?,
        })
    };
    let rows = all(executor, &CLAIM, binds![until, app, now, limit]).await?;
    Ok(rows
        .into_iter()
        .map(delivery)
        .collect::<Result<_, Unreadable>>()?)
}

/// What waits of a resource that an app may not be told of any more.
pub(super) async fn forget_resource<E: Executor>(
    executor: &E,
    app: &str,
    resource: &str,
) -> Result<(), E::Trouble> {
    change(executor, &FORGET_RESOURCE, binds![app, resource]).await?;
    Ok(())
}

/// Nothing of an app's webhook stays.
pub(super) async fn forget<E: Executor>(executor: &E, app: &str) -> Result<(), E::Trouble> {
    change(executor, &FORGET_DELIVERIES, binds![app]).await?;
    change(executor, &FORGET, binds![app]).await?;
    Ok(())
}

pub(super) async fn write<E: Executor>(
    executor: &E,
    webhook: &WebhookChange,
) -> Result<(), E::Trouble> {
    match webhook {
        WebhookChange::Set {
            app,
            id,
            secret_id,
            url,
            at,
        } => {
            change(executor, &SET, binds![app, id, secret_id, url, *at]).await?;
            change(executor, &HURRY, binds![*at, app]).await?;
        }
        WebhookChange::Remove { app } => forget(executor, app).await?,
        WebhookChange::Delivered { message } => {
            change(executor, &DELIVERED, binds![message]).await?;
        }
        WebhookChange::TryLater {
            message,
            app,
            due_at,
            trouble,
            at,
        } => {
            change(executor, &TRY_LATER, binds![*due_at, message]).await?;
            change(executor, &TROUBLE, binds![0i64, trouble.as_str(), *at, app]).await?;
        }
        WebhookChange::GiveUp {
            message,
            app,
            trouble,
            at,
        } => {
            let gone = change(executor, &DELIVERED, binds![message]).await?;
            let gone = i64::try_from(gone).unwrap_or(i64::MAX);
            change(executor, &TROUBLE, binds![gone, trouble.as_str(), *at, app]).await?;
        }
        WebhookChange::Disable { app, id, at } => {
            if change(executor, &DISABLE, binds![*at, app, id]).await? > 0 {
                change(executor, &FORGET_DELIVERIES, binds![app]).await?;
            }
        }
        WebhookChange::Sweep => {
            change(executor, &SWEEP, &[]).await?;
        }
    }
    Ok(())
}
