//! Reading rows.

use std::collections::HashMap;

use invite_key::permissions::Permissions;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    core::{
        Acceptance, Member, Moment, ResourceOf, User,
        state::{InviteName, KeyHash, Repeated, Resource, Scope, State, StoredInvite},
    },
    store::{ACCEPTED_SHOWN, kind_named, listing::INVITE},
};

use super::{session::Session, trouble::Trouble};

/// Whether what is read is locked until the transaction ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    No,
    Yes,
}

impl Lock {
    // NO KEY: rows that merely refer to these do not wait.
    fn of(self, table: &str) -> String {
        match self {
            Lock::No => String::new(),
            Lock::Yes => format!(" FOR NO KEY UPDATE OF {table}"),
        }
    }
}

/// What is stored about a scope. Locks always go from the invite to its resource, so that none wait in a circle; who
/// may do what is read under the lock of the resource, which every change of members takes.
pub(super) async fn state(
    session: &mut Session,
    scope: &Scope,
    lock: Lock,
) -> Result<State, Trouble> {
    let mut state = State::default();
    if let Some(name) = &scope.invite {
        state.invite = invite(session, name, lock).await?;
    }
    let of_invite = state.invite.as_ref().map(|invite| invite.resource.as_str());
    if let Some(name) = scope.resource.as_deref().or(of_invite) {
        if lock == Lock::Yes {
            session.also_enter(name)?;
        }
        state.resource = resource(session, name, lock).await?;
        if let Some(user) = &scope.user {
            state.permissions = permissions(session, name, user).await?;
        }
        if scope.members {
            let found = resource_with_members(session, name).await?;
            state.members = found.map_or_else(Vec::new, |(_, members)| members);
        }
    }
    if let Some(receipt) = &scope.receipt {
        let sql = "SELECT 1 FROM receipts WHERE id = $1";
        state.redeemed = !session.query(sql, &[receipt]).await?.is_empty();
    }
    if let Scope {
        resource: Some(resource),
        user: Some(user),
        repeat: Some(key),
        ..
    } = scope
    {
        state.repeated = repeated(session, resource, user, key).await?;
    }
    if let Some(invite) = &state.invite {
        state.inviter_permissions = permissions(session, &invite.resource, &invite.inviter).await?;
    }
    if let Some((invite, user)) = state.perhaps_used(scope) {
        let sql =
            "SELECT 1 FROM uses WHERE invite = $1 AND username = $2 AND provider = $3 LIMIT 1";
        let found = session
            .query(sql, &[&invite, &user.username, &user.provider])
            .await?;
        state.used = !found.is_empty();
    }
    Ok(state)
}

/// Whether the database takes no changes, as a standby.
pub(super) async fn read_only(session: &Session) -> Result<bool, Trouble> {
    let rows = session.query("SHOW transaction_read_only", &[]).await?;
    let answer: Option<&str> = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(answer != Some("off"))
}

/// No text in the database has this character, and asking for one that has it is an error there.
pub(super) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

async fn resource(session: &Session, name: &str, lock: Lock) -> Result<Option<Resource>, Trouble> {
    if !storable(name) {
        return Ok(None);
    }
    let sql = format!(
        "SELECT name, title, version, events FROM resources WHERE name = $1{}",
        lock.of("resources")
    );
    let rows = session.query(&sql, &[&name]).await?;
    rows.first().map(resource_of).transpose()
}

fn resource_of(row: &Row) -> Result<Resource, Trouble> {
    Ok(Resource {
        name: row.try_get(0)?,
        title: row.try_get(1)?,
        version: row.try_get(2)?,
        events: row.try_get(3)?,
    })
}

/// A resource and its members in one statement, which sees one state of both.
pub(super) async fn resource_with_members(
    session: &Session,
    name: &str,
) -> Result<Option<(Resource, Vec<Member>)>, Trouble> {
    if !storable(name) {
        return Ok(None);
    }
    let sql = "SELECT name, title, version, events, members.username, members.provider, display_name, permissions
        FROM resources LEFT JOIN members ON members.resource = name
        LEFT JOIN people ON people.username = members.username AND people.provider = members.provider
        WHERE name = $1 ORDER BY members.number";
    let rows = session.query(sql, &[&name]).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let found = resource_of(first)?;
    let mut members = Vec::new();
    for row in &rows {
        if row.try_get::<_, Option<String>>(4)?.is_some() {
            members.push(Member {
                user: user(row, 4)?,
                permissions: permissions_at(row, 7)?,
            });
        }
    }
    Ok(Some((found, members)))
}

pub(super) async fn resources(session: &Session, user: &User) -> Result<Vec<ResourceOf>, Trouble> {
    if !storable(&user.username) {
        return Ok(Vec::new());
    }
    let sql = "SELECT name, title, permissions FROM members JOIN resources ON name = resource
        WHERE username = $1 AND provider = $2";
    let rows = session
        .query(sql, &[&user.username, &user.provider])
        .await?;
    let mut found = rows
        .iter()
        .map(|row| {
            Ok(ResourceOf {
                resource: row.try_get(0)?,
                title: row.try_get(1)?,
                permissions: permissions_at(row, 2)?,
            })
        })
        .collect::<Result<Vec<_>, Trouble>>()?;
    // By bytes: the database may sort by the rules of some language.
    found.sort_by(|one, other| one.resource.cmp(&other.resource));
    Ok(found)
}

