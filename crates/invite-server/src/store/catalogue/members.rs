//! Who has access, and which links would let somebody in again.

use std::collections::BTreeSet;

use invite_key::permissions::Permissions;

use super::{Engine, Executor, Row, Sql, Unreadable, all, apps, binds, one as first, reading};
use crate::core::{
    LinksOf, MEMBERS_AT_ONCE, Member, MemberSeen, MembersSeen, OpenLinks, User, Wanted,
    state::{State, StoredInvite, Version},
};

/// What the asker may do there, what somebody else may, their name to show, whether the app acts there: each by an index.
static ONE: Sql = Sql::new(
    "SELECT (SELECT permissions FROM members WHERE resource = $1 AND username = $2 AND provider = $3),
         (SELECT permissions FROM members WHERE resource = $1 AND username = $4 AND provider = $5),
         (SELECT display_name FROM people WHERE username = $4 AND provider = $5),
         EXISTS (SELECT 1 FROM apps WHERE name = $6 AND (all_resources
             OR EXISTS (SELECT 1 FROM app_resources WHERE app = name AND resource = $1)))
     WHERE NOT EXISTS (SELECT 1 FROM resources WHERE name = $1 AND deleted_at IS NOT NULL)",
);
/// First the version of the list, in a row of its own, for a page may be empty.
static PAGE: Sql = Sql::new(
    "SELECT 0, number, version, '', '', NULL, '' FROM resources WHERE name = $1 AND deleted_at IS NULL
     UNION ALL
     SELECT * FROM (SELECT number, 0, 0, page.username, page.provider, display_name, permissions
         FROM (SELECT number, username, provider, permissions FROM members
             WHERE resource = $1 AND number > $2
                 AND NOT EXISTS (SELECT 1 FROM resources WHERE name = $1 AND deleted_at IS NOT NULL)
             ORDER BY number LIMIT $3) AS page
         LEFT JOIN people ON people.username = page.username AND people.provider = page.provider) AS named
     ORDER BY 1",
);
static MEMBER: Sql = Sql::new(
    "SELECT members.username, members.provider, display_name, permissions
     FROM members LEFT JOIN people ON people.username = members.username AND people.provider = members.provider
     WHERE resource = $1 AND members.username = $2 AND members.provider = $3",
);
/// By an index of admins alone. Where somebody goes who may be one of them, another is left or none.
static ADMINS: Sql = Sql::new(
    "SELECT username, provider, NULL, permissions FROM members WHERE resource = $1 AND permissions LIKE '%a%' LIMIT 2",
);
static ADMINS_CALLED: Sql = Sql::new(
    "SELECT username, provider, NULL, permissions FROM members
     WHERE resource = $1 AND permissions LIKE '%a%' AND username {any}$2{of-them}",
);
/// No further than to where they are too many.
static MANY: Sql = Sql::new(
    "SELECT count(*) FROM (SELECT number FROM members WHERE resource = $1 LIMIT $2) AS counted",
);
/// What an issuer said last, and what it said of each session that has not ended: whoever has one comes with that.
static ADDRESS: Sql = Sql::new(
    "SELECT username, provider, NULL, email FROM people
     WHERE username = $1 AND provider = $2 AND email IS NOT NULL
     UNION
     SELECT username, provider, NULL, email FROM sessions
     WHERE username = $1 AND provider = $2 AND revoked_at IS NULL AND email IS NOT NULL",
);
/// The same of all members.
static ADDRESSES: Sql = Sql::new(
    "SELECT members.username, members.provider, NULL, people.email
     FROM members JOIN people ON people.username = members.username AND people.provider = members.provider
     WHERE resource = $1 AND people.email IS NOT NULL
     UNION
     SELECT members.username, members.provider, NULL, sessions.email
     FROM members JOIN sessions ON sessions.username = members.username AND sessions.provider = members.provider
     WHERE resource = $1 AND revoked_at IS NULL AND sessions.email IS NOT NULL",
);
/// What can be accepted by whoever has it, or by somebody with one of these addresses, or could if the clock were another:
/// page by page.
/// The page is chosen before anything is joined to it: engines would join all that are open.
static OPEN: Sql = Sql::new(
    "{columns} FROM invites {beside}
     WHERE id IN (SELECT open.id FROM invites AS open
         WHERE open.resource = $1 AND NOT open.ended AND open.removed_at IS NULL AND open.spent = FALSE
             AND (open.address IS NULL OR open.address {any}$2{of-them}) AND open.number < $3
         ORDER BY open.number DESC LIMIT $4)
     ORDER BY invites.number DESC",
);
static THESE: Sql = Sql::new(
    "{columns} FROM invites {beside}
     WHERE id {these} AND NOT ended AND removed_at IS NULL AND spent = FALSE ORDER BY invites.number DESC",
);
/// Held before the resource is: whoever accepts takes them in this order, too.
static HOLD_THESE: Sql = Sql::holding(
    "SELECT id FROM invites WHERE id {these} ORDER BY number DESC",
    "invites",
);

pub(in crate::store) async fn one<E: Executor>(
    executor: &E,
    resource: &str,
    asker: &User,
    user: &User,
    app: Option<&str>,
) -> Result<MemberSeen, E::Trouble> {
    let values = binds![
        resource,
        &asker.username,
        &asker.provider,
        &user.username,
        &user.provider,
        app,
    ];
    let Some(mut row) = first(executor, &ONE, values).await? else {
        // A name that no database has, or of one that was deleted: nobody's, and of those who act on everything.
        let is_the_apps = match app {
            Some(app) => apps::acts_on(executor, app, resource).await?,
            None => true,
        };
        return Ok(MemberSeen {
            permissions: Permissions::NONE,
            is_the_apps,
            member: None,
        });
    };
    let permissions = row.permissions_or_none()?.unwrap_or(Permissions::NONE);
    let (letters, display_name) = (row.permissions_or_none()?, row.text_or_none()?);
    Ok(MemberSeen {
        permissions,
        is_the_apps: app.is_none() | row.flag()?,
        member: letters.map(|permissions| Member {
            user: User {
                display_name,
                ..user.clone()
            },
            permissions,
        }),
    })
}

