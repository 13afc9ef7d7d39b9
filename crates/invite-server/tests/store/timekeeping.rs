//! A clock that jumps deletes nothing and ends nothing.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{Clock, CreateRequest, EventKind, Invites, Moment, Secrets, TrustedTime, Uptime},
    stop::Stop,
    store::{Database, PostgresStore, SqliteStore},
    timekeeping::{self, Timekeeper},
    webhooks::{Reach, Webhooks},
};

use crate::{
    cluster::Postgres,
    world::{World, actor, user},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;
const NOW: i64 = 1_795_238_468_803;

/// A machine: its clock, and how long it runs.
#[derive(Clone, Default)]
struct Machine(Arc<(AtomicI64, AtomicI64)>);

impl Machine {
    fn at(clock: i64) -> Machine {
        let machine = Machine::default();
        machine.0.0.store(clock, Ordering::Relaxed);
        machine
    }

    fn pass(&self, time: i64) {
        self.jump(time);
        self.0.1.fetch_add(time, Ordering::Relaxed);
    }

    fn jump(&self, time: i64) {
        self.0.0.fetch_add(time, Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let all = Arc::clone(&self.0);
        Clock::from_fn(move || Moment(all.0.load(Ordering::Relaxed)))
    }

    fn keeper(&self, database: &Database) -> Timekeeper {
        let all = Arc::clone(&self.0);
        let uptime = Uptime::from_fn(move || all.1.load(Ordering::Relaxed));
        Timekeeper::new(database.clone(), self.clock(), uptime)
    }
}

async fn known(keeper: &mut Timekeeper, time: &TrustedTime) -> Option<i64> {
    keeper.look().await;
    time.now().map(|at| at.0)
}

fn file(folder: &tempfile::TempDir) -> Database {
    SqliteStore::open(&folder.path().join("invites.db"))
        .unwrap()
        .into()
}

#[tokio::test]
async fn beside_a_file_a_jump_of_the_clock_is_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let database = file(&folder);
    let machine = Machine::at(NOW);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    assert_eq!(time.now(), None, "nothing is known yet");
    assert_eq!(known(&mut keeper, &time).await, Some(NOW));
    machine.pass(MINUTE);
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + MINUTE));
    machine.jump(YEAR);
    assert_eq!(
        time.now(),
        Some(Moment(NOW + MINUTE)),
        "not even before it is seen"
    );
    assert_eq!(known(&mut keeper, &time).await, None);
    machine.pass(MINUTE);
    assert_eq!(known(&mut keeper, &time).await, None);
    machine.jump(-YEAR);
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + 2 * MINUTE));
}

#[tokio::test]
async fn a_clock_that_was_wrong_at_the_start_counts_on_the_operators_word() {
    let folder = tempfile::tempdir().unwrap();
    let database = file(&folder);
    let machine = Machine::at(NOW);
    let mut keeper = machine.keeper(&database);
    keeper.look().await;
    drop(keeper);
    // Another start, a year later by the clock.
    let machine = Machine::at(NOW + YEAR);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    assert_eq!(known(&mut keeper, &time).await, None);
    let refused = timekeeping::now(&database, &machine.clock(), false).await;
    let jump = refused.unwrap().unwrap_err();
    assert!(jump.to_string().contains("ahead"), "{jump}");
    assert_eq!(known(&mut keeper, &time).await, None);
    let right = timekeeping::now(&database, &machine.clock(), true).await;
    assert_eq!(right.unwrap(), Ok(Moment(NOW + YEAR)));
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + YEAR));
    // And it is a wrong one that was right before.
    machine.jump(-YEAR);
    assert_eq!(known(&mut keeper, &time).await, None);
}

/// A backup brings the rows back, and not what time was ever seen.
#[tokio::test]
async fn beside_a_file_that_was_brought_back_the_rows_say_how_late_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let world = World::over(SqliteStore::open(&path).unwrap());
    world.member("alice", "notes", "arw").await;
    world.invite("alice", "notes", "r", None).await;
    let made = world.time.now().0;
    drop(world);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let marks = "SELECT count(*) FROM clock";
    let marks: i64 = connection.query_row(marks, [], |row| row.get(0)).unwrap();
    assert_eq!(marks, 0, "as after a restore");
    drop(connection);
    let database = file(&folder);
    let machine = Machine::at(made + YEAR);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    assert_eq!(known(&mut keeper, &time).await, None, "a year ahead");
    let purging = timekeeping::now(&database, &machine.clock(), false).await;
    assert!(purging.unwrap().is_err());
    machine.jump(-YEAR);
    machine.pass(MINUTE);
    assert_eq!(known(&mut keeper, &time).await, Some(made + MINUTE));
}

