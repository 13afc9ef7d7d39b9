//! Any engine that speaks PostgreSQL's protocol: as many copies of the server as one likes on one database.
//!
//! A change locks its rows (`FOR NO KEY UPDATE`), decides and writes in one transaction. Where an engine answers with a
//! serialization failure instead of waiting, the whole change is begun again.

mod apps;
mod attempts;
mod changes;
mod clients;
mod events;
mod listing;
mod mails;
mod queues;
mod rows;
mod schema;
mod sweep;
mod tls;
mod trouble;
mod webhooks;

use std::{fmt, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};

use crate::core::{
    Acceptance, App, Client, Delivery, Event, Mail, Member, Moment, Queues, Refusal, ResourceOf,
    User, Webhook,
    state::{Decision, InviteQuery, KeyHash, ListedInvite, Resource, Scope, State},
};

use super::{Store, StoreUnusable};
use attempts::Attempts;
use rows::Lock;
use trouble::Trouble;

/// How long a call waits for a connection while all are busy: nearly as long as a request may take. When a thousand
/// people accept one invite at once, each change of that one row waits for all before it.
const BUSY: Duration = Duration::from_secs(25);
/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// Reads, and again where a connection had died unnoticed or the database is just coming back.
macro_rules! read {
    ($store:expr, $client:ident => $look:expr) => {{
        let mut attempts = Attempts::new();
        loop {
            let looked = match $store.client().await {
                Ok($client) => $look.await,
                Err(trouble) => Err(trouble),
            };
            match looked {
                Ok(answer) => break Ok(answer),
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => break Err(trouble.refusal()),
            }
        }
    }};
}
use read;

/// A PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// Connects, at most so many times at once, and brings the schema up to date.
    ///
    /// # Errors
    /// A sentence that never holds the address: a password may be in it.
    pub async fn open(address: &str, connections: usize) -> Result<PostgresStore, StoreUnusable> {
        let pool = pool(address, connections)?;
        match schema::migrate(&pool).await {
            Ok(Ok(())) => Ok(PostgresStore { pool }),
            Ok(Err(newer)) => Err(StoreUnusable(format!(
                "the database has schema {}, newer than this server's {}; start a newer server",
                newer.found, newer.known
            ))),
            Err(trouble) => Err(unusable(&trouble)),
        }
    }

    /// Ends all connections; whoever calls from now on is refused.
    pub fn close(&self) {
        self.pool.close();
    }

    async fn client(&self) -> Result<Object, Trouble> {
        Ok(self.pool.get().await?)
    }

    /// One attempt. The outer error is worth another attempt or not; the inner one is final.
    async fn attempt<Answer, Rule>(
        &self,
        scope: &Scope,
        rule: &Rule,
    ) -> Result<Result<Answer, Refusal>, Trouble>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        let mut client = self.client().await?;
        // A transaction that is dropped, also because whoever called has gone away, is rolled back.
        let transaction = client.transaction().await?;
        let state = rows::state(&transaction, scope, Lock::Yes).await?;
        let decision = match rule(&state) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if decision.changes.is_empty() {
            return Ok(Ok(decision.answer));
        }
        changes::write(&transaction, &decision.changes).await?;
        match transaction.commit().await {
            Ok(()) => Ok(Ok(decision.answer)),
            // The database itself says that it did not happen.
            Err(error) if error.code().is_some() => Err(error.into()),
            Err(error) => {
                tracing::error!(cause = %Trouble::from(error), "nobody knows whether a commit was carried out");
                Ok(Err(Refusal::ServerError))
            }
        }
    }
}

impl Store for PostgresStore {
    async fn transact<Answer, Rule>(&self, scope: Scope, rule: Rule) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        let mut attempts = Attempts::new();
        loop {
            match self.attempt(&scope, &rule).await {
                Ok(outcome) => return outcome,
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => return Err(trouble.refusal()),
            }
        }
    }

    async fn look(&self, scope: Scope) -> Result<State, Refusal> {
        read!(self, client => rows::state(&client, &scope, Lock::No))
    }

    async fn invites(&self, query: InviteQuery) -> Result<Vec<ListedInvite>, Refusal> {
        read!(self, client => listing::invites(&client, &query))
    }

    async fn count(&self, query: InviteQuery) -> Result<i64, Refusal> {
        read!(self, client => listing::count(&client, &query))
    }

    async fn acceptances(&self, invite: &str) -> Result<Vec<Acceptance>, Refusal> {
        let mut found = read!(self, client => rows::uses(&client, &[invite]))?;
        Ok(found.remove(invite).unwrap_or_default())
    }

    async fn members(&self, resource: &str) -> Result<Vec<Member>, Refusal> {
        Ok(self
            .resource(resource)
            .await?
            .map_or_else(Vec::new, |(_, members)| members))
    }

    async fn resource(&self, resource: &str) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        read!(self, client => rows::resource_with_members(&client, resource))
    }

    async fn resources(&self, user: &User) -> Result<Vec<ResourceOf>, Refusal> {
        read!(self, client => rows::resources(&client, user))
    }

    async fn events(&self, resource: &str, after: i64, limit: u32) -> Result<Vec<Event>, Refusal> {
        read!(self, client => events::after(&client, resource, after, limit))
    }

    async fn apps(&self) -> Result<Vec<App>, Refusal> {
        read!(self, client => apps::all(&client))
    }

    async fn app(&self, key: KeyHash) -> Result<Option<String>, Refusal> {
        read!(self, client => apps::named(&client, key))
    }

    async fn clients(&self) -> Result<Vec<Client>, Refusal> {
        read!(self, client => clients::all(&client))
    }

    async fn client(&self, id: &str) -> Result<Option<Client>, Refusal> {
        read!(self, client => clients::of_id(&client, id))
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, Refusal> {
        read!(self, client => webhooks::all(&client))
    }

    async fn waiting(&self, app: &str) -> Result<i64, Refusal> {
        read!(self, client => webhooks::waiting(&client, app))
    }

    async fn claim(
        &self,
        app: &str,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Delivery>, Refusal> {
        // Taken twice when an answer was lost, these are simply late.
        read!(self, client => webhooks::claim(&client, app, now, until, limit))
    }

    async fn expired(&self, now: Moment, limit: u32) -> Result<Vec<String>, Refusal> {
        read!(self, client => webhooks::expired(&client, now, limit))
    }

    async fn claim_mails(
        &self,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Mail>, Refusal> {
        // Taken twice when an answer was lost, these are simply late.
        read!(self, client => mails::claim(&client, now, until, limit))
    }

    async fn queues(&self) -> Result<Queues, Refusal> {
        read!(self, client => queues::all(&client))
    }

    async fn ready(&self) -> Result<(), Refusal> {
        let read_only = read!(self, client => rows::read_only(&client))?;
        if read_only {
            return Err(Refusal::TryAgain);
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "PostgresStore({} connections)",
            self.pool.status().size
        )
    }
}

/// So many connections at most; none is opened yet.
pub(super) fn pool(address: &str, connections: usize) -> Result<Pool, StoreUnusable> {
    let (config, tls) = tls::settings(address)?;
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    Pool::builder(Manager::from_config(config, tls, recycling))
        .max_size(connections)
        .wait_timeout(Some(BUSY))
        .create_timeout(Some(CONNECTING))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|cause| unusable(&cause))
}

fn unusable(cause: &dyn fmt::Display) -> StoreUnusable {
    StoreUnusable(format!("the database cannot be used: {cause}"))
}
