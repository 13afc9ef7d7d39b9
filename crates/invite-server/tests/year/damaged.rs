//! Pages of the database file that cannot be: found when they are read, and mended by bringing the backup back.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use invite_server::conditions::DATABASE_DAMAGED;

use crate::instance::Instance;
use crate::scene::Scene;
use crate::states::{told_once, until_ready};

/// Writes what cannot be over where the invites and all that finds them begin.
fn damage(file: &Path) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let size: u32 = connection
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .unwrap();
    let pages: Vec<u32> = connection
        .prepare("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'invites' AND rootpage > 0")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    drop(connection);
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    for page in pages {
        file.seek(SeekFrom::Start(u64::from(page - 1) * u64::from(size)))
            .unwrap();
        file.write_all(&vec![0xA5; size as usize]).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn damaged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("invites.db");
    let place = file.to_str().unwrap().to_owned();
    let mut server = Instance::start(&place, &[]);
    let mut scene = Scene::begin("corrupt pages", vec![server.url.clone()]).await;
    scene.ends_load().await;
    let backup = folder.path().join("backup");
    let (done, said) = server.run(&place, &["backup", backup.to_str().unwrap()]);
    assert!(done, "{said}");
    server.stop();
    damage(&file);
    server.start_again();
    scene.strikes();
    let began = Instant::now();
    while !server.output().contains(DATABASE_DAMAGED.name) {
        scene.front.begin(&scene.admin, "another").await;
        scene.front.invites(&scene.admin, &scene.first()).await;
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{}",
            server.output()
        );
    }
    until_ready(&server, 503).await;
    let said = told_once(&server, &DATABASE_DAMAGED, &place);
    // What the line says to do.
    let mends = Instant::now();
    server.stop();
    let aside = folder.path().join("aside");
    fs::create_dir(&aside).unwrap();
    for name in ["invites.db", "invites.db-wal", "invites.db-shm"] {
        let _ = fs::rename(folder.path().join(name), aside.join(name));
    }
    let (done, told) = server.run(&place, &["restore", backup.to_str().unwrap()]);
    assert!(done, "{told}");
    server.is_back().await;
    scene.holds().await;
    scene.judge(mends.elapsed(), 15, said, &["server_error", "no answer"]);
}
