//! What there is already of what somebody wants one more of. Nobody else makes one more meanwhile: whoever counts invites
//! holds the resource, and what is counted otherwise has a row that is held.

use super::{
    Bind, Engine, Executor, Row, Sql, Unreadable, binds, change, change_one, one, reading::Hold,
};
use crate::core::{
    Moment, Recipient, User, address_key,
    state::{Count, MailsTo, Scope, State},
};

/// By the index of those that live and have uses left, and no further than to where one more is refused.
static INVITES: Sql = Sql::new(
    "SELECT count(*) FROM (SELECT number FROM invites
         WHERE resource = $1 AND inviter_username = $2 AND inviter_provider = $3
             AND NOT ended AND removed_at IS NULL AND spent = FALSE AND expires_at > $4 LIMIT $5) AS counted",
);
static RESOURCES: Sql = Sql::new(
    "SELECT count(*) FROM (SELECT creator_username FROM resources
         WHERE creator_username = $1 AND creator_provider = $2 AND deleted_at IS NULL LIMIT $3) AS counted",
);
/// PostgreSQL's alone: one at a time creates resources for a person. Whoever writes on SQLite is alone.
static HOLD_CREATOR: Sql = Sql::new(
    "INSERT INTO people (username, provider) VALUES ($1, $2)
     ON CONFLICT (username, provider) DO UPDATE SET display_name = people.display_name",
);
static INVITED: Sql = Sql::new("SELECT address FROM invites WHERE id = $1 AND mail IS NOT NULL");
static RECIPIENT: Sql = Sql::holding(
    "SELECT asked_at FROM recipients WHERE address = $1",
    "recipients",
);
static ADD_RECIPIENT: Sql =
    Sql::new("INSERT INTO recipients (address, asked_at, until) VALUES ($1, $2, $3)");
static ASK_AGAIN: Sql =
    Sql::new("UPDATE recipients SET asked_at = $1, until = $2 WHERE address = $3");

/// Counts what a scope asks for.
pub(super) async fn read<E: Executor>(
    executor: &E,
    scope: &Scope,
    hold: Hold,
    state: &mut State,
) -> Result<(), E::Trouble> {
    let of_invite = state.invite.as_ref().map(|invite| invite.resource.as_str());
    let resource = scope.resource.as_deref().or(of_invite);
    if let (Some(Count { now, most }), Some(user), Some(resource)) =
        (scope.counts.invites, &scope.user, resource)
    {
        let values = binds![resource, &user.username, &user.provider, now, most];
        state.invites = counted(executor, &INVITES, values).await?;
    }
    if let (Some(Count { most, .. }), Some(user)) = (scope.counts.resources, &scope.user) {
        state.resources = resources(executor, user, most, hold).await?;
    }
    if let Some(to) = &scope.counts.mails {
        state.recipient = recipient(executor, to, hold, state).await?;
    }
    Ok(())
}

async fn resources<E: Executor>(
    executor: &E,
    user: &User,
    most: u32,
    hold: Hold,
) -> Result<u32, E::Trouble> {
    let User {
        username, provider, ..
    } = user;
    if hold == Hold::Yes && E::ENGINE == Engine::Postgres {
        change(executor, &HOLD_CREATOR, binds![username, provider]).await?;
    }
    counted(executor, &RESOURCES, binds![username, provider, most]).await
}

async fn counted<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[Bind<'_>],
) -> Result<u32, E::Trouble> {
    let row = one(executor, sql, values).await?;
    Ok(row.ok_or(Unreadable::Rows(0))?.count()?)
}

async fn recipient<E: Executor>(
    executor: &E,
    to: &MailsTo,
    hold: Hold,
    state: &State,
) -> Result<Option<Recipient>, E::Trouble> {
    let address = match (to, &state.invite) {
        (MailsTo::Address(email), _) => Some(address_key(email)),
        (MailsTo::Invited, Some(invite)) => {
            let row = one(executor, &INVITED, binds![&invite.id]).await?;
            row.map_or(Ok(None), |mut row| row.text_or_none())?
        }
        (MailsTo::Invited, None) => None,
    };
    let Some(address) = address else {
        return Ok(None);
    };
    let sql = match hold {
        Hold::No => RECIPIENT.on(E::ENGINE),
        Hold::Yes => RECIPIENT.held(E::ENGINE),
    };
    let row = executor.query(sql, binds![&address]).await?;
    let asked_at = row.into_iter().next().map(asked_at).transpose()?;
    Ok(Some(Recipient {
        address,
        is_known: asked_at.is_some(),
        asked_at: asked_at.unwrap_or_default(),
    }))
}

fn asked_at(mut row: Row) -> Result<Vec<Moment>, Unreadable> {
    let text = row.text()?;
    let times = text.split(' ').map(|time| time.parse().map(Moment));
    let times: Result<Vec<_>, _> = times.collect();
    times.map_err(|_| Unreadable::Row("times that are none"))
}

/// Writes that a mail was asked for. Where two are the first at once, the second is begun again.
pub(super) async fn mail<E: Executor>(
    executor: &E,
    recipient: &Recipient,
) -> Result<(), E::Trouble> {
    let times = recipient.asked_at.iter().map(|at| at.0.to_string());
    let (times, until) = (times.collect::<Vec<_>>().join(" "), recipient.until());
    if recipient.is_known {
        let values = binds![&times, until, &recipient.address];
        change_one(executor, &ASK_AGAIN, values).await?;
    } else {
        let values = binds![&recipient.address, &times, until];
        change(executor, &ADD_RECIPIENT, values).await?;
    }
    Ok(())
}
