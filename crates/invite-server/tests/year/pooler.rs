//! PgBouncer in its three modes: killed, too small, and refused.

use std::time::{Duration, Instant};

use invite_server::conditions::{CONNECTION_DEAD, DATABASE_UNREACHABLE};

use crate::bouncer::PgBouncer;
use crate::cluster::Postgres;
use crate::instance::Instance;
use crate::row::skip;
use crate::scene::Scene;
use crate::states::{refused, told_once, until_ready, until_said};

const NONE: &str = "it is not installed (apt-get install pgbouncer)";

/// Room for all that the server opens.
const ROOM: usize = 60;

async fn started(mode: &str, connections: usize) -> Option<(Postgres, PgBouncer)> {
    let postgres = Postgres::start(true);
    postgres.database("pooled").await;
    let bouncer = PgBouncer::start(&postgres, mode, connections).await?;
    Some((postgres, bouncer))
}

async fn killed(state: &'static str, mode: &str, connections: usize) {
    let Some((_postgres, mut bouncer)) = started(mode, connections).await else {
        return skip(state, NONE);
    };
    let server = Instance::start(&bouncer.address("pooled"), &[]);
    until_said(&server, "a pooler is in between");
    let scene = Scene::begin(state, vec![server.url.clone()]).await;
    scene.strikes();
    bouncer.kill();
    until_ready(&server, 503).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let said = told_once(&server, &DATABASE_UNREACHABLE, "/pooled");
    assert!(
        bouncer.start_again().await,
        "PgBouncer does not start again"
    );
    let ready = until_ready(&server, 200).await;
    scene.end(ready, 15, said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn pooler_of_transactions() {
    killed("PgBouncer, transactions, killed", "transaction", 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn pooler_of_sessions() {
    killed("PgBouncer, sessions, killed", "session", ROOM).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn pooler_of_sessions_without_room() {
    let state = "PgBouncer, sessions, without room";
    let Some((_postgres, mut bouncer)) = started("session", ROOM).await else {
        return skip(state, NONE);
    };
    let server = Instance::start(&bouncer.address("pooled"), &[]);
    let scene = Scene::begin(state, vec![server.url.clone()]).await;
    scene.strikes();
    bouncer.allow(2);
    assert!(
        bouncer.start_again().await,
        "PgBouncer does not start again"
    );
    until_said(&server, CONNECTION_DEAD.name);
    let said = told_once(&server, &CONNECTION_DEAD, "/pooled");
    let enlarged = Instant::now();
    bouncer.allow(ROOM);
    scene.goes_on().await;
    until_ready(&server, 200).await;
    scene.end(enlarged.elapsed(), 30, said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn pooler_of_statements() {
    let state = "PgBouncer, statements";
    let Some((_postgres, bouncer)) = started("statement", 3).await else {
        return skip(state, NONE);
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret").to_str().unwrap().to_owned();
    let database = bouncer.address("pooled");
    let said = tokio::task::spawn_blocking(move || {
        refused(&["--demo", "--database", &database, "--secret-file", &secret])
    });
    let said = said.await.unwrap();
    assert!(said.contains("statement pooling mode"), "{said}");
    assert!(said.contains("pool_mode = transaction"), "{said}");
    crate::row::refused(state, &said);
}
