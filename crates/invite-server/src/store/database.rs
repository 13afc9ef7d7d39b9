//! The server's store, whichever database the operator chose.

use std::{collections::HashSet, time::Instant};

use super::{PostgresStore, SqliteStore, Store, StoreUnusable};
use crate::address::DatabaseAddress;
use crate::core::{
    Acceptance, Account, App, Asked, Client, Delivery, Event, KnownSecret, MadeWith, Mail, Member,
    MemberSeen, MembersSeen, Moment, Needle, Progress, Queues, Refusal, ResourceOf, Session, User,
    Webhook,
    state::{
        Change, Decision, FoundInvites, InviteQuery, KeyHash, ListedInvite, Resource, Scope, State,
        StoredInvite,
    },
};

/// One variant per database. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file.
    Sqlite(SqliteStore),
    /// A server that speaks PostgreSQL's protocol.
    Postgres(PostgresStore),
}

impl Database {
    /// Opens the database at an address, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreUnusable`], a sentence for the operator.
    pub async fn open(
        address: &DatabaseAddress,
        connections: u32,
    ) -> Result<Database, StoreUnusable> {
        Ok(match address {
            DatabaseAddress::File(path) => Database::Sqlite(SqliteStore::open(path)?),
            DatabaseAddress::Postgres(address) => {
                Database::Postgres(PostgresStore::open(address, connections as usize).await?)
            }
        })
    }

    /// Shows the metrics how much waits for the database, and how much of it is in use.
    pub fn measure(&self) {
        match self {
            Database::Sqlite(store) => store.measure(),
            Database::Postgres(store) => store.measure(),
        }
    }

    /// Finishes what was begun and closes the database. A SQLite file is complete by itself then.
    pub async fn close(&self) {
        match self {
            Database::Sqlite(store) => store.close().await,
            Database::Postgres(store) => store.close(),
        }
    }
}

/// On what copies of the server on one database tell each other which resources have moved.
pub type Line = super::postgres::Line;

impl Database {
    /// Opens such a line; `None` where the database has none that works.
    ///
    /// # Errors
    /// When the database cannot be reached now.
    pub async fn line(&self) -> Result<Option<Line>, Refusal> {
        match self {
            // Other processes on the file are looked after now and then.
            Database::Sqlite(_) => Ok(None),
            Database::Postgres(store) => store.line().await,
        }
    }
}

/// What a database knows of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSeen {
    /// It has a clock, which says this now.
    Now(Moment),
    /// It has none, and this is the highest time that it was ever told.
    Highest(Option<Moment>),
}

impl Database {
    /// What the database knows of the time.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn time(&self) -> Result<TimeSeen, Refusal> {
        Ok(match self {
            Database::Sqlite(store) => TimeSeen::Highest(store.highest_time().await?),
            Database::Postgres(store) => TimeSeen::Now(store.now().await?),
        })
    }

    /// This time was seen, for a database without a clock.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn saw_time(&self, at: Moment) -> Result<(), Refusal> {
        match self {
            Database::Sqlite(store) => store.see_time(at, false).await,
            Database::Postgres(_) => Ok(()),
        }
    }

    /// On the operator's word this is the time, whatever was seen before.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn set_time(&self, at: Moment) -> Result<(), Refusal> {
        match self {
            Database::Sqlite(store) => store.see_time(at, true).await,
            Database::Postgres(_) => Ok(()),
        }
    }
}

impl From<SqliteStore> for Database {
    fn from(store: SqliteStore) -> Database {
        Database::Sqlite(store)
    }
}

impl From<PostgresStore> for Database {
    fn from(store: PostgresStore) -> Database {
        Database::Postgres(store)
    }
}

macro_rules! either {
    ($self:expr, $store:ident => $call:expr) => {{
        let began = Instant::now();
        let answer = match $self {
            Database::Sqlite($store) => $call.await,
            Database::Postgres($store) => $call.await,
        };
        // The call by its name in the code: nothing that anybody sent.
        let call = stringify!($call).split_once('.').map_or("", |(_, call)| call);
        let call = call.split_once('(').map_or(call, |(name, _)| name);
        metrics::histogram!("invite_server_store_seconds", "call" => call).record(began.elapsed());
        answer
    }};
}

