//! Reading what is stored.

use std::collections::HashMap;

use invite_key::permissions::Permissions;

use super::{
    Engine, Executor, Row, Sql, Unreadable, all, apps, binds, counts, exists, members, one, people,
};
use crate::{
    core::{
        Acceptance, MailState, Member, ResourceOf, User,
        state::{InviteName, KeyHash, Repeated, Resource, Scope, State, StoredInvite, StoredMail},
    },
    store::{ACCEPTED_SHOWN, kind_named},
};

/// An invite's columns, in the order in which rows are read.
pub(super) const COLUMNS: &str = "SELECT invites.number, id, key_hash, kind, secret_id, invites.resource, permissions, created_at,
        expires_at, inviter_username, inviter_provider, display_name, uses, max_uses, message, label, extras, removed_at,
        invites.email, issuer, ended, mail, mail_due_at, mail_trouble, people.email, address";
/// What an invite's columns are read from besides its own table.
pub(super) const BESIDE: &str =
    "LEFT JOIN grants ON invite = id AND grants.resource = invites.resource
        LEFT JOIN people ON username = inviter_username AND provider = inviter_provider";

static INVITE_OF_KEY: Sql = Sql::holding(
    "{columns} FROM invites {beside} WHERE key_hash = $1",
    "invites",
);
static INVITE_OF_ID: Sql = Sql::holding("{columns} FROM invites {beside} WHERE id = $1", "invites");
static RESOURCE: Sql = Sql::holding(
    "SELECT number, name, title, version, events, revivals, created_at, deleted_at FROM resources WHERE name = $1",
    "resources",
);
/// In one statement, which sees one state of both.
static RESOURCE_WITH_MEMBERS: Sql = Sql::new(
    "SELECT resources.number, name, title, version, events, revivals, resources.created_at, members.username, members.provider, display_name, permissions
     FROM resources LEFT JOIN members ON members.resource = name
     LEFT JOIN people ON people.username = members.username AND people.provider = members.provider
     WHERE name = $1 AND deleted_at IS NULL ORDER BY members.number",
);
static RESOURCES_OF: Sql = Sql::new(
    "SELECT name, title, permissions FROM members JOIN resources ON name = resource
     WHERE username = $1 AND provider = $2 AND resource > $3 AND deleted_at IS NULL ORDER BY resource LIMIT $4",
);
/// Of those, what an app acts on.
static RESOURCES_OF_AS: Sql = Sql::new(
    "SELECT resources.name, title, members.permissions FROM members JOIN resources ON name = members.resource
     WHERE username = $1 AND provider = $2 AND members.resource > $3 AND deleted_at IS NULL
         AND EXISTS (SELECT 1 FROM apps WHERE apps.name = $4 AND (all_resources
             OR EXISTS (SELECT 1 FROM app_resources WHERE app = apps.name AND app_resources.resource = members.resource)))
     ORDER BY members.resource LIMIT $5",
);
static PERMISSIONS: Sql = Sql::new(
    "SELECT permissions FROM members WHERE resource = $1 AND username = $2 AND provider = $3",
);
static USED: Sql =
    Sql::new("SELECT 1 FROM uses WHERE invite = $1 AND username = $2 AND provider = $3 LIMIT 1");
static REDEEMED: Sql = Sql::new("SELECT 1 FROM receipts WHERE id = $1");
/// An app of a dialect whose apps have one resource each.
static TENANCY: Sql = Sql::new(
    "SELECT 1 FROM app_resources JOIN apps ON apps.name = app WHERE resource = $1 AND dialect = 'rkvst' LIMIT 1",
);
static REPEATED: Sql = Sql::new(
    "SELECT invite, body_hash, until FROM repeats
     WHERE resource = $1 AND username = $2 AND provider = $3 AND key_hash = $4",
);
static USES: Sql = Sql::new(
    "SELECT invite, uses.username, uses.provider, display_name, at
     FROM uses LEFT JOIN people ON people.username = uses.username AND people.provider = uses.provider
     WHERE invite = $1 ORDER BY uses.number DESC LIMIT $2",
);
/// PostgreSQL's alone: one journey for all invites of a page. LATERAL, so that of each only the last uses are read,
/// however many there are; SQLite has none, and no journey either.
static USES_OF_ALL: Sql = Sql::new(
    "SELECT asked.invite, last.username, last.provider, display_name, at
     FROM unnest($1::TEXT[]) AS asked (invite)
     CROSS JOIN LATERAL (SELECT number, username, provider, at FROM uses
         WHERE uses.invite = asked.invite ORDER BY number DESC LIMIT $2) AS last
     LEFT JOIN people ON people.username = last.username AND people.provider = last.provider
     ORDER BY asked.invite, last.number DESC",
);

/// Whether what is read is held until the transaction ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Hold {
    /// It may change at once.
    No,
    /// Whoever else wants to change it waits.
    Yes,
}

async fn first<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    hold: Hold,
    values: &[super::Bind<'_>],
) -> Result<Option<Row>, E::Trouble> {
    let text = match hold {
        Hold::No => sql.on(E::ENGINE),
        Hold::Yes => sql.held(E::ENGINE),
    };
    Ok(executor.query(text, values).await?.into_iter().next())
}

