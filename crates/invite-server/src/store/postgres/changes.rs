//! Writing what a rule decided, inside the transaction that holds the locks.

use futures_util::future::{try_join, try_join3};
use invite_key::permissions::Permissions;
use tokio_postgres::types::ToSql;

use crate::core::{
    User,
    state::{Change, StoredInvite},
};

use super::{clients, events, mails, session::Session, trouble::Trouble, webhooks};

pub(super) async fn write(session: &Session, changes: &[Change]) -> Result<(), Trouble> {
    for change in changes {
        write_one(session, change).await?;
    }
    Ok(())
}

async fn write_one(session: &Session, change: &Change) -> Result<(), Trouble> {
    match change {
        Change::AddResource {
            resource,
            title,
            at,
        } => {
            let sql = "INSERT INTO resources (name, title, created_at) VALUES ($1, $2, $3)";
            session.execute(sql, &[resource, title, &at.0]).await?;
        }
        Change::SetMember {
            resource,
            user,
            permissions,
        } => {
            // Sent together: each round trip is time that others wait for the lock on the resource.
            let sql = "UPDATE resources SET version = version + 1 WHERE name = $1";
            let named: [&(dyn ToSql + Sync); 1] = [resource];
            let moved = session.execute(sql, &named);
            let member = set_member(session, resource, user, *permissions);
            let (moved, (), ()) = try_join3(moved, member, remember(session, user)).await?;
            only_one(moved)?;
        }
        Change::AddInvite(invite) => {
            remember(session, &invite.inviter).await?;
            add_invite(session, invite).await?;
        }
        Change::AddUse { invite, user, at } => {
            let sql = "UPDATE invites SET uses = uses + 1 WHERE id = $1";
            let named: [&(dyn ToSql + Sync); 1] = [invite];
            let counted = session.execute(sql, &named);
            let sql = "INSERT INTO uses (invite, username, provider, at) VALUES ($1, $2, $3, $4)";
            let values: [&(dyn ToSql + Sync); 4] = [invite, &user.username, &user.provider, &at.0];
            let used = session.execute(sql, &values);
            let (counted, _, ()) = try_join3(counted, used, remember(session, user)).await?;
            only_one(counted)?;
        }
        Change::RemoveInvite { invite, at } => {
            let sql = "UPDATE invites SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL";
            only_one(session.execute(sql, &[invite, &at.0]).await?)?;
        }
        Change::MoveEnd { invite, expires_at } => {
            let sql = "UPDATE invites SET expires_at = $2, ended = FALSE WHERE id = $1";
            only_one(session.execute(sql, &[invite, &expires_at.0]).await?)?;
        }
        Change::AddApp { name, key, at } => {
            let sql = "INSERT INTO apps (name, key_hash, created_at) VALUES ($1, $2, $3)";
            session
                .execute(sql, &[name, &key.0.as_slice(), &at.0])
                .await?;
        }
        Change::RemoveApp { name } => {
            webhooks::forget(session, name).await?;
            let sql = "DELETE FROM apps WHERE name = $1";
            only_one(session.execute(sql, &[name]).await?)?;
        }
        Change::AddClient(client) => clients::add(session, client).await?,
        Change::RemoveClient { id } => {
            let sql = "DELETE FROM clients WHERE id = $1";
            only_one(session.execute(sql, &[id]).await?)?;
        }
        Change::Redeem { receipt, until } => {
            let sql = "INSERT INTO receipts (id, until) VALUES ($1, $2)";
            session.execute(sql, &[receipt, &until.0]).await?;
        }
        Change::EndInvite { invite } => {
            let sql = "UPDATE invites SET ended = TRUE WHERE id = $1 AND NOT ended";
            only_one(session.execute(sql, &[invite]).await?)?;
        }
        Change::Mail(change) => mails::write(session, change).await?,
        Change::Webhook(change) => webhooks::write(session, change).await?,
        Change::Tell {
            kind,
            invite,
            user,
            at,
        } => {
            let told = events::add(session, *kind, invite, user, *at);
            let delivered = webhooks::deliver(session, *kind, invite, user, *at);
            try_join(told, delivered).await?;
        }
        Change::Remember {
            resource,
            user,
            repeat,
            invite,
            until,
        } => {
            let sql = "INSERT INTO repeats (resource, username, provider, key_hash, body_hash, invite, until)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (resource, username, provider, key_hash) DO UPDATE
                SET body_hash = excluded.body_hash, invite = excluded.invite, until = excluded.until";
            let (key, body) = (repeat.key.as_slice(), repeat.body.as_slice());
            let values: [&(dyn ToSql + Sync); 7] = [
                resource,
                &user.username,
                &user.provider,
                &key,
                &body,
                invite,
                &until.0,
            ];
            session.execute(sql, &values).await?;
        }
    }
    Ok(())
}

async fn set_member(
    session: &Session,
    resource: &str,
    user: &User,
    permissions: Permissions,
) -> Result<(), Trouble> {
    if permissions.is_empty() {
        let sql = "DELETE FROM members WHERE resource = $1 AND username = $2 AND provider = $3";
        let values: [&(dyn ToSql + Sync); 3] = [&resource, &user.username, &user.provider];
        session.execute(sql, &values).await?;
        return Ok(());
    }
    let sql = "INSERT INTO members (resource, username, provider, permissions) VALUES ($1, $2, $3, $4)
        ON CONFLICT (resource, username, provider) DO UPDATE SET permissions = excluded.permissions";
    let letters = permissions.as_str();
    let values: [&(dyn ToSql + Sync); 4] = [&resource, &user.username, &user.provider, &letters];
    session.execute(sql, &values).await?;
    Ok(())
}

async fn add_invite(session: &Session, invite: &StoredInvite) -> Result<(), Trouble> {
    let sql = "INSERT INTO invites (id, key_hash, kind, secret_id, resource, permissions, created_at, expires_at,
            inviter_username, inviter_provider, uses, max_uses, message, title, extras, removed_at,
            email, issuer)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let key_hash = invite.key_hash.0.as_slice();
    let (kind, permissions) = (invite.kind.as_str(), invite.permissions.as_str());
    let (uses, max_uses) = (i64::from(invite.uses), invite.max_uses.map(i64::from));
    let extras = invite.extras.as_ref().map(ToString::to_string);
    let removed_at = invite.removed_at.map(|at| at.0);
    let values: [&(dyn ToSql + Sync); 18] = [
        &invite.id,
        &key_hash,
        &kind,
        &invite.secret_id,
        &invite.resource,
        &permissions,
        &invite.created_at.0,
        &invite.expires_at.0,
        &invite.inviter.username,
        &invite.inviter.provider,
        &uses,
        &max_uses,
        &invite.message,
        &invite.title,
        &extras,
        &removed_at,
        &invite.email,
        &invite.issuer,
    ];
    session.execute(sql, &values).await?;
    Ok(())
}

/// Keeps the name to show, where there is one.
async fn remember(session: &Session, user: &User) -> Result<(), Trouble> {
    let Some(name) = &user.display_name else {
        return Ok(());
    };
    let sql = "INSERT INTO people (username, provider, display_name) VALUES ($1, $2, $3)
        ON CONFLICT (username, provider) DO UPDATE SET display_name = excluded.display_name
        WHERE people.display_name <> excluded.display_name";
    session
        .execute(sql, &[&user.username, &user.provider, name])
        .await?;
    Ok(())
}

fn only_one(rows: u64) -> Result<(), Trouble> {
    if rows == 1 {
        Ok(())
    } else {
        Err(Trouble::Rows(rows))
    }
}
