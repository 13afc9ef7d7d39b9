//! Writing what a rule decided.

use futures_util::future::{try_join, try_join3};
use invite_key::permissions::Permissions;

use super::{
    Executor, Sql, apps, binds, change, change_one, clients, events, mails, people, secrets,
    webhooks,
};
use crate::core::{
    User, address_key,
    state::{Change, StoredInvite},
};

static ADD_RESOURCE: Sql = Sql::new(
    "INSERT INTO resources (name, title, creator_username, creator_provider, version, created_at) VALUES ($1, $2, $3, $4, $5, $5)",
);
static DELETE_RESOURCE: Sql =
    Sql::new("UPDATE resources SET deleted_at = $1 WHERE name = $2 AND deleted_at IS NULL");
static MOVE_VERSION: Sql = Sql::new("UPDATE resources SET version = version + 1 WHERE name = $1");
static REMOVE_MEMBER: Sql =
    Sql::new("DELETE FROM members WHERE resource = $1 AND username = $2 AND provider = $3");
static SET_MEMBER: Sql = Sql::new(
    "INSERT INTO members (resource, username, provider, permissions) VALUES ($1, $2, $3, $4)
     ON CONFLICT (resource, username, provider) DO UPDATE SET permissions = excluded.permissions",
);
static ADD_INVITE: Sql = Sql::new(
    "INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at, inviter_username,
         inviter_provider, uses, max_uses, message, label, extras, removed_at, email, issuer, address)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
);
static GRANT: Sql =
    Sql::new("INSERT INTO grants (invite, resource, permissions) VALUES ($1, $2, $3)");
static COUNT_USE: Sql = Sql::new("UPDATE invites SET uses = uses + 1 WHERE id = $1");
static ADD_USE: Sql =
    Sql::new("INSERT INTO uses (invite, username, provider, at) VALUES ($1, $2, $3, $4)");
static REMOVE_INVITE: Sql =
    Sql::new("UPDATE invites SET removed_at = $1 WHERE id = $2 AND removed_at IS NULL");
static MOVE_END: Sql = Sql::new("UPDATE invites SET expires_at = $1, ended = FALSE WHERE id = $2");
static REVIVE: Sql = Sql::new("UPDATE resources SET revivals = revivals + 1 WHERE name = $1");
static END_INVITE: Sql = Sql::new("UPDATE invites SET ended = TRUE WHERE id = $1 AND NOT ended");
static REDEEM: Sql = Sql::new("INSERT INTO receipts (id, until) VALUES ($1, $2)");
static REMEMBER_CREATE: Sql = Sql::new(
    "INSERT INTO repeats (resource, username, provider, key_hash, body_hash, invite, until)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (resource, username, provider, key_hash) DO UPDATE
     SET body_hash = excluded.body_hash, invite = excluded.invite, until = excluded.until",
);
static REMEMBER_PERSON: Sql = Sql::new(
    "INSERT INTO people (username, provider, display_name) VALUES ($1, $2, $3)
     ON CONFLICT (username, provider) DO UPDATE SET display_name = excluded.display_name
     WHERE people.display_name IS DISTINCT FROM excluded.display_name",
);

/// Writes what a rule decided, in this order.
pub(in crate::store) async fn write<E: Executor>(
    executor: &E,
    changes: &[Change],
) -> Result<(), E::Trouble> {
    for one in changes {
        write_one(executor, one).await?;
    }
    Ok(())
}

