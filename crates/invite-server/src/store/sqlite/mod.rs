//! SQLite: one file beside the server.

mod executor;
mod health;
mod limit;
#[cfg(test)]
mod plans;
mod readers;
pub(super) mod schema;
mod sweep;
mod writer;

use std::{collections::HashSet, path::Path};

use crate::core::{
    Acceptance, Account, App, Asked, Client, Delivery, Event, KnownSecret, MadeWith, Mail, Member,
    MemberSeen, MembersSeen, Moment, Needle, Progress, Queues, Refusal, ResourceOf, Session, User,
    Webhook,
    state::{
        Change, Decision, FoundInvites, InviteQuery, KeyHash, ListedInvite, Resource, Scope, State,
        StoredInvite,
    },
};

use super::{
    Store, StoreUnusable,
    catalogue::{
        apps, clients, clock, ends, events, listing, mails, members, people, queues,
        reading::{self, Hold},
        secrets, webhooks,
    },
    readiness::Readiness,
    shares::Crowd,
};
use executor::{On, at_once};

/// A SQLite database. Cheap to clone; it closes when the last clone is gone.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: writer::Writer,
    readers: readers::Readers,
    readiness: Readiness,
}

impl SqliteStore {
    /// Opens the database file, or makes it, and brings its schema up to date. Blocks for a moment: it is for the start.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreUnusable> {
        let writer = schema::open_writer(path)?;
        at_once(clock::see_rows(&On(&writer))).map_err(|cause| {
            StoreUnusable(format!(
                "the database {} cannot be used: {}",
                path.display(),
                schema::said(&cause)
            ))
        })?;
        let health = health::Health::of(path);
        Ok(SqliteStore {
            readers: readers::Readers::open(path, &health)?,
            writer: writer::Writer::start(writer, health)?,
            readiness: Readiness::default(),
        })
    }

    /// Shows the metrics how many changes wait.
    pub(super) fn measure(&self) {
        self.writer.measure();
    }

    /// Finishes what was begun and closes the file, which then holds everything by itself: its log is empty. Whoever
    /// calls from now on is refused.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl SqliteStore {
    pub(in crate::store) async fn highest_time(&self) -> Result<Option<Moment>, Refusal> {
        self.readers
            .glance(|connection| at_once(clock::highest(&On(connection))))
            .await
    }

    pub(in crate::store) async fn see_time(
        &self,
        at: Moment,
        whatever: bool,
    ) -> Result<(), Refusal> {
        self.writer
            .run(move |connection| at_once(clock::see(&On(connection), at, whatever)))
            .await
    }
}

impl SqliteStore {
    /// Reads for somebody who has asked, in the view in which it was looked at whether they may.
    async fn list_for<Answer, Look>(&self, asked: Asked, look: Look) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Look: FnOnce(&On<'_>, State) -> rusqlite::Result<Answer> + Send + 'static,
    {
        let crowd = Crowd::Resource(asked.resource().to_owned());
        let read = move |connection: &_| {
            let mut on = On(connection);
            let state = at_once(reading::state(&mut on, &asked.scope(), Hold::No))?;
            match asked.let_through(&state) {
                Ok(()) => look(&on, state).map(Ok),
                Err(refusal) => Ok(Err(refusal)),
            }
        };
        self.readers.list(crowd, read).await?
    }
}

impl Store for SqliteStore {
    async fn transact<Answer, Rule>(&self, scope: Scope, rule: Rule) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        self.writer.transact(scope, rule).await
    }

    async fn look(&self, scope: Scope) -> Result<State, Refusal> {
        let crowd = Crowd::of(&scope);
        // Looking for links is no glance.
        let is_glance = scope.wanted.is_none();
        let look =
            move |connection: &_| at_once(reading::state(&mut On(connection), &scope, Hold::No));
        if is_glance {
            self.readers.glance(look).await
        } else {
            self.readers.list(crowd, look).await
        }
    }

    async fn invites(
        &self,
        asked: Asked,
        query: InviteQuery,
    ) -> Result<Vec<ListedInvite>, Refusal> {
        let look = move |on: &On<'_>, _| at_once(listing::invites(on, &query));
        self.list_for(asked, look).await
    }

