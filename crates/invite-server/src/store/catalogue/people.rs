//! People, who vouches for them, and who of them is signed in.

use std::collections::HashSet;

use super::{Executor, Row, Sql, Unreadable, all, binds, change, change_one, exists, one};
use crate::core::{
    Account, Claimed, Moment, Queue, Session, Sessions, Subject, User,
    state::{Issuer, Known, SessionsOf, State},
};

static OF_SUBJECT: Sql = Sql::new(
    "SELECT username, provider, display_name, email FROM people WHERE iss = $1 AND sub = $2",
);
static NAME_TAKEN: Sql =
    Sql::new("SELECT 1 FROM people WHERE username = $1 AND provider = $2 AND iss IS NOT NULL");
static KNOW: Sql = Sql::new(
    "INSERT INTO people (username, provider, iss, sub, display_name, email) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (username, provider) DO UPDATE SET iss = excluded.iss, sub = excluded.sub,
         email = COALESCE(excluded.email, people.email), display_name = COALESCE(excluded.display_name, people.display_name)
     WHERE people.iss IS NULL OR people.iss = excluded.iss AND people.sub = excluded.sub",
);
/// Whoever has begun a session while they were erased has none, whoever has their name since.
pub(super) const STILL_THEIRS: &str = "EXISTS (SELECT 1 FROM people WHERE people.username = sessions.username
         AND people.provider = sessions.provider AND people.iss = sessions.iss AND people.sub = sessions.sub)";
static ISSUER_NAMED: Sql = Sql::new("SELECT iss FROM issuers WHERE provider = $1");
static ISSUER_PROVIDER: Sql = Sql::new("SELECT provider FROM issuers WHERE iss = $1");
/// Whoever was only named stands under the name too: who has access, who made an invite, who came in by one.
static ISSUER_IS_USED: Sql = Sql::new(
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM people WHERE iss = $1)
         OR EXISTS (SELECT 1 FROM members WHERE provider = $2)
         OR EXISTS (SELECT 1 FROM invites WHERE inviter_provider = $2)
         OR EXISTS (SELECT 1 FROM uses WHERE provider = $2)",
);
static FREE_NAMES: Sql = Sql::new("DELETE FROM issuers WHERE iss = $1 AND provider <> $2");
static NAME_ISSUER: Sql = Sql::new(
    "INSERT INTO issuers (provider, iss) VALUES ($1, $2)
     ON CONFLICT (provider) DO UPDATE SET iss = excluded.iss",
);
static SESSION: Sql = Sql::new(
    "SELECT username, provider, display_name, iss, sub, email, sid, created_at, ends_at FROM sessions
     WHERE hash = $1 AND revoked_at IS NULL AND {still-theirs}",
);
static LIVE: Sql = Sql::new(
    "SELECT hash FROM sessions WHERE hash {any}$1{of-them} AND revoked_at IS NULL AND ends_at > $2 AND {still-theirs}",
);
static STANDING: Sql = Sql::new(
    "SELECT iss, sub, username, provider FROM people WHERE username {these} AND iss IS NOT NULL",
);
static OPEN: Sql = Sql::new(
    "SELECT count(*) FROM
         (SELECT ends_at FROM sessions WHERE ends_at > $1 AND revoked_at IS NULL ORDER BY ends_at LIMIT $2) AS counted",
);
static ADD_SESSION: Sql = Sql::new(
    "INSERT INTO sessions (hash, username, provider, display_name, iss, sub, email, sid, created_at, ends_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
static END_ONE: Sql =
    Sql::new("UPDATE sessions SET revoked_at = $1 WHERE hash = $2 AND revoked_at IS NULL");
static END_OF: Sql = Sql::new(
    "UPDATE sessions SET revoked_at = $1 WHERE username = $2 AND provider = $3 AND revoked_at IS NULL",
);
static END_OF_SUBJECT: Sql = Sql::new(
    "UPDATE sessions SET revoked_at = $1 WHERE iss = $2 AND sub = $3 AND revoked_at IS NULL",
);
static END_OF_SID: Sql = Sql::new(
    "UPDATE sessions SET revoked_at = $1 WHERE iss = $2 AND sid = $3 AND revoked_at IS NULL",
);
static END_OF_SID_AND_SUBJECT: Sql = Sql::new(
    "UPDATE sessions SET revoked_at = $1 WHERE iss = $2 AND sub = $3 AND revoked_at IS NULL
         AND (sid = $4 OR sid IS NULL AND NOT EXISTS
             (SELECT 1 FROM sessions AS others WHERE others.iss = $2 AND others.sid = $4 AND others.sub <> $3))",
);
static OPEN_OF: Sql = Sql::new(
    "SELECT count(*) FROM sessions WHERE username = $1 AND provider = $2 AND revoked_at IS NULL AND ends_at > $3",
);
static IS_KNOWN: Sql = Sql::new(
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM people WHERE username = $1 AND provider = $2)
         OR EXISTS (SELECT 1 FROM sessions WHERE username = $1 AND provider = $2)
         OR EXISTS (SELECT 1 FROM members WHERE username = $1 AND provider = $2)",
);

