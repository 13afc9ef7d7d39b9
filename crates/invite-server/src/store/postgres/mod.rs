//! Any engine that speaks PostgreSQL's protocol: as many copies of the server as one likes on one database.
//!
//! A change locks its rows (`FOR NO KEY UPDATE`), decides and writes in one transaction. Where an engine answers with a
//! serialization failure instead of waiting, the whole change is begun again.

mod attempts;
mod ending;
mod executor;
mod index;
mod lease;
mod line;
mod looks;
mod pooler;
pub(super) mod reach;
mod ready;
mod schema;
mod session;
mod sessions;
mod sweep;
mod tls;
mod trouble;

use std::{collections::HashSet, fmt};

use crate::core::{
    Acceptance, Account, App, Asked, Client, Delivery, Event, KnownSecret, MadeWith, Mail, Member,
    MemberSeen, MembersSeen, Moment, Needle, Progress, Queues, Refusal, ResourceOf, User, Webhook,
    state::{
        Change, Decision, FoundInvites, InviteQuery, KeyHash, ListedInvite, Resource, Scope, State,
        StoredInvite,
    },
};

use super::{
    Store, StoreUnusable,
    catalogue::{
        apps, changes, clients, clock, ends, events, listing, mails, members, people, queues,
        reading::{self, Hold},
        secrets, webhooks,
    },
    readiness::Readiness,
    shares::Crowd,
};
use attempts::Attempts;
use looks::{read, read_for};
use session::{Session, Work};
pub(super) use sessions::pool;
use sessions::{Patience, Sessions};
use trouble::Trouble;

pub use line::Line;

/// A PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub struct PostgresStore {
    sessions: Sessions,
    readiness: Readiness,
}

impl PostgresStore {
    /// Connects, at most so many times at once, and brings the schema up to date.
    ///
    /// # Errors
    /// A sentence that never holds the address: a password may be in it.
    pub async fn open(address: &str, connections: usize) -> Result<PostgresStore, StoreUnusable> {
        let sessions = Sessions::new(address, connections)?;
        let place = sessions.place().to_owned();
        let is_pooled = pooler::is_between(&sessions).await;
        let sessions = sessions.pooled(is_pooled);
        match schema::migrate(sessions.pool(), is_pooled).await {
            Ok(Ok(())) => Ok(PostgresStore {
                sessions,
                readiness: Readiness::default(),
            }),
            Ok(Err(newer)) => Err(StoreUnusable(format!(
                "the database has schema {}, newer than this server's {}; start a newer server",
                newer.found, newer.known
            ))),
            Err(trouble) => {
                let cause = match &trouble {
                    Trouble::Database(error) => reach::unreached(error),
                    other => other.to_string(),
                };
                Err(StoreUnusable(format!(
                    "the database at {place} cannot be used: {cause}"
                )))
            }
        }
    }

    /// Shows the metrics how the connections are used.
    pub(super) fn measure(&self) {
        let status = self.sessions.pool().status();
        for (state, number) in [("open", status.size), ("idle", status.available)] {
            metrics::gauge!("invite_server_store_connections", "state" => state).set(number as f64);
        }
        metrics::gauge!("invite_server_store_waiting").set(status.waiting as f64);
    }

    /// Ends all connections; whoever calls from now on is refused.
    pub fn close(&self) {
        self.sessions.close();
    }

    /// One attempt. The outer error is worth another attempt or not; the inner one is final.
    async fn attempt<Answer, Rule>(
        &self,
        crowd: Crowd,
        scope: &Scope,
        rule: &Rule,
        patience: Patience,
    ) -> Result<Result<Answer, Refusal>, Trouble>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        let mut session = self
            .sessions
            .begin(Work::Change, Some(crowd), patience)
            .await?;
        let state = reading::state(&mut session, scope, Hold::Yes).await?;
        let decision = match rule(&state) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if decision.changes.is_empty() {
            return Ok(Ok(decision.answer));
        }
        changes::write(&session, &decision.changes).await?;
        Ok(match session.commit().await? {
            Ok(()) => Ok(decision.answer),
            Err(unknown) => Err(self.sessions.unknown(&unknown)),
        })
    }
}

impl PostgresStore {
    pub(in crate::store) async fn now(&self) -> Result<Moment, Refusal> {
        read!(self, Work::Poll, Some(Crowd::Server), session => clock::now(&session))
    }
}