impl Store for Database {
    async fn transact<Answer, Rule>(&self, scope: Scope, rule: Rule) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        either!(self, store => store.transact(scope, rule))
    }

    async fn look(&self, scope: Scope) -> Result<State, Refusal> {
        either!(self, store => store.look(scope))
    }

    async fn invites(
        &self,
        asked: Asked,
        query: InviteQuery,
    ) -> Result<Vec<ListedInvite>, Refusal> {
        either!(self, store => store.invites(asked, query))
    }

    async fn find(
        &self,
        asked: Asked,
        query: InviteQuery,
        needle: Needle,
    ) -> Result<FoundInvites, Refusal> {
        either!(self, store => store.find(asked, query, needle))
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
        either!(self, store => store.gather(asked, query, add))
    }

    async fn count(&self, asked: Asked, query: InviteQuery) -> Result<i64, Refusal> {
        either!(self, store => store.count(asked, query))
    }

    async fn acceptances(&self, invite: &str) -> Result<Vec<Acceptance>, Refusal> {
        either!(self, store => store.acceptances(invite))
    }

    async fn members(&self, resource: &str) -> Result<Vec<Member>, Refusal> {
        either!(self, store => store.members(resource))
    }

    async fn member(
        &self,
        resource: &str,
        asker: &User,
        user: &User,
        app: Option<&str>,
    ) -> Result<MemberSeen, Refusal> {
        either!(self, store => store.member(resource, asker, user, app))
    }

    async fn members_page(
        &self,
        asked: Asked,
        after: i64,
        limit: u32,
    ) -> Result<Option<MembersSeen>, Refusal> {
        either!(self, store => store.members_page(asked, after, limit))
    }

    async fn resource(&self, resource: &str) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        either!(self, store => store.resource(resource))
    }

    async fn resource_for(&self, asked: Asked) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        either!(self, store => store.resource_for(asked))
    }

    async fn resources(
        &self,
        user: &User,
        app: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ResourceOf>, Refusal> {
        either!(self, store => store.resources(user, app, after, limit))
    }

    async fn clear(&self, resource: &str) -> Result<bool, Refusal> {
        either!(self, store => store.clear(resource))
    }

    async fn going(&self, limit: u32) -> Result<Vec<String>, Refusal> {
        either!(self, store => store.going(limit))
    }

    async fn events(&self, resource: &str, after: i64, limit: u32) -> Result<Vec<Event>, Refusal> {
        either!(self, store => store.events(resource, after, limit))
    }

    async fn events_for(
        &self,
        asked: Asked,
        after: Option<i64>,
        limit: u32,
    ) -> Result<(Option<Resource>, Vec<Event>), Refusal> {
        either!(self, store => store.events_for(asked, after, limit))
    }

    async fn session(&self, id: &str) -> Result<Option<Session>, Refusal> {
        either!(self, store => store.session(id))
    }

    async fn live_sessions(
        &self,
        ids: Vec<String>,
        now: Moment,
    ) -> Result<HashSet<String>, Refusal> {
        either!(self, store => store.live_sessions(ids, now))
    }

    async fn known_accounts(&self, accounts: Vec<Account>) -> Result<HashSet<Account>, Refusal> {
        either!(self, store => store.known_accounts(accounts))
    }

    async fn open_sessions(&self, now: Moment) -> Result<i64, Refusal> {
        either!(self, store => store.open_sessions(now))
    }

    async fn progress(&self, resources: Vec<String>) -> Result<Vec<Progress>, Refusal> {
        either!(self, store => store.progress(resources))
    }

    async fn apps(&self) -> Result<Vec<App>, Refusal> {
        either!(self, store => store.apps())
    }

    async fn acting(
        &self,
        apps: Vec<String>,
        resources: Vec<String>,
    ) -> Result<Vec<(String, Option<String>)>, Refusal> {
        either!(self, store => store.acting(apps, resources))
    }

    async fn app(&self, key: KeyHash) -> Result<Option<String>, Refusal> {
        either!(self, store => store.app(key))
    }

    async fn clients(&self) -> Result<Vec<Client>, Refusal> {
        either!(self, store => store.clients())
    }

    async fn client(&self, id: &str) -> Result<Option<Client>, Refusal> {
        either!(self, store => store.client(id))
    }

    async fn secrets(&self) -> Result<Vec<KnownSecret>, Refusal> {
        either!(self, store => store.secrets())
    }

    async fn made_with(&self) -> Result<Vec<MadeWith>, Refusal> {
        either!(self, store => store.made_with())
    }

    async fn open_made_with(
        &self,
        secret: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, String)>, Refusal> {
        either!(self, store => store.open_made_with(secret, after, limit))
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, Refusal> {
        either!(self, store => store.webhooks())
    }

    async fn waiting(&self, app: &str) -> Result<i64, Refusal> {
        either!(self, store => store.waiting(app))
    }

    async fn claim(
        &self,
        app: &str,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Delivery>, Refusal> {
        either!(self, store => store.claim(app, now, until, limit))
    }

    async fn end<Rule>(&self, now: Moment, limit: u32, rule: Rule) -> Result<usize, Refusal>
    where
        Rule: Fn(&StoredInvite) -> Vec<Change> + Clone + Send + Sync + 'static,
    {
        either!(self, store => store.end(now, limit, rule))
    }

    async fn claim_mails(
        &self,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Mail>, Refusal> {
        either!(self, store => store.claim_mails(now, until, limit))
    }

    async fn queues(&self) -> Result<Queues, Refusal> {
        either!(self, store => store.queues())
    }

    fn is_whole(&self) -> bool {
        match self {
            Database::Sqlite(store) => store.is_whole(),
            Database::Postgres(store) => store.is_whole(),
        }
    }

    async fn ready(&self) -> Result<(), Refusal> {
        either!(self, store => store.ready())
    }
}