/// What a claim needs: who the subject is here, and whether the name is somebody else's.
pub(super) async fn claim<E: Executor>(
    executor: &E,
    claimed: &Claimed,
    state: &mut State,
) -> Result<(), E::Trouble> {
    let Subject { iss, sub } = &claimed.subject;
    let known = |mut row: Row| {
        Ok::<_, Unreadable>(Known {
            user: row.user()?,
            email: row.text_or_none()?,
        })
    };
    let row = one(executor, &OF_SUBJECT, binds![iss, sub]).await?;
    state.known = row.map(known).transpose()?;
    if state.known.is_none() {
        let User {
            username, provider, ..
        } = &claimed.user;
        state.name_is_taken = exists(executor, &NAME_TAKEN, binds![username, provider]).await?;
    }
    Ok(())
}

pub(super) async fn issuer<E: Executor>(
    executor: &E,
    issuer: &Issuer,
    state: &mut State,
) -> Result<(), E::Trouble> {
    let Issuer { provider, iss } = issuer;
    let text = |row: Option<Row>| row.map(|mut row| row.text()).transpose();
    state.issuer_named = text(one(executor, &ISSUER_NAMED, binds![provider]).await?)?;
    state.issuer_provider = text(one(executor, &ISSUER_PROVIDER, binds![iss]).await?)?;
    // Looked for where it matters: it may mean to read all there is.
    if let Some(named) = state.issuer_named.as_ref().filter(|named| *named != iss) {
        let values = binds![named, provider];
        state.issuer_has_people = exists(executor, &ISSUER_IS_USED, values).await?;
    }
    let other = state.issuer_provider.as_ref();
    if let Some(other) = other.filter(|other| *other != provider) {
        state.issuer_is_used = exists(executor, &ISSUER_IS_USED, binds![iss, other]).await?;
    }
    Ok(())
}

/// How many sessions somebody has open; `None` where nobody is known by that name.
pub(super) async fn open_of<E: Executor>(
    executor: &E,
    of: &SessionsOf,
) -> Result<Option<i64>, E::Trouble> {
    let User {
        username, provider, ..
    } = &of.user;
    if !exists(executor, &IS_KNOWN, binds![username, provider]).await? {
        return Ok(None);
    }
    let row = one(executor, &OPEN_OF, binds![username, provider, of.now]).await?;
    Ok(Some(row.ok_or(Unreadable::Rows(0))?.number()?))
}

pub(super) async fn know<E: Executor>(
    executor: &E,
    user: &User,
    subject: &Subject,
    email: Option<&str>,
) -> Result<(), E::Trouble> {
    let values = binds![
        &user.username,
        &user.provider,
        &subject.iss,
        &subject.sub,
        user.display_name.as_deref(),
        email,
    ];
    change_one(executor, &KNOW, values).await
}