async fn write_one<E: Executor>(executor: &E, one: &Change) -> Result<(), E::Trouble> {
    match one {
        Change::AddResource {
            resource,
            title,
            creator,
            at,
        } => {
            let creator = creator.as_ref();
            let values = binds![
                resource,
                title.as_deref(),
                creator.map(|user| &user.username),
                creator.map(|user| &user.provider),
                *at,
            ];
            change(executor, &ADD_RESOURCE, values).await?;
        }
        Change::DeleteResource { resource, at } => {
            change_one(executor, &DELETE_RESOURCE, binds![*at, resource]).await?;
            apps::take_from_all(executor, resource).await?;
        }
        Change::SetMember {
            resource,
            user,
            permissions,
        } => {
            // Sent together: each round trip is time that others wait for the lock on the resource.
            let named = binds![resource];
            let moved = change_one(executor, &MOVE_VERSION, named);
            let member = set_member(executor, resource, user, *permissions);
            try_join3(moved, member, remember(executor, user)).await?;
        }
        Change::AddInvite(invite) => {
            remember(executor, &invite.inviter).await?;
            add_invite(executor, invite).await?;
        }
        Change::AddUse { invite, user, at } => {
            let named = binds![invite];
            let counted = change_one(executor, &COUNT_USE, named);
            let values = binds![invite, &user.username, &user.provider, *at];
            let used = change(executor, &ADD_USE, values);
            try_join3(counted, used, remember(executor, user)).await?;
        }
        Change::RemoveInvite { invite, at } => {
            change_one(executor, &REMOVE_INVITE, binds![*at, invite]).await?;
        }
        Change::MoveEnd { invite, expires_at } => {
            change_one(executor, &MOVE_END, binds![*expires_at, invite]).await?;
        }
        Change::Revive { resource } => {
            change_one(executor, &REVIVE, binds![resource]).await?;
        }
        Change::EndInvite { invite } => {
            change_one(executor, &END_INVITE, binds![invite]).await?;
        }
        Change::AddApp {
            name,
            key,
            all_resources,
            at,
        } => apps::add(executor, name, key, *all_resources, *at).await?,
        Change::GiveResource { app, resource, at } => {
            apps::give(executor, app, resource, None, *at).await?;
        }
        Change::TakeResource { app, resource } => apps::take(executor, app, resource).await?,
        Change::RemoveApp { name } => apps::remove(executor, name).await?,
        Change::AddClient(client) => clients::add(executor, client).await?,
        Change::RemoveClient { id } => clients::remove(executor, id).await?,
        Change::Secret(secret) => secrets::write(executor, secret).await?,
        Change::Redeem { receipt, until } => {
            change(executor, &REDEEM, binds![receipt, *until]).await?;
        }
        Change::KnowPerson {
            user,
            subject,
            email,
        } => people::know(executor, user, subject, email.as_deref()).await?,
        Change::NameIssuer(issuer) => people::name_issuer(executor, issuer).await?,
        Change::AddSession { id, session } => people::add_session(executor, id, session).await?,
        Change::EndSessions { which, at } => {
            people::end_sessions(executor, which, *at).await?;
        }
        Change::Mail(mail) => mails::write(executor, mail).await?,
        Change::Webhook(webhook) => webhooks::write(executor, webhook).await?,
        Change::Tell {
            kind,
            invite,
            user,
            at,
        } => {
            let told = events::add(executor, *kind, invite, user, *at);
            let (number, apps) =
                try_join(told, webhooks::listening(executor, &invite.resource)).await?;
            let told = webhooks::Told {
                kind: *kind,
                invite,
                user,
                at: *at,
                number,
            };
            webhooks::deliver(executor, &apps, told).await?;
        }
        Change::Remember {
            resource,
            user,
            repeat,
            invite,
            until,
        } => {
            let values = binds![
                resource,
                &user.username,
                &user.provider,
                &repeat.key,
                &repeat.body,
                invite,
                *until,
            ];
            change(executor, &REMEMBER_CREATE, values).await?;
        }
    }
    Ok(())
}

async fn set_member<E: Executor>(
    executor: &E,
    resource: &str,
    user: &User,
    permissions: Permissions,
) -> Result<(), E::Trouble> {
    if permissions.is_empty() {
        let values = binds![resource, &user.username, &user.provider];
        change(executor, &REMOVE_MEMBER, values).await?;
    } else {
        let values = binds![resource, &user.username, &user.provider, permissions];
        change(executor, &SET_MEMBER, values).await?;
    }
    Ok(())
}

async fn add_invite<E: Executor>(executor: &E, invite: &StoredInvite) -> Result<(), E::Trouble> {
    let address = invite.email.as_deref().map(address_key);
    let extras = invite.extras.as_ref().map(ToString::to_string);
    let values = binds![
        &invite.id,
        &invite.key_hash,
        invite.kind.as_str(),
        &invite.secret_id,
        &invite.resource,
        invite.created_at,
        invite.expires_at,
        &invite.inviter.username,
        &invite.inviter.provider,
        invite.uses,
        invite.max_uses,
        invite.message.as_deref(),
        invite.label.as_deref(),
        extras.as_deref(),
        invite.removed_at,
        invite.email.as_deref(),
        invite.issuer.as_deref(),
        address.as_deref(),
    ];
    let granted = binds![&invite.id, &invite.resource, invite.permissions];
    let added = change(executor, &ADD_INVITE, values);
    try_join(added, change(executor, &GRANT, granted)).await?;
    Ok(())
}

/// Keeps the name to show, where there is one.
async fn remember<E: Executor>(executor: &E, user: &User) -> Result<(), E::Trouble> {
    let Some(name) = &user.display_name else {
        return Ok(());
    };
    let values = binds![&user.username, &user.provider, name];
    change(executor, &REMEMBER_PERSON, values).await?;
    Ok(())
}
