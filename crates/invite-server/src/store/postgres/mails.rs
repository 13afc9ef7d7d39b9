//! Mails that have yet to be sent.

use tokio_postgres::{Row, types::ToSql};

use super::{session::Session, trouble::Trouble};
use crate::core::{Mail, MailChange, Moment};

/// Rows that another copy is just taking are passed over, not waited for.
pub(super) async fn claim(
    session: &Session,
    now: Moment,
    until: Moment,
    limit: u32,
) -> Result<Vec<Mail>, Trouble> {
    let sql = "UPDATE mails SET due_at = $2, attempts = attempts + 1
        WHERE invite IN (SELECT invite FROM mails WHERE due_at <= $1
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        RETURNING invite, asked_at, attempts";
    let values: [&(dyn ToSql + Sync); 3] = [&now.0, &until.0, &i64::from(limit)];
    let mail = |row: &Row| {
        let attempts: i64 = row.try_get(2)?;
        Ok(Mail {
            invite: row.try_get(0)?,
            asked_at: Moment(row.try_get(1)?),
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            until,
        })
    };
    session
        .query(sql, &values)
        .await?
        .iter()
        .map(mail)
        .collect()
}

pub(super) async fn write(session: &Session, change: &MailChange) -> Result<(), Trouble> {
    match change {
        MailChange::Ask { invite, at } => {
            let sql = "INSERT INTO mails (invite, asked_at, due_at) VALUES ($1, $2, $2)";
            session.execute(sql, &[invite, &at.0]).await
        }
        MailChange::AskAgain { invite, at } => {
            let sql = "UPDATE mails SET asked_at = $2, due_at = $2, attempts = 0 WHERE invite = $1";
            session.execute(sql, &[invite, &at.0]).await
        }
        MailChange::Done { invite, until } => {
            let sql = "UPDATE mails SET due_at = NULL WHERE invite = $1 AND due_at = $2";
            session.execute(sql, &[invite, &until.0]).await
        }
        MailChange::TryLater {
            invite,
            until,
            due_at,
        } => {
            let sql = "UPDATE mails SET due_at = $3 WHERE invite = $1 AND due_at = $2";
            session.execute(sql, &[invite, &until.0, &due_at.0]).await
        }
        MailChange::Sweep => {
            let sql = "DELETE FROM mails WHERE due_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM invites WHERE id = invite)";
            session.execute(sql, &[]).await
        }
    }?;
    Ok(())
}