pub(super) async fn name_issuer<E: Executor>(
    executor: &E,
    issuer: &Issuer,
) -> Result<(), E::Trouble> {
    let Issuer { provider, iss } = issuer;
    change(executor, &FREE_NAMES, binds![iss, provider]).await?;
    change(executor, &NAME_ISSUER, binds![provider, iss]).await?;
    Ok(())
}

pub(in crate::store) async fn session<E: Executor>(
    executor: &E,
    id: &str,
) -> Result<Option<Session>, E::Trouble> {
    let session = |mut row: Row| {
        Ok::<_, Unreadable>(Session {
            user: row.user()?,
            subject: Subject {
                iss: row.text()?,
                sub: row.text()?,
            },
            email: row.text_or_none()?,
            sid: row.text_or_none()?,
            created_at: row.moment()?,
            ends_at: row.moment()?,
        })
    };
    let row = one(executor, &SESSION, binds![id]).await?;
    Ok(row.map(session).transpose()?)
}

/// Which of these have not ended.
pub(in crate::store) async fn live<E: Executor>(
    executor: &E,
    ids: &[String],
    now: Moment,
) -> Result<Vec<String>, E::Trouble> {
    let rows = all(executor, &LIVE, binds![ids, now]).await?;
    let live = rows.into_iter().map(|mut row| row.text());
    Ok(live.collect::<Result<_, Unreadable>>()?)
}

/// Which of these are known under their names.
pub(in crate::store) async fn accounts<E: Executor>(
    executor: &E,
    accounts: &[Account],
) -> Result<HashSet<Account>, E::Trouble> {
    let names: Vec<String> = accounts.iter().map(|one| one.username.clone()).collect();
    let rows = all(executor, &STANDING, binds![names.as_slice()]).await?;
    let account = |mut row: Row| {
        Ok::<_, Unreadable>(Account {
            subject: Subject {
                iss: row.text()?,
                sub: row.text()?,
            },
            username: row.text()?,
            provider: row.text()?,
        })
    };
    let known: HashSet<Account> = rows.into_iter().map(account).collect::<Result<_, _>>()?;
    let asked = accounts.iter().filter(|one| known.contains(one));
    Ok(asked.cloned().collect())
}

/// How many sessions are open, up to where nobody counts further.
pub(in crate::store) async fn open<E: Executor>(
    executor: &E,
    now: Moment,
) -> Result<i64, E::Trouble> {
    let row = one(executor, &OPEN, binds![now, Queue::COUNTED]).await?;
    Ok(row.ok_or(Unreadable::Rows(0))?.number()?)
}

pub(super) async fn add_session<E: Executor>(
    executor: &E,
    id: &str,
    session: &Session,
) -> Result<(), E::Trouble> {
    let values = binds![
        id,
        &session.user.username,
        &session.user.provider,
        session.user.display_name.as_deref(),
        &session.subject.iss,
        &session.subject.sub,
        session.email.as_deref(),
        session.sid.as_deref(),
        session.created_at,
        session.ends_at,
    ];
    change(executor, &ADD_SESSION, values).await?;
    Ok(())
}

pub(super) async fn end_sessions<E: Executor>(
    executor: &E,
    which: &Sessions,
    at: Moment,
) -> Result<(), E::Trouble> {
    match which {
        Sessions::One(id) => change(executor, &END_ONE, binds![at, id]).await,
        Sessions::Of(user) => {
            change(
                executor,
                &END_OF,
                binds![at, &user.username, &user.provider],
            )
            .await
        }
        Sessions::OfSubject(subject) => {
            change(
                executor,
                &END_OF_SUBJECT,
                binds![at, &subject.iss, &subject.sub],
            )
            .await
        }
        Sessions::OfSid {
            iss,
            sid,
            sub: None,
        } => change(executor, &END_OF_SID, binds![at, iss, sid]).await,
        Sessions::OfSid {
            iss,
            sid,
            sub: Some(sub),
        } => {
            let values = binds![at, iss, sub, sid];
            change(executor, &END_OF_SID_AND_SUBJECT, values).await
        }
    }?;
    Ok(())
}