/// The last uses of invites, newest first.
pub(super) async fn uses(
    session: &Session,
    invites: &[&str],
) -> Result<HashMap<String, Vec<Acceptance>>, Trouble> {
    let mut found: HashMap<String, Vec<Acceptance>> = HashMap::new();
    if invites.is_empty() {
        return Ok(found);
    }
    // LATERAL: of each invite only the last are read, however often it was used.
    let sql = "SELECT asked.invite, last.username, last.provider, display_name, at
        FROM unnest($1::TEXT[]) AS asked (invite)
        CROSS JOIN LATERAL (SELECT number, username, provider, at FROM uses
            WHERE uses.invite = asked.invite ORDER BY number DESC LIMIT $2) AS last
        LEFT JOIN people ON people.username = last.username AND people.provider = last.provider
        ORDER BY asked.invite, last.number DESC";
    for row in session
        .query(sql, &[&invites, &i64::from(ACCEPTED_SHOWN)])
        .await?
    {
        found.entry(row.try_get(0)?).or_default().push(Acceptance {
            user: user(&row, 1)?,
            at: Moment(row.try_get(4)?),
        });
    }
    Ok(found)
}

async fn invite(
    session: &Session,
    name: &InviteName,
    lock: Lock,
) -> Result<Option<StoredInvite>, Trouble> {
    let lock = lock.of("invites");
    let rows = match name {
        InviteName::Key(hash) => {
            let sql = format!("{INVITE} WHERE key_hash = $1{lock}");
            session.query(&sql, &[&hash.0.as_slice()]).await?
        }
        InviteName::Id(id) if storable(id) => {
            let sql = format!("{INVITE} WHERE id = $1{lock}");
            session.query(&sql, &[id]).await?
        }
        InviteName::Id(_) => Vec::new(),
    };
    rows.first().map(stored).transpose()
}

async fn repeated(
    session: &Session,
    resource: &str,
    user: &User,
    key: &[u8; 32],
) -> Result<Option<Repeated>, Trouble> {
    if !storable(resource) {
        return Ok(None);
    }
    let sql = "SELECT invite, body_hash, until FROM repeats
        WHERE resource = $1 AND username = $2 AND provider = $3 AND key_hash = $4";
    let values: [&(dyn ToSql + Sync); 4] =
        [&resource, &user.username, &user.provider, &key.as_slice()];
    let rows = session.query(sql, &values).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let name = InviteName::Id(row.try_get(0)?);
    let (body, until) = (hash_at(row, 1)?, Moment(row.try_get(2)?));
    Ok(invite(session, &name, Lock::No)
        .await?
        .map(|invite| Repeated {
            invite,
            body,
            until,
        }))
}

async fn permissions(
    session: &Session,
    resource: &str,
    user: &User,
) -> Result<Permissions, Trouble> {
    if !storable(resource) || !storable(&user.username) {
        return Ok(Permissions::NONE);
    }
    let sql =
        "SELECT permissions FROM members WHERE resource = $1 AND username = $2 AND provider = $3";
    let rows = session
        .query(sql, &[&resource, &user.username, &user.provider])
        .await?;
    rows.first()
        .map_or(Ok(Permissions::NONE), |row| permissions_at(row, 0))
}

/// The columns of [`INVITE`].
pub(super) fn stored(row: &Row) -> Result<StoredInvite, Trouble> {
    let number = |column| -> Result<Option<u32>, Trouble> {
        let number: Option<i64> = row.try_get(column)?;
        let number = number.map(u32::try_from).transpose();
        number.map_err(|_| Trouble::Unreadable("a number of uses that cannot be"))
    };
    Ok(StoredInvite {
        id: row.try_get(1)?,
        key_hash: KeyHash(hash_at(row, 2)?),
        kind: kind_named(row.try_get(3)?).ok_or(Trouble::Unreadable("an unknown kind of key"))?,
        secret_id: row.try_get(4)?,
        resource: row.try_get(5)?,
        permissions: permissions_at(row, 6)?,
        created_at: Moment(row.try_get(7)?),
        expires_at: Moment(row.try_get(8)?),
        inviter: user(row, 9)?,
        uses: number(12)?.unwrap_or(0),
        max_uses: number(13)?,
        message: row.try_get(14)?,
        title: row.try_get(15)?,
        extras: row
            .try_get::<_, Option<&str>>(16)?
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| Trouble::Unreadable("extras that are not JSON"))?,
        removed_at: row.try_get::<_, Option<i64>>(17)?.map(Moment),
        email: row.try_get(18)?,
        issuer: row.try_get(19)?,
        ended: row.try_get(20)?,
    })
}

pub(super) fn hash_at(row: &Row, column: usize) -> Result<[u8; 32], Trouble> {
    let hash: &[u8] = row.try_get(column)?;
    hash.try_into()
        .map_err(|_| Trouble::Unreadable("a hash of another length"))
}

/// Three columns: username, provider, display name.
pub(super) fn user(row: &Row, first: usize) -> Result<User, Trouble> {
    Ok(User {
        username: row.try_get(first)?,
        provider: row.try_get(first + 1)?,
        display_name: row.try_get(first + 2)?,
    })
}

pub(super) fn permissions_at(row: &Row, column: usize) -> Result<Permissions, Trouble> {
    Permissions::parse(row.try_get(column)?)
        .map_err(|_| Trouble::Unreadable("letters that are no permissions"))
}
