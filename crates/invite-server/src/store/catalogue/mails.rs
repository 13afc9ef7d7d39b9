//! Invites that have yet to be mailed.

use super::{Executor, Row, Sql, Unreadable, all, binds, change, counts};
use crate::core::{Mail, MailChange, MailState, Moment};

static CLAIM: Sql = Sql::new(
    "UPDATE invites SET mail_due_at = $1, mail_attempts = mail_attempts + 1
     WHERE id IN (SELECT id FROM invites WHERE mail_due_at <= $2 ORDER BY mail_due_at LIMIT $3{skip})
     RETURNING id, mail_asked_at, mail_attempts",
);
static ASK: Sql =
    Sql::new("UPDATE invites SET mail = $1, mail_asked_at = $2, mail_due_at = $2 WHERE id = $3");
static ASK_AGAIN: Sql = Sql::new(
    "UPDATE invites SET mail = $1, mail_asked_at = $2, mail_due_at = $2, mail_attempts = 0, mail_trouble = NULL
     WHERE id = $3 AND mail IS NOT NULL",
);
static DONE: Sql =
    Sql::new("UPDATE invites SET mail = $1, mail_due_at = NULL WHERE id = $2 AND mail_due_at = $3");
static GIVE_UP: Sql = Sql::new(
    "UPDATE invites SET mail = $1, mail_due_at = NULL, mail_trouble = $2 WHERE id = $3 AND mail_due_at = $4",
);
static TRY_LATER: Sql =
    Sql::new("UPDATE invites SET mail_due_at = $1 WHERE id = $2 AND mail_due_at = $3");

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
    let waiting = MailState::Waiting.as_str();
    match mail {
        MailChange::Ask { invite, at } => {
            change(executor, &ASK, binds![waiting, *at, invite]).await
        }
        MailChange::AskAgain { invite, at } => {
            change(executor, &ASK_AGAIN, binds![waiting, *at, invite]).await
        }
        MailChange::Count(recipient) => return counts::mail(executor, recipient).await,
        MailChange::Done {
            invite,
            until,
            state,
        } => change(executor, &DONE, binds![state.as_str(), invite, *until]).await,
        MailChange::GiveUp {
            invite,
            until,
            trouble,
        } => {
            let failed = MailState::Failed.as_str();
            change(executor, &GIVE_UP, binds![failed, trouble, invite, *until]).await
        }
        MailChange::TryLater {
            invite,
            until,
            due_at,
        } => change(executor, &TRY_LATER, binds![*due_at, invite, *until]).await,
    }?;
    Ok(())
}
