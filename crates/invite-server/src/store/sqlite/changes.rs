//! Writing what a rule decided.

use rusqlite::{Connection, params};

use super::{clients, events, mails, webhooks};
use crate::core::{
    User,
    state::{Change, StoredInvite},
};

/// Writes what a rule decided, whole or not at all.
pub(super) fn write(connection: &Connection, changes: &[Change]) -> rusqlite::Result<()> {
    whole(connection, || {
        changes
            .iter()
            .try_for_each(|change| write_one(connection, change))
    })
}

/// Writes all of it or nothing; the transaction around it stays open either way.
pub(super) fn whole<Answer>(
    connection: &Connection,
    write: impl FnOnce() -> rusqlite::Result<Answer>,
) -> rusqlite::Result<Answer> {
    connection.prepare_cached("SAVEPOINT change")?.execute([])?;
    let written = write();
    if written.is_err() {
        connection.execute_batch("ROLLBACK TO change")?;
    }
    connection.prepare_cached("RELEASE change")?.execute([])?;
    written
}

fn write_one(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::AddResource {
            resource,
            title,
            at,
        } => {
            connection
                .prepare_cached(
                    "INSERT INTO resources (name, title, created_at) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![resource, title, at.0])?;
        }
        Change::SetMember {
            resource,
            user,
            permissions,
        } => {
            remember(connection, user)?;
            if permissions.is_empty() {
                connection
                    .prepare_cached("DELETE FROM members WHERE resource = ?1 AND username = ?2 AND provider = ?3")?
                    .execute(params![resource, user.username, user.provider])?;
            } else {
                connection
                    .prepare_cached(
                        "INSERT INTO members (resource, username, provider, permissions) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (resource, username, provider) DO UPDATE SET permissions = excluded.permissions",
                    )?
                    .execute(params![resource, user.username, user.provider, permissions.as_str()])?;
            }
            let moved = connection
                .prepare_cached("UPDATE resources SET version = version + 1 WHERE name = ?1")?
                .execute([resource])?;
            only_one(moved)?;
        }
        Change::AddInvite(invite) => {
            remember(connection, &invite.inviter)?;
            add_invite(connection, invite)?;
        }
        Change::AddUse { invite, user, at } => {
            remember(connection, user)?;
            let counted = connection
                .prepare_cached("UPDATE invites SET uses = uses + 1 WHERE id = ?1")?
                .execute([invite])?;
            only_one(counted)?;
            connection
                .prepare_cached(
                    "INSERT INTO uses (invite, username, provider, at) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![invite, user.username, user.provider, at.0])?;
        }
        Change::RemoveInvite { invite, at } => {
            let removed = connection
                .prepare_cached(
                    "UPDATE invites SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL",
                )?
                .execute(params![invite, at.0])?;
            only_one(removed)?;
        }
        Change::MoveEnd { invite, expires_at } => {
            let moved = connection
                .prepare_cached("UPDATE invites SET expires_at = ?2, ended = 0 WHERE id = ?1")?
                .execute(params![invite, expires_at.0])?;
            only_one(moved)?;
        }
        Change::AddApp { name, key, at } => {
            connection
                .prepare_cached(
                    "INSERT INTO apps (name, key_hash, created_at) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![name, key.0, at.0])?;
        }
        Change::RemoveApp { name } => {
            webhooks::forget(connection, name)?;
            let removed = connection
                .prepare_cached("DELETE FROM apps WHERE name = ?1")?
                .execute([name])?;
            only_one(removed)?;
        }
        Change::AddClient(client) => clients::add(connection, client)?,
        Change::RemoveClient { id } => {
            let removed = connection
                .prepare_cached("DELETE FROM clients WHERE id = ?1")?
                .execute([id])?;
            only_one(removed)?;
        }
        Change::Redeem { receipt, until } => {
            connection
                .prepare_cached("INSERT INTO receipts (id, until) VALUES (?1, ?2)")?
                .execute(params![receipt, until.0])?;
        }
        Change::EndInvite { invite } => {
            let ended = connection
                .prepare_cached("UPDATE invites SET ended = 1 WHERE id = ?1 AND ended = 0")?
                .execute([invite])?;
            only_one(ended)?;
        }
        Change::Mail(change) => mails::write(connection, change)?,
        Change::Webhook(change) => webhooks::write(connection, change)?,
        Change::Tell {
            kind,
            invite,
            user,
            at,
        } => {
            events::add(connection, *kind, invite, user, *at)?;
            webhooks::deliver(connection, *kind, invite, user, *at)?;
        }
        Change::Remember {
            resource,
            user,
            repeat,
            invite,
            until,
        } => {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO repeats (resource, username, provider, key_hash, body_hash, invite, until)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    resource,
                    user.username,
                    user.provider,
                    repeat.key,
                    repeat.body,
                    invite,
                    until.0
                ])?;
        }
    }
    Ok(())
}

fn add_invite(connection: &Connection, invite: &StoredInvite) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO invites (id, key_hash, kind, secret_id, resource, permissions, created_at, expires_at,
                 inviter_username, inviter_provider, uses, max_uses, message, title, extras, removed_at, email, issuer)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )?
        .execute(params![
            invite.id,
            invite.key_hash.0,
            invite.kind.as_str(),
            invite.secret_id,
            invite.resource,
            invite.permissions.as_str(),
            invite.created_at.0,
            invite.expires_at.0,
            invite.inviter.username,
            invite.inviter.provider,
            invite.uses,
            invite.max_uses,
            invite.message,
            invite.title,
            invite.extras.as_ref().map(ToString::to_string),
            invite.removed_at.map(|at| at.0),
            invite.email,
            invite.issuer,
        ])?;
    Ok(())
}

/// Keeps the name to show, where there is one.
fn remember(connection: &Connection, user: &User) -> rusqlite::Result<()> {
    let Some(name) = &user.display_name else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO people (username, provider, display_name) VALUES (?1, ?2, ?3)
             ON CONFLICT (username, provider) DO UPDATE SET display_name = excluded.display_name
             WHERE display_name IS NOT excluded.display_name",
        )?
        .execute(params![user.username, user.provider, name])?;
    Ok(())
}

/// A change that finds no row was decided over another state than the one that is stored.
fn only_one(rows: usize) -> rusqlite::Result<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(rusqlite::Error::StatementChangedRows(rows))
    }
}