/// What is stored about a scope. Locks always go from invites to their resource, so that none wait in a circle; who
/// may do what is read under the lock of the resource, which every change of members takes.
pub(in crate::store) async fn state<E: Executor>(
    executor: &mut E,
    scope: &Scope,
    hold: Hold,
) -> Result<State, E::Trouble> {
    let mut state = State::default();
    if let Some(name) = &scope.invite {
        state.invite = invite(executor, name, hold).await?;
    }
    let of_invite = state.invite.as_ref().map(|invite| invite.resource.as_str());
    if let Some(name) = scope.resource.as_deref().or(of_invite) {
        if hold == Hold::Yes {
            executor.enter(name)?;
            if let Some(wanted) = &scope.wanted {
                members::hold_links(executor, wanted).await?;
            }
        }
        if let Some(mut row) = first(executor, &RESOURCE, hold, binds![name]).await? {
            let resource = resource_of(&mut row)?;
            state.is_going = row.moment_or_none()?.is_some();
            state.resource = Some(resource).filter(|_| !state.is_going);
        }
        if state.is_going {
            // Nothing of it is there any more, whatever rows are left.
            let name = name.to_owned();
            state.invite = state.invite.filter(|invite| invite.resource != name);
        } else {
            if let Some(user) = &scope.user {
                state.permissions = permissions(executor, name, user).await?;
            }
            if scope.tenancy {
                state.is_tenancy = exists(executor, &TENANCY, binds![name]).await?;
            }
            if let Some(wanted) = &scope.wanted {
                let name = name.to_owned();
                members::about(executor, &name, wanted, &mut state).await?;
            }
        }
    }
    counts::read(executor, scope, hold, &mut state).await?;
    if let Some(app) = &scope.app {
        let named = scope
            .resource
            .as_deref()
            .or(state.invite.as_ref().map(|invite| invite.resource.as_str()));
        state.is_the_apps = match named {
            Some(resource) => apps::acts_on(executor, app, resource).await?,
            None => false,
        };
    }
    if let Some(receipt) = &scope.receipt {
        state.redeemed = exists(executor, &REDEEMED, binds![receipt]).await?;
    }
    if let Scope {
        resource: Some(resource),
        user: Some(user),
        repeat: Some(key),
        ..
    } = scope
    {
        state.repeated = repeated(executor, resource, user, key).await?;
    }
    if let Some(claimed) = &scope.claimed {
        people::claim(executor, claimed, &mut state).await?;
    }
    if let Some(issuer) = &scope.issuer {
        people::issuer(executor, issuer, &mut state).await?;
    }
    if let Some(of) = &scope.sessions {
        state.open_sessions = people::open_of(executor, of).await?;
    }
    if let Some(invite) = &state.invite {
        state.inviter_permissions =
            permissions(executor, &invite.resource, &invite.inviter).await?;
    }
    if let (true, Some(user)) = (scope.uses, &scope.user) {
        let before = state.repeated.as_ref().map(|before| &before.invite);
        let own = state.invite.as_ref().or(before);
        let own = own.filter(|invite| invite.uses > 0 && invite.inviter.is(user));
        if let Some(invite) = own {
            state.accepted = uses(executor, &invite.id).await?;
        }
    }
    if let Some((invite, user)) = state.perhaps_used(scope) {
        let values = binds![invite, &user.username, &user.provider];
        state.used = exists(executor, &USED, values).await?;
    }
    Ok(state)
}

/// A resource and who has access to it, in the order they came.
pub(in crate::store) async fn resource<E: Executor>(
    executor: &E,
    name: &str,
) -> Result<Option<(Resource, Vec<Member>)>, E::Trouble> {
    let rows = all(executor, &RESOURCE_WITH_MEMBERS, binds![name]).await?;
    let mut found = None;
    for mut row in rows {
        let resource = resource_of(&mut row)?;
        let (_, members) = found.get_or_insert_with(|| (resource, Vec::new()));
        // Without members there is one row all the same.
        if let Some(username) = row.text_or_none()? {
            members.push(Member {
                user: User {
                    username,
                    provider: row.text()?,
                    display_name: row.text_or_none()?,
                },
                permissions: row.permissions()?,
            });
        }
    }
    Ok(found)
}

