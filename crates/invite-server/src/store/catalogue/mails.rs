//! Mails that have yet to be sent.

use super::{Executor, Row, Sql, Unreadable, all, binds, change};
use crate::core::{Mail, MailChange, Moment};

static CLAIM: Sql = Sql::new(
    "UPDATE mails SET due_at = $1, attempts = attempts + 1
     WHERE invite IN (SELECT invite FROM mails WHERE due_at <= $2 ORDER BY due_at LIMIT $3{skip})
     RETURNING invite, asked_at, attempts",
);
static ASK: Sql = Sql::new("INSERT INTO mails (invite, asked_at, due_at) VALUES ($1, $2, $2)");
static ASK_AGAIN: Sql =
    Sql::new("UPDATE mails SET asked_at = $1, due_at = $1, attempts = 0 WHERE invite = $2");
static DONE: Sql = Sql::new("UPDATE mails SET due_at = NULL WHERE invite = $1 AND due_at = $2");
static TRY_LATER: Sql = Sql::new("UPDATE mails SET due_at = $1 WHERE invite = $2 AND due_at = $3");
static SWEEP: Sql = Sql::new(
    "DELETE FROM mails WHERE due_at IS NULL AND NOT EXISTS (SELECT 1 FROM invites WHERE id = invite)",
);

pub(in crate::store) async fn claim<E: Executor>(
    executor: &E,
    now: Moment,
    until: Moment,
    limit: u32,
) -> Result<Vec<Mail>, E::Trouble> {
    let mail = |mut row: Row| {
        Ok(Mail {
            invite: row.text()?,
            asked_at: row.moment()?,
            attempts: row.count()?,
            until,
        })
    };
    let rows = all(executor, &CLAIM, binds![until, now, limit]).await?;
    Ok(rows
        .into_iter()
        .map(mail)
        .collect::<Result<_, Unreadable>>()?)
}

pub(super) async fn write<E: Executor>(executor: &E, mail: &MailChange) -> Result<(), E::Trouble> {
    match mail {
        MailChange::Ask { invite, at } => change(executor, &ASK, binds![invite, *at]).await,
        MailChange::AskAgain { invite, at } => {
            change(executor, &ASK_AGAIN, binds![*at, invite]).await
        }
        MailChange::Done { invite, until } => change(executor, &DONE, binds![invite, *until]).await,
        MailChange::TryLater {
            invite,
            until,
            due_at,
        } => change(executor, &TRY_LATER, binds![*due_at, invite, *until]).await,
        MailChange::Sweep => change(executor, &SWEEP, &[]).await,
    }?;
    Ok(())
}