/// A start with a clock that is less than a day ahead tells no ends that are none.
#[tokio::test]
async fn beside_a_file_what_seems_over_after_a_start_is_told_once_the_clock_has_stood() {
    let folder = tempfile::tempdir().unwrap();
    let database = file(&folder);
    let machine = Machine::at(NOW);
    machine.keeper(&database).look().await;
    // Started 20 hours ahead, and set right.
    let machine = Machine::at(NOW + 20 * HOUR);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    assert_eq!(known(&mut keeper, &time).await, Some(NOW));
    machine.pass(2 * MINUTE);
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + 2 * MINUTE));
    machine.jump(-20 * HOUR);
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + 2 * MINUTE));
    // Started right, 20 hours later.
    let machine = Machine::at(NOW + 20 * HOUR);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    let seen = known(&mut keeper, &time).await.unwrap();
    assert!(
        seen <= NOW + 2 * MINUTE,
        "and no mark says otherwise: {}",
        seen - NOW
    );
    machine.pass(HOUR);
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + 21 * HOUR));
    // Or on the operator's word, at the next minute.
    drop(keeper);
    let machine = Machine::at(NOW + 40 * HOUR);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    assert_eq!(known(&mut keeper, &time).await, Some(NOW + 21 * HOUR));
    let right = timekeeping::now(&database, &machine.clock(), true).await;
    right.unwrap().unwrap();
    machine.pass(MINUTE);
    assert_eq!(
        known(&mut keeper, &time).await,
        Some(NOW + 40 * HOUR + MINUTE)
    );
}

#[tokio::test]
async fn where_the_database_has_a_clock_this_machines_counts_for_nothing() {
    let postgres = Postgres::start(false);
    let address = postgres.database("clock").await;
    let database: Database = PostgresStore::open(&address, 2).await.unwrap().into();
    let its = async || {
        let client = postgres.connect("clock").await;
        let sql = "SELECT (EXTRACT(EPOCH FROM now()) * 1000)::BIGINT";
        client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let machine = Machine::at(its().await + YEAR);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    let before = its().await;
    let known = known(&mut keeper, &time).await.unwrap();
    let after = its().await;
    assert!(
        (before..=after).contains(&known),
        "{before} {known} {after}"
    );
    let purging = timekeeping::now(&database, &machine.clock(), false).await;
    assert!(purging.unwrap().unwrap().0 < after + MINUTE);
}

/// A day ahead and back, under a server that runs: of an invite that lives again no end is told, and it opens as before.
#[tokio::test]
async fn beside_a_file_nobody_is_told_of_an_end_that_a_jump_made() {
    let folder = tempfile::tempdir().unwrap();
    let database = file(&folder);
    let machine = Machine::at(NOW);
    let mut keeper = machine.keeper(&database);
    let time = keeper.time();
    keeper.look().await;
    let secrets = Secrets::generate().unwrap();
    let invites = Invites::new(database.clone(), secrets, machine.clock());
    let letters = Permissions::parse("arw").unwrap();
    let alice = actor("alice");
    invites
        .appoint("notes", &user("alice"), letters)
        .await
        .unwrap();
    let create = async |seconds| {
        let request = CreateRequest::new(Permissions::READ, seconds, KeyKind::Opaque);
        invites
            .create(Some(&alice), "notes", request)
            .await
            .unwrap()
    };
    let (lives, ends) = (create(3600).await, create(60).await);
    let stop = Stop::new();
    let webhooks = Webhooks::new(invites.clone(), Reach::Public, time);
    let telling = tokio::spawn(webhooks.run(stop.begin()));
    let ended = async || {
        let seen = invites
            .events(Some(&alice), "notes", Some(0))
            .await
            .unwrap();
        let ends = seen.events.into_iter();
        let ends = ends.filter(|event| event.kind == EventKind::Expired);
        ends.map(|event| event.invite).collect::<Vec<_>>()
    };
    machine.jump(DAY);
    keeper.look().await;
    // More than a look for ends passes.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(ended().await.is_empty());
    machine.jump(-DAY);
    machine.pass(2 * MINUTE);
    keeper.look().await;
    let told = async {
        while ended().await.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let time = std::time::Duration::from_secs(30);
    tokio::time::timeout(time, told).await.expect("its end");
    assert_eq!(ended().await, [ends.id]);
    let (key, bob) = (lives.key.unwrap(), actor("bob"));
    let accepted = invites.accept(Some(&bob), &key, None).await.unwrap();
    assert!(!accepted.already);
    stop.stop().await;
    telling.await.unwrap();
}