/// By name, as the engine sorts texts: perhaps by the rules of some language, and the same on each page.
pub(in crate::store) async fn resources<E: Executor>(
    executor: &E,
    user: &User,
    app: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<ResourceOf>, E::Trouble> {
    let resource_of = |mut row: Row| {
        Ok(ResourceOf {
            resource: row.text()?,
            title: row.text_or_none()?,
            permissions: row.permissions()?,
        })
    };
    let User {
        username, provider, ..
    } = user;
    let after = after.unwrap_or_default();
    let rows = match app {
        None => {
            let values = binds![username, provider, after, limit];
            all(executor, &RESOURCES_OF, values).await?
        }
        Some(app) => {
            let values = binds![username, provider, after, app, limit];
            all(executor, &RESOURCES_OF_AS, values).await?
        }
    };
    let found = rows.into_iter().map(resource_of);
    Ok(found.collect::<Result<_, Unreadable>>()?)
}

/// The last uses of an invite, newest first.
pub(in crate::store) async fn uses<E: Executor>(
    executor: &E,
    invite: &str,
) -> Result<Vec<Acceptance>, E::Trouble> {
    let rows = all(executor, &USES, binds![invite, ACCEPTED_SHOWN]).await?;
    let acceptances = rows.into_iter().map(|row| Ok(acceptance(row)?.1));
    Ok(acceptances.collect::<Result<_, Unreadable>>()?)
}

/// The same of many.
pub(super) async fn uses_of_all<E: Executor>(
    executor: &E,
    invites: &[String],
) -> Result<HashMap<String, Vec<Acceptance>>, E::Trouble> {
    let mut found: HashMap<String, Vec<Acceptance>> = HashMap::new();
    if E::ENGINE == Engine::Sqlite {
        for invite in invites {
            found.insert(invite.clone(), uses(executor, invite).await?);
        }
    } else if !invites.is_empty() {
        let rows = all(executor, &USES_OF_ALL, binds![invites, ACCEPTED_SHOWN]).await?;
        for row in rows {
            let (invite, acceptance) = acceptance(row)?;
            found.entry(invite).or_default().push(acceptance);
        }
    }
    Ok(found)
}

fn acceptance(mut row: Row) -> Result<(String, Acceptance), Unreadable> {
    let invite = row.text()?;
    let user = row.user()?;
    let at = row.moment()?;
    Ok((invite, Acceptance { user, at }))
}

async fn invite<E: Executor>(
    executor: &E,
    name: &InviteName,
    hold: Hold,
) -> Result<Option<StoredInvite>, E::Trouble> {
    let row = match name {
        InviteName::Key(hash) => first(executor, &INVITE_OF_KEY, hold, binds![hash]).await?,
        InviteName::Id(id) => first(executor, &INVITE_OF_ID, hold, binds![id]).await?,
    };
    Ok(row.map(stored).transpose()?.map(|(_, invite)| invite))
}

async fn repeated<E: Executor>(
    executor: &E,
    resource: &str,
    user: &User,
    key: &[u8; 32],
) -> Result<Option<Repeated>, E::Trouble> {
    let values = binds![resource, &user.username, &user.provider, key];
    let Some(mut row) = one(executor, &REPEATED, values).await? else {
        return Ok(None);
    };
    let (name, body, until) = (InviteName::Id(row.text()?), row.hash()?, row.moment()?);
    let invite = invite(executor, &name, Hold::No).await?;
    Ok(invite.map(|invite| Repeated {
        invite,
        body,
        until,
    }))
}

async fn permissions<E: Executor>(
    executor: &E,
    resource: &str,
    user: &User,
) -> Result<Permissions, E::Trouble> {
    let values = binds![resource, &user.username, &user.provider];
    let row = one(executor, &PERMISSIONS, values).await?;
    Ok(row.map_or(Ok(Permissions::NONE), |mut row| row.permissions())?)
}

fn resource_of(row: &mut Row) -> Result<Resource, Unreadable> {
    Ok(Resource {
        number: row.number()?,
        name: row.text()?,
        title: row.text_or_none()?,
        version: row.number()?,
        events: row.number()?,
        revivals: row.number()?,
        created_at: row.moment()?,
    })
}

/// The columns of [`COLUMNS`]: where it stands in the order of creation, and the invite.
pub(super) fn stored(mut row: Row) -> Result<(i64, StoredInvite), Unreadable> {
    let number = row.number()?;
    let invite = StoredInvite {
        id: row.text()?,
        key_hash: KeyHash(row.hash()?),
        kind: kind_named(&row.text()?).ok_or(Unreadable::Row("an unknown kind of key"))?,
        secret_id: row.text()?,
        resource: row.text()?,
        permissions: row.permissions()?,
        created_at: row.moment()?,
        expires_at: row.moment()?,
        inviter: row.user()?,
        uses: row.count()?,
        max_uses: row.count_or_none()?,
        message: row.text_or_none()?,
        label: row.text_or_none()?,
        extras: row
            .text_or_none()?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|_| Unreadable::Row("extras that are not JSON"))?,
        removed_at: row.moment_or_none()?,
        email: row.text_or_none()?,
        issuer: row.text_or_none()?,
        ended: row.flag()?,
        mail: mail(&mut row)?,
        inviter_email: row.text_or_none()?,
    };
    Ok((number, invite))
}

/// What became of an invite's mail.
fn mail(row: &mut Row) -> Result<Option<StoredMail>, Unreadable> {
    let (state, due_at, trouble) = (
        row.text_or_none()?,
        row.moment_or_none()?,
        row.text_or_none()?,
    );
    let Some(state) = state else { return Ok(None) };
    let state = MailState::parse(&state).ok_or(Unreadable::Row("an unknown state of a mail"))?;
    Ok(Some(StoredMail {
        state,
        due_at,
        trouble,
    }))
}
