//! `kill -9` for whoever copies, brings back and starts.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::cluster::Postgres;
use crate::instance::Instance;
use crate::scene::Scene;
use crate::states::until_ready;

const TIMES: u32 = 10;

/// Each time a little later.
const STEP: Duration = Duration::from_millis(15);

fn kill(mut child: Child, after: Duration) {
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What was copied for a while and is nobody's any more.
fn left(folder: &std::path::Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".invites")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn killed_backups_and_restores() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let database = path("invites.db");
    let mut server = Instance::start(&database, &[]);
    let mut scene = Scene::begin("backup killed", vec![server.url.clone()]).await;
    scene.strikes();
    for round in 0..TIMES {
        kill(
            server
                .beside(&database, &["backup", &path(&format!("killed{round}"))])
                .spawn()
                .unwrap(),
            STEP * round,
        );
    }
    let ready = until_ready(&server, 200).await;
    scene.ends_load().await;
    let (done, said) = server.run(&database, &["backup", &path("backup")]);
    assert!(done, "{said}");
    scene.holds().await;
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
    scene.judge(ready, 5, said, &[]);

    let mut scene = Scene::begin("restore killed", vec![server.url.clone()]).await;
    scene.ends_load().await;
    let (done, said) = server.run(&database, &["backup", &path("second")]);
    assert!(done, "{said}");
    scene.strikes();
    server.stop();
    let restore = ["restore", &path("second"), "--replace"];
    let mut longest = Duration::ZERO;
    for round in 0..TIMES {
        kill(
            server.beside(&database, &restore).spawn().unwrap(),
            STEP * round,
        );
        // Whenever that was, it starts, and has what it had or what was copied: the same.
        longest = longest.max(server.is_back().await);
        server.stop();
    }
    let (done, said) = server.run(&database, &restore);
    assert!(done, "{said}");
    longest = longest.max(server.is_back().await);
    scene.holds().await;
    assert!(left(folder.path()).is_empty(), "{:?}", left(folder.path()));
    scene.judge(longest, 15, said, &["no answer"]);
}

/// A first start makes the whole schema, step by step.
async fn killed_starts(state: &'static str, database: &str, step: Duration) {
    let mut server = Instance::not_yet(database, &[]);
    for round in 0..TIMES {
        kill(server.begin(), step * round);
    }
    let began = Instant::now();
    server.start_again();
    until_ready(&server, 200).await;
    let ready = began.elapsed();
    let scene = Scene::begin(state, vec![server.url.clone()]).await;
    scene.strikes();
    server.kill();
    for round in 0..TIMES {
        kill(server.begin(), step * round);
    }
    let ready = ready.max(server.is_back().await);
    let log = server.output();
    let line = log.lines().find(|line| line.contains("INFO started"));
    let said = line.unwrap().split_once(' ').unwrap().1.trim().to_owned();
    scene.end_cut_off(ready, 15, said).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn killed_starts_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    killed_starts("start killed, SQLite", database.to_str().unwrap(), STEP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn killed_starts_on_postgresql() {
    let postgres = Postgres::start(true);
    killed_starts(
        "start killed, PostgreSQL",
        &postgres.database("started").await,
        6 * STEP,
    )
    .await;
}
