//! What the rules need of wherever invites are kept.

use std::{collections::HashSet, future::Future};

use super::{
    Acceptance, Account, App, Asked, Client, Delivery, Event, KnownSecret, MadeWith, Mail, Member,
    MemberSeen, MembersSeen, Moment, Needle, Progress, Queues, Refusal, ResourceOf, Session, User,
    Webhook,
    state::{
        Change, Decision, FoundInvites, InviteQuery, KeyHash, ListedInvite, Resource, Scope, State,
        StoredInvite,
    },
};

/// A database that holds resources, members and invites.
///
/// Reads see everything whose change was answered before they began.
pub trait Store: Clone + Send + Sync + 'static {
    /// Locks what `scope` names, lets `rule` decide over it, writes what it asks for, and answers once that is durable.
    /// Either all of it is written or nothing. The rule may run more than once.
    fn transact<Answer, Rule>(
        &self,
        scope: Scope,
        rule: Rule,
    ) -> impl Future<Output = Result<Answer, Refusal>> + Send
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static;

    /// What is stored about a scope, without a lock.
    fn look(&self, scope: Scope) -> impl Future<Output = Result<State, Refusal>> + Send;

    /// Invites, newest first, for whoever may see them. As with all that is asked for here, whether they may and what
    /// there is are one look.
    fn invites(
        &self,
        asked: Asked,
        query: InviteQuery,
    ) -> impl Future<Output = Result<Vec<ListedInvite>, Refusal>> + Send;

    /// Such of them, newest first, in whose label or address something is; so many are looked at, at most, however few of
    /// them it is.
    fn find(
        &self,
        asked: Asked,
        query: InviteQuery,
        needle: Needle,
    ) -> impl Future<Output = Result<FoundInvites, Refusal>> + Send;

    /// Goes over such invites while they are read, so that no list of them is ever held, and gives what `add` has made of
    /// them.
    fn gather<Gathered, Add>(
        &self,
        asked: Asked,
        query: InviteQuery,
        add: Add,
    ) -> impl Future<Output = Result<Gathered, Refusal>> + Send
    where
        Gathered: Default + Send + 'static,
        Add: Fn(&mut Gathered, StoredInvite) + Send + Sync + 'static;

    /// How many invites such a query is about, wherever it begins and however many it would read.
    fn count(
        &self,
        asked: Asked,
        query: InviteQuery,
    ) -> impl Future<Output = Result<i64, Refusal>> + Send;

    /// The last uses of an invite, newest first.
    fn acceptances(
        &self,
        invite: &str,
    ) -> impl Future<Output = Result<Vec<Acceptance>, Refusal>> + Send;

    /// Who has access to a resource, in the order they came.
    fn members(&self, resource: &str) -> impl Future<Output = Result<Vec<Member>, Refusal>> + Send;

    /// What somebody may do on a resource, beside what whoever asks may do there. Asked all the time: it costs one
    /// statement, which reads by indexes.
    fn member(
        &self,
        resource: &str,
        asker: &User,
        user: &User,
        app: Option<&str>,
    ) -> impl Future<Output = Result<MemberSeen, Refusal>> + Send;

    /// Members after that place in the order they came, so many at most, with the version of the list; `None` where there
    /// is no such resource.
    fn members_page(
        &self,
        asked: Asked,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Option<MembersSeen>, Refusal>> + Send;

    /// A resource and its members in one look, so that the version fits them.
    fn resource(
        &self,
        resource: &str,
    ) -> impl Future<Output = Result<Option<(Resource, Vec<Member>)>, Refusal>> + Send;

    /// The same, for whoever may see it.
    fn resource_for(
        &self,
        asked: Asked,
    ) -> impl Future<Output = Result<Option<(Resource, Vec<Member>)>, Refusal>> + Send;

    /// The resources somebody has access to, by name, as the database sorts them, after this one and so many at most;
    /// where an app asks, those of them that it acts on.
    fn resources(
        &self,
        user: &User,
        app: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<ResourceOf>, Refusal>> + Send;

    /// Deletes some of the rows of a resource that was deleted, no more than one transaction should hold, and it itself
    /// once none is left; whether there is more.
    fn clear(&self, resource: &str) -> impl Future<Output = Result<bool, Refusal>> + Send;

    /// Resources that were deleted and are not gone yet, so many at most.
    fn going(&self, limit: u32) -> impl Future<Output = Result<Vec<String>, Refusal>> + Send;

    /// What happened to a resource's invites after that place, in order, so much at most.
    fn events(
        &self,
        resource: &str,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Event>, Refusal>> + Send;

    /// The same, for whoever may see it, with the resource as it is then; without a place, and from one beyond its end, it
    /// is the end.
    fn events_for(
        &self,
        asked: Asked,
        after: Option<i64>,
        limit: u32,
    ) -> impl Future<Output = Result<(Option<Resource>, Vec<Event>), Refusal>> + Send;

    /// A session that was not ended, by its id; its time may be over.
    fn session(&self, id: &str) -> impl Future<Output = Result<Option<Session>, Refusal>> + Send;

    /// Which of these sessions have not ended by now, in whatever way.
    fn live_sessions(
        &self,
        ids: Vec<String>,
        now: Moment,
    ) -> impl Future<Output = Result<HashSet<String>, Refusal>> + Send;

    /// Which of these people are known here under these names. Asked over and over: it costs one statement.
    fn known_accounts(
        &self,
        accounts: Vec<Account>,
    ) -> impl Future<Output = Result<HashSet<Account>, Refusal>> + Send;

    /// How many sessions are open now, counted up to [`Queue::COUNTED`](super::Queue::COUNTED).
    fn open_sessions(&self, now: Moment) -> impl Future<Output = Result<i64, Refusal>> + Send;

    /// How far each of these resources is; those that are not there are left out. Asked over and over: it costs one
    /// statement.
    fn progress(
        &self,
        resources: Vec<String>,
    ) -> impl Future<Output = Result<Vec<Progress>, Refusal>> + Send;

    /// All apps, by name.
    fn apps(&self) -> impl Future<Output = Result<Vec<App>, Refusal>> + Send;

    /// Which of these apps act on which of these resources; on all where none is named. Asked over and over: it costs one
    /// statement.
    fn acting(
        &self,
        apps: Vec<String>,
        resources: Vec<String>,
    ) -> impl Future<Output = Result<Vec<(String, Option<String>)>, Refusal>> + Send;

    /// The name of the app with this key.
    fn app(&self, key: KeyHash) -> impl Future<Output = Result<Option<String>, Refusal>> + Send;

    /// All RKVST clients, by name.
    fn clients(&self) -> impl Future<Output = Result<Vec<Client>, Refusal>> + Send;

    /// The RKVST client of this id.
    fn client(&self, id: &str) -> impl Future<Output = Result<Option<Client>, Refusal>> + Send;

    /// All secrets that rows may name, and those that were taken back.
    fn secrets(&self) -> impl Future<Output = Result<Vec<KnownSecret>, Refusal>> + Send;

    /// What is out that was made with each secret. Reads all live invites: it is for the operator.
    fn made_with(&self) -> impl Future<Output = Result<Vec<MadeWith>, Refusal>> + Send;

    /// Invites that were made with a secret and may still open something, whatever the clock says: where each stands in the
    /// order of creation, and its id. Those after that place, in order, so many at most.
    fn open_made_with(
        &self,
        secret: &str,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(i64, String)>, Refusal>> + Send;

    /// All webhooks, by the names of their apps.
    fn webhooks(&self) -> impl Future<Output = Result<Vec<Webhook>, Refusal>> + Send;

    /// How many deliveries wait for an app.
    fn waiting(&self, app: &str) -> impl Future<Output = Result<i64, Refusal>> + Send;

    /// Takes an app's deliveries that are due now, the longest due first, so many at most, and counts an attempt of
    /// each: nobody gets them again before `until`.
    fn claim(
        &self,
        app: &str,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Delivery>, Refusal>> + Send;

    /// Finds invites whose time is over and of which nobody was told yet, the longest over first, so many at most; asks
    /// `rule` of each, and writes all that it wants at once. Those that others hold are left to another time. Of how many
    /// the rule wanted something.
    fn end<Rule>(
        &self,
        now: Moment,
        limit: u32,
        rule: Rule,
    ) -> impl Future<Output = Result<usize, Refusal>> + Send
    where
        Rule: Fn(&StoredInvite) -> Vec<Change> + Clone + Send + Sync + 'static;

    /// Takes mails that are due now, the longest due first, so many at most, and counts an attempt of each: nobody gets
    /// them again before `until`.
    fn claim_mails(
        &self,
        now: Moment,
        until: Moment,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Mail>, Refusal>> + Send;

    /// How much waits to be told or mailed, for all copies of the server together.
    fn queues(&self) -> impl Future<Output = Result<Queues, Refusal>> + Send;

    /// Whether all of it still runs in this process; whether a database elsewhere answers is another question.
    fn is_whole(&self) -> bool {
        true
    }

    /// Whether the store answers reads and writes.
    fn ready(&self) -> impl Future<Output = Result<(), Refusal>> + Send;
}
