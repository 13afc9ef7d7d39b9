//! Mails that have yet to be sent.

use rusqlite::{Connection, params};

use crate::core::{Mail, MailChange, Moment};

pub(super) fn claim(
    connection: &Connection,
    now: Moment,
    until: Moment,
    limit: u32,
) -> rusqlite::Result<Vec<Mail>> {
    let mut statement = connection.prepare_cached(
        "UPDATE mails SET due_at = ?2, attempts = attempts + 1
         WHERE invite IN (SELECT invite FROM mails WHERE due_at <= ?1 ORDER BY due_at LIMIT ?3)
         RETURNING invite, asked_at, attempts",
    )?;
    let rows = statement.query_map(params![now.0, until.0, limit], |row| {
        Ok(Mail {
            invite: row.get(0)?,
            asked_at: Moment(row.get(1)?),
            attempts: row.get(2)?,
            until,
        })
    })?;
    rows.collect()
}

pub(super) fn write(connection: &Connection, change: &MailChange) -> rusqlite::Result<()> {
    let execute = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql)?.execute(values)
    };
    match change {
        MailChange::Ask { invite, at } => execute(
            "INSERT INTO mails (invite, asked_at, due_at) VALUES (?1, ?2, ?2)",
            params![invite, at.0],
        ),
        MailChange::AskAgain { invite, at } => execute(
            "UPDATE mails SET asked_at = ?2, due_at = ?2, attempts = 0 WHERE invite = ?1",
            params![invite, at.0],
        ),
        MailChange::Done { invite, until } => execute(
            "UPDATE mails SET due_at = NULL WHERE invite = ?1 AND due_at = ?2",
            params![invite, until.0],
        ),
        MailChange::TryLater {
            invite,
            until,
            due_at,
        } => execute(
            "UPDATE mails SET due_at = ?3 WHERE invite = ?1 AND due_at = ?2",
            params![invite, until.0, due_at.0],
        ),
        MailChange::Sweep => execute(
            "DELETE FROM mails WHERE due_at IS NULL AND invite NOT IN (SELECT id FROM invites)",
            &[],
        ),
    }?;
    Ok(())
}
