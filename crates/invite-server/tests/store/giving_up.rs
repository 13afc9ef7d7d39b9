//! PostgreSQL: who waits for a row keeps nobody else waiting, and what becomes of a connection whose caller gives up.

use std::time::Duration;

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{CreateRequest, Invite, ListRequest, Refusal},
    store::{PostgresStore, Store},
};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::Client;

use crate::{
    cluster::Postgres,
    world::{World, actor},
};

/// Far longer than any of it takes; only a test that fails waits so long. No call that hangs is served within it.
const SOON: Duration = Duration::from_secs(20);

struct Scene {
    postgres: Postgres,
    store: PostgresStore,
    world: World<PostgresStore>,
    /// Another's connection to the same database.
    other: Client,
    /// Looks on; a transaction would see what is going on as it was when it first looked.
    watch: Client,
}

/// alice is admin of `notes` and of `plans`.
async fn scene(connections: usize) -> Scene {
    let postgres = Postgres::start(false);
    let address = postgres.database("scene").await;
    let store = PostgresStore::open(&address, connections).await.unwrap();
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    world.member("alice", "plans", "arw").await;
    let other = postgres.connect("scene").await;
    let watch = postgres.connect("scene").await;
    Scene {
        postgres,
        store,
        world,
        other,
        watch,
    }
}

impl Scene {
    fn create(&self, resource: &'static str) -> JoinHandle<Result<Invite, Refusal>> {
        let invites = self.world.invites.clone();
        tokio::spawn(async move {
            let request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
            invites
                .create(Some(&actor("alice")), resource, request)
                .await
        })
    }

