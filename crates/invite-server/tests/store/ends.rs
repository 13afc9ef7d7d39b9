//! PostgreSQL: ends of invites are told many at once, and a row that somebody holds makes no other's late.

use std::time::Duration;

use invite_server::store::{PostgresStore, Store};
use tokio::time::timeout;

use crate::{cluster::Postgres, world::World};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn ends_are_told_in_one_change_past_rows_that_others_hold() {
    let postgres = Postgres::start(false);
    let address = postgres.database("ends").await;
    let store = PostgresStore::open(&address, 4).await.unwrap();
    let world = World::over(store.clone());
    let resources: Vec<String> = (0..5).map(|number| format!("resource{number}")).collect();
    for resource in &resources {
        world.member("alice", resource, "arw").await;
        for _ in 0..8 {
            world.invite("alice", resource, "r", None).await;
        }
    }
    world.time.pass_seconds(3600);
    let other = postgres.connect("ends").await;
    let lock = "BEGIN; SELECT 1 FROM resources WHERE name = 'resource3' FOR UPDATE";
    other.batch_execute(lock).await.unwrap();
    let told = timeout(SOON, world.invites.end_expired(world.time.now(), 100)).await;
    assert_eq!(told.unwrap(), Ok(32));
    // What one transaction wrote has one number.
    let sql = "SELECT count(DISTINCT xmin::TEXT) FROM events WHERE kind = 'invite.expired'";
    let changes: i64 = other.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(changes, 1);

    other.batch_execute("ROLLBACK").await.unwrap();
    // Whoever waited for one of them in vain may hold them for a moment until its statement has ended.
    let rest = async {
        let mut told = 0;
        while told < 8 {
            told += world
                .invites
                .end_expired(world.time.now(), 100)
                .await
                .unwrap();
        }
        told
    };
    assert_eq!(timeout(SOON, rest).await, Ok(8));
    for resource in &resources {
        let events = store.events(resource, 0, 100).await.unwrap();
        let numbers: Vec<_> = events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (1..=16).collect::<Vec<_>>(), "{resource}");
    }
}