impl Store for PostgresStore {
    async fn transact<Answer, Rule>(&self, scope: Scope, rule: Rule) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        let (mut attempts, patience) = (Attempts::new(), Patience::new());
        let mut crowd = Crowd::of(&scope);
        loop {
            match self.attempt(crowd.clone(), &scope, &rule, patience).await {
                Ok(outcome) => return outcome,
                Err(Trouble::Crowded(resource)) => crowd = Crowd::Resource(resource),
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => return Err(self.sessions.refusal(&trouble)),
            }
        }
    }

    async fn look(&self, scope: Scope) -> Result<State, Refusal> {
        // Looking for links takes its time.
        let crowd = scope.wanted.as_ref().map(|_| Crowd::of(&scope));
        read!(self, Work::Look, crowd.clone(), session => async {
            let mut session = session;
            reading::state(&mut session, &scope, Hold::No).await
        })
    }

    async fn invites(
        &self,
        asked: Asked,
        query: InviteQuery,
    ) -> Result<Vec<ListedInvite>, Refusal> {
        read_for!(self, &asked, session, _ => listing::invites(&session, &query))
    }

    async fn find(
        &self,
        asked: Asked,
        query: InviteQuery,
        needle: Needle,
    ) -> Result<FoundInvites, Refusal> {
        read_for!(self, &asked, session, _ => listing::find(&session, &query, &needle))
    }

    async fn gather<Gathered, Add>(
        &self,
        asked: Asked,
        query: InviteQuery,
        add: Add,
    ) -> Result<Gathered, Refusal>
    where
        Gathered: Default + Send + 'static,
        Add: Fn(&mut Gathered, StoredInvite) + Send + Sync + 'static,
    {
        read_for!(self, &asked, session, _ => listing::gather(&session, &query, &add))
    }

    async fn count(&self, asked: Asked, query: InviteQuery) -> Result<i64, Refusal> {
        read_for!(self, &asked, session, _ => listing::count(&session, &query))
    }

    async fn acceptances(&self, invite: &str) -> Result<Vec<Acceptance>, Refusal> {
        read!(self, Work::Look, None, session => reading::uses(&session, invite))
    }

    async fn members(&self, resource: &str) -> Result<Vec<Member>, Refusal> {
        let found = self.resource(resource).await?;
        Ok(found.map_or_else(Vec::new, |(_, members)| members))
    }

    async fn member(
        &self,
        resource: &str,
        asker: &User,
        user: &User,
        app: Option<&str>,
    ) -> Result<MemberSeen, Refusal> {
        read!(self, Work::Poll, None, session => members::one(&session, resource, asker, user, app))
    }

    async fn members_page(
        &self,
        asked: Asked,
        after: i64,
        limit: u32,
    ) -> Result<Option<MembersSeen>, Refusal> {
        read_for!(self, &asked, session, _ => members::page(&session, asked.resource(), after, limit))
    }

    async fn resource(&self, resource: &str) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        read!(self, Work::Look, Some(Crowd::Resource(resource.to_owned())), session => reading::resource(&session, resource))
    }

    async fn resource_for(&self, asked: Asked) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        read_for!(self, &asked, session, _ => reading::resource(&session, asked.resource()))
    }

    async fn resources(
        &self,
        user: &User,
        app: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ResourceOf>, Refusal> {
        read!(self, Work::Look, Some(Crowd::Person(user.user_id())), session => reading::resources(&session, user, app, after, limit))
    }

    async fn clear(&self, resource: &str) -> Result<bool, Refusal> {
        self.clear_some(resource).await
    }

    async fn going(&self, limit: u32) -> Result<Vec<String>, Refusal> {
        self.some_going(limit).await
    }

    async fn events(&self, resource: &str, after: i64, limit: u32) -> Result<Vec<Event>, Refusal> {
        read!(self, Work::Look, Some(Crowd::Resource(resource.to_owned())), session => events::after(&session, resource, after, limit))
    }

    async fn events_for(
        &self,
        asked: Asked,
        after: Option<i64>,
        limit: u32,
    ) -> Result<(Option<Resource>, Vec<Event>), Refusal> {
        read_for!(self, &asked, session, state => events::seen(&session, state.resource, after, limit))
    }

    async fn progress(&self, resources: Vec<String>) -> Result<Vec<Progress>, Refusal> {
        read!(self, Work::Poll, Some(Crowd::Server), session => events::progress(&session, &resources))
    }

    async fn session(&self, id: &str) -> Result<Option<crate::core::Session>, Refusal> {
        read!(self, Work::Look, None, session => people::session(&session, id))
    }

    async fn live_sessions(
        &self,
        ids: Vec<String>,
        now: Moment,
    ) -> Result<HashSet<String>, Refusal> {
        let live = read!(self, Work::Poll, None, session => people::live(&session, &ids, now))?;
        Ok(live.into_iter().collect())
    }

    async fn known_accounts(&self, accounts: Vec<Account>) -> Result<HashSet<Account>, Refusal> {
        read!(self, Work::Poll, None, session => people::accounts(&session, &accounts))
    }

    async fn open_sessions(&self, now: Moment) -> Result<i64, Refusal> {
        read!(self, Work::Look, Some(Crowd::Server), session => people::open(&session, now))
    }

    async fn apps(&self) -> Result<Vec<App>, Refusal> {
        read!(self, Work::Look, None, session => apps::every(&session))
    }

    async fn acting(
        &self,
        apps: Vec<String>,
        resources: Vec<String>,
    ) -> Result<Vec<(String, Option<String>)>, Refusal> {
        read!(self, Work::Poll, Some(Crowd::Server), session => apps::acting(&session, &apps, &resources))
    }

    async fn app(&self, key: KeyHash) -> Result<Option<String>, Refusal> {
        read!(self, Work::Look, None, session => apps::of_key(&session, key))
    }

    async fn clients(&self) -> Result<Vec<Client>, Refusal> {
        read!(self, Work::Look, None, session => clients::every(&session))
    }

    async fn client(&self, id: &str) -> Result<Option<Client>, Refusal> {
        read!(self, Work::Look, None, session => clients::of_id(&session, id))
    }

    async fn secrets(&self) -> Result<Vec<KnownSecret>, Refusal> {
        read!(self, Work::Look, None, session => secrets::every(&session))
    }

    async fn made_with(&self) -> Result<Vec<MadeWith>, Refusal> {
        read!(self, Work::Sweep, Some(Crowd::Server), session => secrets::made(&session))
    }

    async fn open_made_with(
        &self,
        secret: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, String)>, Refusal> {
        read!(self, Work::Sweep, Some(Crowd::Server), session => secrets::open(&session, secret, after, limit))
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, Refusal> {
        read!(self, Work::Look, None, session => webhooks::every(&session))
    }

    async fn waiting(&self, app: &str) -> Result<i64, Refusal> {
        read!(self, Work::Look, Some(Crowd::Server), session => webhooks::waiting(&session, app))
    }

    async fn claim(
        &self,
        app: &str,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Delivery>, Refusal> {
        // Taken twice when an answer was lost, these are simply late.
        read!(self, Work::Change, Some(Crowd::Server), session => take(session, async |session| webhooks::claim(session, app, now, until, limit).await))
    }

    async fn end<Rule>(&self, now: Moment, limit: u32, rule: Rule) -> Result<usize, Refusal>
    where
        Rule: Fn(&StoredInvite) -> Vec<Change> + Clone + Send + Sync + 'static,
    {
        let mut attempts = Attempts::new();
        let ended = loop {
            match self.end_some(now, limit, &rule).await {
                Ok(ended) => break ended,
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => return Err(self.sessions.refusal(&trouble)),
            }
        };
        if ended >= limit as usize {
            return Ok(ended);
        }
        let held =
            read!(self, Work::Look, Some(Crowd::Server), session => ends::held(&session, now))?;
        Ok(ended + self.end_one_of(held, rule).await)
    }

    async fn claim_mails(
        &self,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Mail>, Refusal> {
        // Taken twice when an answer was lost, these are simply late.
        read!(self, Work::Change, Some(Crowd::Server), session => take(session, async |session| mails::claim(session, now, until, limit).await))
    }

    async fn queues(&self) -> Result<Queues, Refusal> {
        read!(self, Work::Look, Some(Crowd::Server), session => queues::waiting(&session))
    }

    async fn ready(&self) -> Result<(), Refusal> {
        let store = self.clone();
        self.readiness
            .ask(move || async move { store.look_whether_ready().await })
            .await
    }
}

/// Lets a statement that takes rows stand.
async fn take<Taken>(
    session: Session,
    statement: impl AsyncFnOnce(&Session) -> Result<Taken, Trouble>,
) -> Result<Taken, Trouble> {
    let taken = statement(&session).await?;
    match session.commit().await? {
        Ok(()) => Ok(taken),
        Err(unknown) => Err(unknown.0),
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "PostgresStore({} connections)",
            self.sessions.pool().status().size
        )
    }
}