    async fn find(
        &self,
        asked: Asked,
        query: InviteQuery,
        needle: Needle,
    ) -> Result<FoundInvites, Refusal> {
        let look = move |on: &On<'_>, _| at_once(listing::find(on, &query, &needle));
        self.list_for(asked, look).await
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
        let look = move |on: &On<'_>, _| at_once(listing::gather(on, &query, &add));
        self.list_for(asked, look).await
    }

    async fn count(&self, asked: Asked, query: InviteQuery) -> Result<i64, Refusal> {
        let look = move |on: &On<'_>, _| at_once(listing::count(on, &query));
        self.list_for(asked, look).await
    }

    async fn acceptances(&self, invite: &str) -> Result<Vec<Acceptance>, Refusal> {
        self.readers
            .glance(|connection| at_once(reading::uses(&On(connection), invite)))
            .await
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
        let look =
            |connection: &_| at_once(members::one(&On(connection), resource, asker, user, app));
        self.readers.glance(look).await
    }

    async fn members_page(
        &self,
        asked: Asked,
        after: i64,
        limit: u32,
    ) -> Result<Option<MembersSeen>, Refusal> {
        let name = asked.resource().to_owned();
        let look = move |on: &On<'_>, _| at_once(members::page(on, &name, after, limit));
        self.list_for(asked, look).await
    }

