//! Connections to PostgreSQL that die without a word: what is sent is taken, and nothing ever comes back.

use std::time::{Duration, Instant};

use invite_server::conditions::CONNECTION_DEAD;
use serde_json::json;

use crate::between::Between;
use crate::cluster::Postgres;
use crate::people::{client, code, sign_in};
use crate::states::{readiness, told_once, until_ready, until_said};
use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn dead_connections_are_replaced_and_nothing_promised_is_missing() {
    let postgres = Postgres::start(false);
    postgres.database("lines").await;
    let between = Between::to(&postgres).await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let server = Server::demo(&[
        "--database",
        &between.address("lines"),
        "--secret-file",
        secret.to_str().unwrap(),
    ]);
    let alice = sign_in(&server, &client(), "alice").await;
    let mut promised = Vec::new();
    for round in 0..3 {
        // Some at once, so that there are connections to die.
        let all = (0..8).map(|_| alice.invite(&server.url, "notes", json!({})));
        for made in futures_util::future::join_all(all).await {
            assert_eq!(code(&made), "yes", "round {round}");
            promised.push(made.unwrap().1["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(readiness(&server).await, 200);
        between.swallow(false);
        let died = Instant::now();
        loop {
            let made = alice.invite(&server.url, "notes", json!({})).await;
            if code(&made) == "yes" {
                promised.push(made.unwrap().1["id"].as_str().unwrap().to_owned());
                break;
            }
            assert!(
                died.elapsed() < Duration::from_secs(40),
                "{}",
                server.output()
            );
        }
        let writes = died.elapsed();
        until_ready(&server, 200).await;
        let ready = died.elapsed();
        assert!(ready < Duration::from_secs(40), "{ready:?}");
        eprintln!("dead connections: a change after {writes:?}, ready after {ready:?}");
    }
    told_once(&server, &CONNECTION_DEAD, "127.0.0.1");
    let database = postgres.connect("lines").await;
    for id in &promised {
        let row = "SELECT 1 FROM invites WHERE id = $1";
        let found = database.query_opt(row, &[id]).await.unwrap();
        assert!(found.is_some(), "{id} is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_no_connection_answers_it_is_not_ready_within_two_seconds() {
    let postgres = Postgres::start(false);
    postgres.database("lines").await;
    let between = Between::to(&postgres).await;
    let server = Server::demo(
        &["--database", &between.address("lines"), "--secret-file"]
            .into_iter()
            .chain([tempfile::tempdir()
                .unwrap()
                .keep()
                .join("secret")
                .to_str()
                .unwrap()])
            .collect::<Vec<_>>(),
    );
    assert_eq!(readiness(&server).await, 200);
    between.swallow(true);
    let since = Instant::now();
    until_ready(&server, 503).await;
    while since.elapsed() < Duration::from_secs(8) {
        assert_eq!(readiness(&server).await, 503);
    }
    between.swallow(false);
    let back = until_ready(&server, 200).await;
    assert!(back < Duration::from_secs(30), "{back:?}");
    until_said(&server, CONNECTION_DEAD.name);
}
