//! A clock that goes a day ahead, and back: nothing that cannot be taken back goes by it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use invite_server::conditions::CLOCK_LEAPT;
use reqwest::Method;
use serde_json::json;

use crate::front::Said;
use crate::instance::{Instance, arguments};
use crate::row::skip;
use crate::scene::Scene;
use crate::states::{told_once, until_ready, until_said};
use crate::support::command;

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let files = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let mut files = files.filter(|file| file.is_file());
    files.next()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn clock() {
    let state = "clock a day ahead, and back";
    let Some(library) = library() else {
        return skip(
            state,
            "faketime is not installed (apt-get install faketime)",
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let time = folder.path().join("time");
    fs::write(&time, "+0").unwrap();
    let database = folder.path().join("invites.db");
    let all = arguments(
        database.to_str().unwrap(),
        &folder.path().join("secret"),
        &[],
    );
    let faked = time.clone();
    let server = Instance::of(folder, move || {
        let mut server = command(&all.iter().map(String::as_str).collect::<Vec<_>>());
        server
            .env("LD_PRELOAD", &library)
            .env("FAKETIME_TIMESTAMP_FILE", &faked)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        server
    });
    let mut scene = Scene::begin(state, vec![server.url.clone()]).await;
    let (front, admin) = (&scene.front, &scene.admin);
    assert!(matches!(front.begin(admin, "timed").await, Said::Yes(..)));
    let call = (Method::POST, "/api/v1/resources/timed/invites");
    let made = front
        .change(admin, call, &json!({ "maxAge": 3600 }), None)
        .await;
    let Said::Yes(made, phase) = made else {
        panic!("{made:?}");
    };
    let guest = front.sign_in("guest").await;
    scene.strikes();
    fs::write(&time, "+1d").unwrap();
    until_said(&server, CLOCK_LEAPT.name);
    tokio::time::sleep(Duration::from_secs(3)).await;
    fs::write(&time, "+0").unwrap();
    let ready = until_ready(&server, 200).await;
    until_said(&server, "over condition=\"clock_leapt\"");
    let joined = front
        .accept(&guest, made["key"].as_str().unwrap(), false)
        .await;
    if !matches!(joined, Said::Yes(..)) {
        scene
            .ledger
            .lose(phase, format!("an invite that lives again is {joined:?}"));
    }
    scene.goes_on().await;
    scene.ends_load().await;
    scene.holds().await;
    let file = rusqlite::Connection::open(database).unwrap();
    let told: i64 = file
        .query_row(
            "SELECT count(*) FROM events WHERE kind LIKE '%expired'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(told, 0, "ends were told of what lives");
    let said = told_once(&server, &CLOCK_LEAPT, "clock is 1440 minutes ahead");
    // What people sign in with ends within a day, too.
    scene.judge(ready, 5, said, &["expired", "bad_credentials"]);
}
