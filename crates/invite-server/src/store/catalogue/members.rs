//! Who has access, and which links would let somebody in again.

use invite_key::permissions::Permissions;

use super::{Engine, Executor, Row, Sql, Unreadable, all, binds, one as first, reading};
use crate::core::{Member, MemberSeen, MembersSeen, OpenLinks, User, Wanted, state::Version};

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
/// By an index of admins alone.
static ADMINS: Sql = Sql::new(
    "SELECT username, provider, NULL, permissions FROM members WHERE resource = $1 AND permissions LIKE '%a%'",
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
/// What can be accepted by whoever has it, or by somebody with one of these addresses, or could if the clock were another.
static OPEN: Sql = Sql::new(
    "{columns} FROM invites {beside}
     WHERE invites.resource = $1 AND NOT ended AND removed_at IS NULL AND spent = FALSE
         AND (address IS NULL OR address {any}$2{of-them})
     ORDER BY invites.number DESC",
);
/// The same rows, and perhaps a few more, held before the resource is: whoever accepts takes them in this order, too.
static HOLD_OPEN: Sql = Sql::holding(
    "SELECT id FROM invites
     WHERE resource = $1 AND NOT ended AND removed_at IS NULL AND spent = FALSE ORDER BY number DESC",
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
        // A name that no database has.
        return Ok(MemberSeen::nothing(app));
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

/// Holds what may have to end, where that is wanted: before the resource is held, so that none wait in a circle.
pub(super) async fn hold_links<E: Executor>(
    executor: &E,
    resource: &str,
    wanted: &Wanted,
) -> Result<(), E::Trouble> {
    // Whoever writes on SQLite is alone.
    if wanted.end_links && E::ENGINE == Engine::Postgres {
        let held = HOLD_OPEN.held(E::ENGINE);
        executor.query(held, binds![resource]).await?;
    }
    Ok(())
}

/// Who has access of those whom it is about: all, or those who are meant and every admin. And what would let somebody in
/// again, where somebody asks with these letters who may know it.
pub(super) async fn about<E: Executor>(
    executor: &E,
    resource: &str,
    wanted: &Wanted,
    asker: Permissions,
) -> Result<(Vec<Member>, OpenLinks), E::Trouble> {
    let members = if wanted.everybody {
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
    let mut links = OpenLinks::default();
    if !OpenLinks::are_shown_to(asker) {
        return Ok((members, links));
    }
    let mut afterwards = wanted.afterwards(&members);
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
        return Ok((members, links));
    }
    let theirs = afterwards.addresses();
    let see = |row| {
        let (_, link) = reading::stored(row)?;
        if afterwards.lets_in(&link) {
            links.add(link, wanted);
        }
        Ok(())
    };
    let values = binds![resource, theirs.as_slice()];
    executor.each(OPEN.on(E::ENGINE), values, see).await?;
    Ok((members, links))
}

fn member(mut row: Row) -> Result<Member, Unreadable> {
    Ok(Member {
        user: row.user()?,
        permissions: row.permissions()?,
    })
}
