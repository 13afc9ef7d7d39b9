//! Copies of the server on one database tell each other what has moved.

use std::time::Duration;

use invite_server::store::{Database, Line, PostgresStore, SqliteStore};
use tokio::time::timeout;

use crate::cluster::Postgres;

/// Far longer than it takes.
const SOON: Duration = Duration::from_secs(20);

async fn copy(address: &str) -> Database {
    PostgresStore::open(address, 2).await.unwrap().into()
}

async fn line(database: &Database) -> Line {
    database.line().await.unwrap().expect("it works here")
}

async fn heard(line: &mut Line) -> Option<Vec<String>> {
    timeout(SOON, line.heard()).await.expect("in time")
}

#[tokio::test]
async fn copies_hear_each_other_and_not_themselves() {
    let postgres = Postgres::start(false);
    let address = postgres.database("line").await;
    let (one, other) = (copy(&address).await, copy(&address).await);
    let (mut left, mut right) = (line(&one).await, line(&other).await);
    let names = |count: usize| -> Vec<String> {
        (0..count)
            .map(|number| format!("resource{number}"))
            .collect()
    };
    left.tell(&names(3)).await;
    assert_eq!(heard(&mut right).await, Some(names(3)));
    right.tell(&names(1)).await;
    assert_eq!(
        heard(&mut left).await,
        Some(names(1)),
        "and its own words are none"
    );
    // More than can be said are all, and so is none.
    left.tell(&names(5_000)).await;
    left.tell(&[]).await;
    assert_eq!(heard(&mut right).await, Some(Vec::new()));
    assert_eq!(heard(&mut right).await, Some(Vec::new()));

    // Whoever listens is told that it is over.
    let client = postgres.connect("line").await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    client.batch_execute(end).await.unwrap();
    assert_eq!(heard(&mut left).await, None);
    let mut again = line(&one).await;
    let mut right = line(&other).await;
    again.tell(&names(2)).await;
    assert_eq!(heard(&mut right).await, Some(names(2)));
    right.tell(&names(2)).await;
    assert_eq!(heard(&mut again).await, Some(names(2)));
}

#[tokio::test]
async fn a_file_has_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let database: Database = SqliteStore::open(&folder.path().join("invites.db"))
        .unwrap()
        .into();
    assert!(database.line().await.unwrap().is_none());
}