    async fn resource(&self, resource: &str) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        let (name, crowd) = (resource.to_owned(), Crowd::Resource(resource.to_owned()));
        let look = move |connection: &_| at_once(reading::resource(&On(connection), &name));
        self.readers.list(crowd, look).await
    }

    async fn resource_for(&self, asked: Asked) -> Result<Option<(Resource, Vec<Member>)>, Refusal> {
        let name = asked.resource().to_owned();
        let look = move |on: &On<'_>, _| at_once(reading::resource(on, &name));
        self.list_for(asked, look).await
    }

    async fn resources(
        &self,
        user: &User,
        app: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ResourceOf>, Refusal> {
        let (user, app, after) = (
            user.clone(),
            app.map(str::to_owned),
            after.map(str::to_owned),
        );
        self.readers
            .list(Crowd::Person(user.user_id()), move |connection| {
                let (app, after) = (app.as_deref(), after.as_deref());
                at_once(reading::resources(
                    &On(connection),
                    &user,
                    app,
                    after,
                    limit,
                ))
            })
            .await
    }

    async fn clear(&self, resource: &str) -> Result<bool, Refusal> {
        self.clear_some(resource).await
    }

    async fn going(&self, limit: u32) -> Result<Vec<String>, Refusal> {
        self.some_going(limit).await
    }

    async fn events(&self, resource: &str, after: i64, limit: u32) -> Result<Vec<Event>, Refusal> {
        let (resource, crowd) = (resource.to_owned(), Crowd::Resource(resource.to_owned()));
        self.readers
            .list(crowd, move |connection| {
                at_once(events::after(&On(connection), &resource, after, limit))
            })
            .await
    }

    async fn events_for(
        &self,
        asked: Asked,
        after: Option<i64>,
        limit: u32,
    ) -> Result<(Option<Resource>, Vec<Event>), Refusal> {
        let look = move |on: &On<'_>, state: State| {
            at_once(events::seen(on, state.resource, after, limit))
        };
        self.list_for(asked, look).await
    }

    async fn session(&self, id: &str) -> Result<Option<Session>, Refusal> {
        self.readers
            .glance(|connection| at_once(people::session(&On(connection), id)))
            .await
    }

    async fn live_sessions(
        &self,
        ids: Vec<String>,
        now: Moment,
    ) -> Result<HashSet<String>, Refusal> {
        let look = move |connection: &_| at_once(people::live(&On(connection), &ids, now));
        let live = self.readers.list(Crowd::Server, look).await?;
        Ok(live.into_iter().collect())
    }

    async fn known_accounts(&self, accounts: Vec<Account>) -> Result<HashSet<Account>, Refusal> {
        let look = move |connection: &_| at_once(people::accounts(&On(connection), &accounts));
        self.readers.list(Crowd::Server, look).await
    }

    async fn open_sessions(&self, now: Moment) -> Result<i64, Refusal> {
        let look = move |connection: &_| at_once(people::open(&On(connection), now));
        self.readers.list(Crowd::Server, look).await
    }

    async fn progress(&self, resources: Vec<String>) -> Result<Vec<Progress>, Refusal> {
        let look = move |connection: &_| at_once(events::progress(&On(connection), &resources));
        self.readers.list(Crowd::Server, look).await
    }

    async fn apps(&self) -> Result<Vec<App>, Refusal> {
        let look = |connection: &_| at_once(apps::every(&On(connection)));
        self.readers.list(Crowd::Server, look).await
    }

    async fn acting(
        &self,
        apps: Vec<String>,
        resources: Vec<String>,
    ) -> Result<Vec<(String, Option<String>)>, Refusal> {
        let look = move |connection: &_| at_once(apps::acting(&On(connection), &apps, &resources));
        self.readers.list(Crowd::Server, look).await
    }

    async fn app(&self, key: KeyHash) -> Result<Option<String>, Refusal> {
        self.readers
            .glance(|connection| at_once(apps::of_key(&On(connection), key)))
            .await
    }

    async fn clients(&self) -> Result<Vec<Client>, Refusal> {
        let look = |connection: &_| at_once(clients::every(&On(connection)));
        self.readers.list(Crowd::Server, look).await
    }

    async fn client(&self, id: &str) -> Result<Option<Client>, Refusal> {
        self.readers
            .glance(|connection| at_once(clients::of_id(&On(connection), id)))
            .await
    }

    async fn secrets(&self) -> Result<Vec<KnownSecret>, Refusal> {
        let look = |connection: &_| at_once(secrets::every(&On(connection)));
        self.readers.list(Crowd::Server, look).await
    }

    async fn made_with(&self) -> Result<Vec<MadeWith>, Refusal> {
        let look = |connection: &_| at_once(secrets::made(&On(connection)));
        self.readers.list(Crowd::Server, look).await
    }

    async fn open_made_with(
        &self,
        secret: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, String)>, Refusal> {
        let secret = secret.to_owned();
        let look =
            move |connection: &_| at_once(secrets::open(&On(connection), &secret, after, limit));
        self.readers.list(Crowd::Server, look).await
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>, Refusal> {
        let look = |connection: &_| at_once(webhooks::every(&On(connection)));
        self.readers.list(Crowd::Server, look).await
    }

    async fn waiting(&self, app: &str) -> Result<i64, Refusal> {
        let app = app.to_owned();
        let look = move |connection: &_| at_once(webhooks::waiting(&On(connection), &app));
        self.readers.list(Crowd::Server, look).await
    }

    async fn claim(
        &self,
        app: &str,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Delivery>, Refusal> {
        let app = app.to_owned();
        let take = move |connection: &_| {
            at_once(webhooks::claim(&On(connection), &app, now, until, limit))
        };
        self.writer.write(take).await
    }

    async fn end<Rule>(&self, now: Moment, limit: u32, rule: Rule) -> Result<usize, Refusal>
    where
        Rule: Fn(&StoredInvite) -> Vec<Change> + Clone + Send + Sync + 'static,
    {
        self.writer
            .run(move |connection| at_once(ends::end(&On(connection), now, limit, &rule)))
            .await
    }

    async fn claim_mails(
        &self,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> Result<Vec<Mail>, Refusal> {
        self.writer
            .write(move |connection| at_once(mails::claim(&On(connection), now, until, limit)))
            .await
    }

    async fn queues(&self) -> Result<Queues, Refusal> {
        let look = |connection: &_| at_once(queues::waiting(&On(connection)));
        self.readers.list(Crowd::Server, look).await
    }

    fn is_whole(&self) -> bool {
        self.writer.is_alive()
    }

    async fn ready(&self) -> Result<(), Refusal> {
        let (readers, writer) = (self.readers.clone(), self.writer.clone());
        let look = move || async move {
            readers
                .glance(|connection| connection.query_row("SELECT 1", [], |_| Ok(())))
                .await?;
            writer.ready().await
        };
        self.readiness.ask(look).await
    }
}