/// Members after that place, in the order they came.
pub(in crate::store) async fn page<E: Executor>(
    executor: &E,
    resource: &str,
    after: i64,
    limit: u32,
) -> Result<Option<MembersSeen>, E::Trouble> {
    let mut rows = all(executor, &PAGE, binds![resource, after, limit])
        .await?
        .into_iter();
    let Some(mut list) = rows.next() else {
        return Ok(None);
    };
    let (_, resource, members) = (list.number()?, list.number()?, list.number()?);
    let version = Version { resource, members };
    let placed = rows.map(|mut row| {
        let (number, ..) = (row.number()?, row.number()?, row.number()?);
        Ok((number, member(row)?))
    });
    Ok(Some(MembersSeen {
        version,
        members: placed.collect::<Result<_, Unreadable>>()?,
    }))
}

/// Holds what is to end: before the resource is held, so that none wait in a circle.
pub(super) async fn hold_links<E: Executor>(
    executor: &E,
    wanted: &Wanted,
) -> Result<(), E::Trouble> {
    // Whoever writes on SQLite is alone.
    if let (LinksOf::These(ids), Engine::Postgres) = (&wanted.links, E::ENGINE) {
        let held = HOLD_THESE.held(E::ENGINE);
        executor.query(held, binds![ids.as_slice()]).await?;
    }
    Ok(())
}

/// Who has access of those whom it is about: all, unless they are too many; or those who are meant, and admins beside them.
/// And what would let somebody in again, where somebody asks with these letters who may know it.
pub(super) async fn about<E: Executor>(
    executor: &E,
    resource: &str,
    wanted: &Wanted,
    state: &mut State,
) -> Result<(), E::Trouble> {
    let members = if wanted.everybody {
        let most = MEMBERS_AT_ONCE as u32;
        let count = first(executor, &MANY, binds![resource, most + 1]).await?;
        if count.ok_or(Unreadable::Rows(0))?.count()? > most {
            state.members_are_too_many = true;
            return Ok(());
        }
        let found = reading::resource(executor, resource).await?;
        found.map_or_else(Vec::new, |(_, members)| members)
    } else {
        let mut members = Vec::new();
        for Member { user, .. } in &wanted.members {
            let values = binds![resource, &user.username, &user.provider];
            members.extend(all(executor, &MEMBER, values).await?);
        }
        members.extend(all(executor, &ADMINS, binds![resource]).await?);
        let members = members.into_iter().map(member);
        members.collect::<Result<_, Unreadable>>()?
    };
    if OpenLinks::are_shown_to(state.permissions) {
        state.links = match &wanted.links {
            LinksOf::Seen(links) => (**links).clone(),
            _ => links(executor, resource, wanted, &members).await?,
        };
    }
    state.members = members;
    Ok(())
}

async fn links<E: Executor>(
    executor: &E,
    resource: &str,
    wanted: &Wanted,
    members: &[Member],
) -> Result<OpenLinks, E::Trouble> {
    let mut links = OpenLinks::default();
    let mut afterwards = wanted.afterwards(members);
    let addresses = match &wanted.members[..] {
        [Member { user, .. }] if !wanted.everybody => {
            all(executor, &ADDRESS, binds![&user.username, &user.provider]).await?
        }
        _ => all(executor, &ADDRESSES, binds![resource]).await?,
    };
    for mut row in addresses {
        let (user, address) = (row.user()?, row.text()?);
        afterwards.know_address(&user, &address);
    }
    if afterwards.nobody_loses() {
        return Ok(links);
    }
    let theirs = afterwards.addresses();
    let (mut before, most) = (i64::MAX, wanted.links_counted());
    loop {
        let rows = match &wanted.links {
            LinksOf::These(ids) => all(executor, &THESE, binds![ids.as_slice()]).await?,
            _ => {
                let values = binds![resource, theirs.as_slice(), before, most as u32];
                all(executor, &OPEN, values).await?
            }
        };
        let page = rows.into_iter().map(reading::stored);
        let page = page.collect::<Result<Vec<_>, Unreadable>>()?;
        let open: Vec<_> = page.iter().map(|(_, link)| link).collect();
        // Of everybody each one's letters are known.
        if !wanted.everybody {
            afterwards.know_admins(inviters(executor, resource, &open).await?);
        }
        let is_last = matches!(wanted.links, LinksOf::These(_)) || page.len() < most;
        for (number, link) in page {
            before = number;
            if afterwards.lets_in(&link) {
                links.add(link, wanted);
            }
        }
        if is_last || links.are_enough(wanted) {
            return Ok(links);
        }
    }
}

/// Those who made these and are admins, and others who are called alike.
async fn inviters<E: Executor>(
    executor: &E,
    resource: &str,
    links: &[&StoredInvite],
) -> Result<Vec<Member>, E::Trouble> {
    let names: BTreeSet<&str> = links
        .iter()
        .map(|link| link.inviter.username.as_str())
        .collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let values = binds![resource, names.as_slice()];
    let rows = all(executor, &ADMINS_CALLED, values).await?;
    let members = rows.into_iter().map(member);
    Ok(members.collect::<Result<_, Unreadable>>()?)
}

fn member(mut row: Row) -> Result<Member, Unreadable> {
    Ok(Member {
        user: row.user()?,
        permissions: row.permissions()?,
    })
}