    /// How many of the server's connections wait for this.
    async fn waiting_for(&self, what: &str) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = 'scene' AND (wait_event_type = $1 OR wait_event = $1)";
        self.watch.query_one(sql, &[&what]).await.unwrap().get(0)
    }

    async fn until_waiting_for(&self, what: &str, count: i64) {
        let waiting = async {
            while self.waiting_for(what).await != count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = timeout(SOON, waiting).await;
        assert!(waited.is_ok(), "{} wait", self.waiting_for(what).await);
    }

    /// Everybody who has to do with `plans` is served.
    async fn serves(&self) {
        let all = async {
            for _ in 0..12 {
                self.store.ready().await.unwrap();
                let invite = self.create("plans").await.unwrap().unwrap();
                let key = invite.key.unwrap();
                let bob = actor("bob");
                self.world
                    .invites
                    .check(Some(&bob), &key, None)
                    .await
                    .unwrap();
                self.world
                    .invites
                    .accept(Some(&bob), &key, None)
                    .await
                    .unwrap();
                self.reads().await;
            }
        };
        timeout(SOON, all).await.expect("everybody else is served");
    }

    async fn reads(&self) {
        let alice = actor("alice");
        let request = ListRequest::default();
        let listed = self.world.invites.list(Some(&alice), "plans", &request);
        listed.await.unwrap();
        self.world
            .invites
            .members(Some(&alice), "plans")
            .await
            .unwrap();
        assert_eq!(self.world.letters("alice", "plans").await, "arw");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_locked_row_stops_nobody_else() {
    let scene = scene(8).await;
    let lock = "BEGIN; SELECT 1 FROM resources WHERE name = 'notes' FOR UPDATE";
    scene.other.batch_execute(lock).await.unwrap();
    let all: Vec<_> = (0..16).map(|_| scene.create("notes")).collect();
    scene.until_waiting_for("Lock", 2).await;
    scene.serves().await;
    assert!(scene.waiting_for("Lock").await <= 2, "a share of the eight");

    // Whoever asked has gone; so have their statements, and what they held is others'.
    for one in all {
        one.abort();
    }
    scene.until_waiting_for("Lock", 0).await;
    let log = scene.postgres.log();
    assert!(
        log.contains("canceling statement due to user request"),
        "{log}"
    );
    scene.serves().await;
    scene.other.batch_execute("ROLLBACK").await.unwrap();
    timeout(SOON, scene.create("notes"))
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'scene' AND state LIKE 'idle in transaction%'";
    // What was only read is rolled back a moment later.
    let closed = async {
        let count = async || -> i64 { scene.other.query_one(open, &[]).await.unwrap().get(0) };
        while count().await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, closed).await.expect("nothing stays open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invites_of_a_locked_resource_share_its_places() {
    let scene = scene(8).await;
    let mut keys = Vec::new();
    for _ in 0..16 {
        let invite = scene.world.invite("alice", "notes", "r", None).await;
        keys.push(invite.key.unwrap());
    }
    let lock = "BEGIN; SELECT 1 FROM resources WHERE name = 'notes' FOR UPDATE";
    scene.other.batch_execute(lock).await.unwrap();
    let accepting: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let invites = scene.world.invites.clone();
            tokio::spawn(async move { invites.accept(Some(&actor("bob")), &key, None).await })
        })
        .collect();
    scene.until_waiting_for("Lock", 2).await;
    scene.serves().await;
    assert!(scene.waiting_for("Lock").await <= 2, "a share of the eight");
    scene.other.batch_execute("ROLLBACK").await.unwrap();
    for one in accepting {
        timeout(SOON, one).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_waits_too_long_for_a_lock_is_told_to_try_again() {
    let scene = scene(4).await;
    let key = scene.world.invite("alice", "notes", "r", None).await.key;
    let lock = "BEGIN; LOCK TABLE invites IN ACCESS EXCLUSIVE MODE";
    scene.other.batch_execute(lock).await.unwrap();
    let (alice, key) = (actor("alice"), key.unwrap());
    let looked = scene.world.invites.check(Some(&alice), &key, None);
    let created = scene.create("notes");
    let both = async { tokio::join!(looked, created) };
    let (looked, created) = timeout(SOON, both).await.unwrap();
    assert_eq!(looked.map(|_| ()), Err(Refusal::TryAgain));
    assert_eq!(created.unwrap().map(|_| ()), Err(Refusal::TryAgain));
    scene.other.batch_execute("ROLLBACK").await.unwrap();
    scene.serves().await;
}

/// Where a create waits for a standby that never comes.
async fn scene_without_standby() -> (Scene, JoinHandle<Result<Invite, Refusal>>) {
    let scene = scene(4).await;
    // Nobody else waits for a standby: the database writes by itself as well.
    let address = scene.postgres.address("scene") + "?options=-c%20synchronous_commit%3Don";
    let store = PostgresStore::open(&address, 4).await.unwrap();
    let world = World::over(store.clone());
    let scene = Scene {
        store,
        world,
        ..scene
    };
    for one in [
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
        "SELECT pg_reload_conf()",
    ] {
        scene.other.batch_execute(one).await.unwrap();
    }
    let shown = "SHOW synchronous_standby_names";
    let of_a_new_connection = async || -> String {
        let client = scene.postgres.connect("scene").await;
        client.query_one(shown, &[]).await.unwrap().get(0)
    };
    while of_a_new_connection().await != "nobody" {}
    let created = scene.create("notes");
    scene.until_waiting_for("SyncRep", 1).await;
    (scene, created)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn where_the_connection_ends_under_a_commit_nobody_claims_to_know() {
    let (scene, created) = scene_without_standby().await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    scene.watch.batch_execute(end).await.unwrap();
    let told = timeout(SOON, created).await.unwrap().unwrap();
    assert_eq!(told.map(|_| ()), Err(Refusal::UnknownOutcome));
}

/// A commit that waits for a standby is written already: a cancel would show everybody what the standby lacks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_is_never_cancelled_and_its_connection_set_aside() {
    let (scene, created) = scene_without_standby().await;
    created.abort();
    // No change can be promised, and none that was only tried is left behind.
    let ready = scene.store.ready().await;
    assert_eq!(ready, Err(Refusal::TryAgain));
    let all = async {
        for _ in 0..12 {
            scene.reads().await;
        }
    };
    timeout(SOON, all).await.expect("everybody else is served");
    scene.until_waiting_for("SyncRep", 1).await;
    // Even after a while that anything else would have been cancelled in.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(scene.waiting_for("SyncRep").await, 1);
    let there = "SELECT count(*) FROM invites";
    let count = async || -> i64 { scene.other.query_one(there, &[]).await.unwrap().get(0) };
    assert_eq!(count().await, 0, "nobody sees it before it is safe");

    for one in [
        "ALTER SYSTEM RESET synchronous_standby_names",
        "SELECT pg_reload_conf()",
    ] {
        scene.other.batch_execute(one).await.unwrap();
    }
    scene.until_waiting_for("SyncRep", 0).await;
    assert_eq!(count().await, 1);
    scene.serves().await;
}
