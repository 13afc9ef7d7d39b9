//! Reading rows.

use invite_key::permissions::Permissions;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use crate::{
    core::{
        Acceptance, Member, Moment, ResourceOf, User,
        state::{InviteName, KeyHash, Repeated, Resource, Scope, State, StoredInvite},
    },
    store::{ACCEPTED_SHOWN, kind_named, listing::INVITE},
};

const USED: &str =
    "SELECT 1 FROM uses WHERE invite = ?1 AND username = ?2 AND provider = ?3 LIMIT 1";

/// What is stored about a scope.
pub(super) fn state(connection: &Connection, scope: &Scope) -> rusqlite::Result<State> {
    let mut state = State::default();
    if let Some(name) = &scope.invite {
        state.invite = invite(connection, name)?;
    }
    if let Some(invite) = &state.invite {
        state.inviter_permissions = permissions(connection, &invite.resource, &invite.inviter)?;
    }
    let named = scope
        .resource
        .as_deref()
        .or(state.invite.as_ref().map(|invite| invite.resource.as_str()));
    if let Some(name) = named {
        if let Some(user) = &scope.user {
            state.permissions = permissions(connection, name, user)?;
        }
        state.resource = resource(connection, name)?;
        if scope.members {
            state.members = members(connection, name)?;
        }
    }
    if let Some(receipt) = &scope.receipt {
        state.redeemed = connection
            .prepare_cached("SELECT 1 FROM receipts WHERE id = ?1")?
            .exists([receipt])?;
    }
    if let Scope {
        resource: Some(resource),
        user: Some(user),
        repeat: Some(key),
        ..
    } = scope
    {
        state.repeated = repeated(connection, resource, user, key)?;
    }
    if let Some((invite, user)) = state.perhaps_used(scope) {
        state.used =
            connection
                .prepare_cached(USED)?
                .exists([invite, &user.username, &user.provider])?;
    }
    Ok(state)
}

pub(super) fn resource(connection: &Connection, name: &str) -> rusqlite::Result<Option<Resource>> {
    connection
        .prepare_cached("SELECT name, title, version, events FROM resources WHERE name = ?1")?
        .query_row([name], |row| {
            Ok(Resource {
                name: row.get(0)?,
                title: row.get(1)?,
                version: row.get(2)?,
                events: row.get(3)?,
            })
        })
        .optional()
}

pub(super) fn members(connection: &Connection, resource: &str) -> rusqlite::Result<Vec<Member>> {
    let mut statement = connection.prepare_cached(
        "SELECT username, provider, display_name, permissions
         FROM members LEFT JOIN people USING (username, provider) WHERE resource = ?1 ORDER BY number",
    )?;
    let rows = statement.query_map([resource], |row| {
        Ok(Member {
            user: user(row, 0)?,
            permissions: permissions_at(row, 3)?,
        })
    })?;
    rows.collect()
}

pub(super) fn resources(connection: &Connection, user: &User) -> rusqlite::Result<Vec<ResourceOf>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, title, permissions FROM members JOIN resources ON name = resource
         WHERE username = ?1 AND provider = ?2 ORDER BY name",
    )?;
    let rows = statement.query_map([&user.username, &user.provider], |row| {
        Ok(ResourceOf {
            resource: row.get(0)?,
            title: row.get(1)?,
            permissions: permissions_at(row, 2)?,
        })
    })?;
    rows.collect()
}

/// The last uses of an invite, newest first.
pub(super) fn uses(connection: &Connection, invite: &str) -> rusqlite::Result<Vec<Acceptance>> {
    let mut statement = connection.prepare_cached(
        "SELECT username, provider, display_name, at FROM uses LEFT JOIN people USING (username, provider)
         WHERE invite = ?1 ORDER BY number DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![invite, ACCEPTED_SHOWN], |row| {
        Ok(Acceptance {
            user: user(row, 0)?,
            at: Moment(row.get(3)?),
        })
    })?;
    rows.collect()
}

fn invite(connection: &Connection, name: &InviteName) -> rusqlite::Result<Option<StoredInvite>> {
    match name {
        InviteName::Key(hash) => connection
            .prepare_cached(&format!("{INVITE} WHERE key_hash = ?1"))?
            .query_row([hash.0], stored)
            .optional(),
        InviteName::Id(id) => connection
            .prepare_cached(&format!("{INVITE} WHERE id = ?1"))?
            .query_row([id], stored)
            .optional(),
    }
}

fn repeated(
    connection: &Connection,
    resource: &str,
    user: &User,
    key: &[u8; 32],
) -> rusqlite::Result<Option<Repeated>> {
    let found = connection
        .prepare_cached(
            "SELECT invite, body_hash, until FROM repeats
             WHERE resource = ?1 AND username = ?2 AND provider = ?3 AND key_hash = ?4",
        )?
        .query_row(
            params![resource, user.username, user.provider, key],
            |row| Ok((InviteName::Id(row.get(0)?), row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((name, body, until)) = found else {
        return Ok(None);
    };
    Ok(invite(connection, &name)?.map(|invite| Repeated {
        invite,
        body,
        until: Moment(until),
    }))
}

fn permissions(
    connection: &Connection,
    resource: &str,
    user: &User,
) -> rusqlite::Result<Permissions> {
    let found = connection
        .prepare_cached("SELECT permissions FROM members WHERE resource = ?1 AND username = ?2 AND provider = ?3")?
        .query_row([resource, &user.username, &user.provider], |row| permissions_at(row, 0))
        .optional()?;
    Ok(found.unwrap_or(Permissions::NONE))
}

/// The columns of [`INVITE`].
pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredInvite> {
    let kind: String = row.get(3)?;
    let extras: Option<String> = row.get(16)?;
    Ok(StoredInvite {
        id: row.get(1)?,
        key_hash: KeyHash(row.get(2)?),
        kind: kind_named(&kind).ok_or_else(|| unreadable(3, "an unknown kind of key"))?,
        secret_id: row.get(4)?,
        resource: row.get(5)?,
        permissions: permissions_at(row, 6)?,
        created_at: Moment(row.get(7)?),
        expires_at: Moment(row.get(8)?),
        inviter: user(row, 9)?,
        uses: row.get(12)?,
        max_uses: row.get(13)?,
        message: row.get(14)?,
        title: row.get(15)?,
        extras: extras
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|_| unreadable(16, "extras that are not JSON"))?,
        removed_at: row.get::<_, Option<i64>>(17)?.map(Moment),
        email: row.get(18)?,
        issuer: row.get(19)?,
        ended: row.get(20)?,
    })
}

/// Three columns: username, provider, display name.
pub(super) fn user(row: &Row<'_>, first: usize) -> rusqlite::Result<User> {
    Ok(User {
        username: row.get(first)?,
        provider: row.get(first + 1)?,
        display_name: row.get(first + 2)?,
    })
}

pub(super) fn permissions_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Permissions> {
    let text: String = row.get(column)?;
    Permissions::parse(&text).map_err(|_| unreadable(column, "letters that are no permissions"))
}

pub(super) fn unreadable(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, what.into())
}
