//! `backup` and `restore` where they are killed, have no room, or a server runs.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::cluster::Postgres;
use crate::disk::Disk;
use crate::people::{client, code, sign_in};
use crate::states::until_ready;
use crate::support::{Server, command};

fn run(database: &str, secret: &Path, arguments: &[&str]) -> Command {
    let place = [
        "--database",
        database,
        "--secret-file",
        secret.to_str().unwrap(),
    ];
    command(&[&place[..], arguments].concat())
}

fn said(mut command: Command) -> (bool, String) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// A database with some rows, and a secret file.
async fn filled(database: &str, secret: &Path) {
    let server = Server::demo(&[
        "--database",
        database,
        "--secret-file",
        secret.to_str().unwrap(),
    ]);
    let alice = sign_in(&server, &client(), "alice").await;
    for _ in 0..20 {
        let options = json!({ "message": "m".repeat(1000) });
        assert_eq!(
            code(&alice.invite(&server.url, "notes", options).await),
            "yes"
        );
    }
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_backups_and_restores_leave_nothing_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (database, secret) = (path("invites.db"), path("secret"));
    let database = database.to_str().unwrap();
    filled(database, &secret).await;
    let backup = path("backup");
    let (done, told) = said(run(
        database,
        &secret,
        &["backup", backup.to_str().unwrap()],
    ));
    assert!(done, "{told}");
    let (other, other_secret) = (path("other.db"), path("other secret"));
    for round in 0..12_u32 {
        let again = path(&format!("again{round}"));
        let backup = match round % 2 {
            0 => run(database, &secret, &["backup", again.to_str().unwrap()]),
            _ => run(
                other.to_str().unwrap(),
                &other_secret,
                &["restore", backup.to_str().unwrap(), "--replace"],
            ),
        };
        let mut child = { backup }.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round) * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        let _ = fs::remove_dir_all(again);
        // Whenever it was killed, the rows go with the secrets.
        let (done, told) = said(run(
            other.to_str().unwrap(),
            &other_secret,
            &["keys", "list"],
        ));
        assert!(done && !told.contains("lacking"), "{told}");
    }
    let restore = ["restore", backup.to_str().unwrap(), "--replace"];
    let (done, told) = said(run(other.to_str().unwrap(), &other_secret, &restore));
    assert!(done, "{told}");
    let left: Vec<_> = names(folder.path());
    assert!(
        left.iter().all(|name| !name.starts_with(".invites")),
        "{left:?}"
    );
    let (done, told) = said(run(
        other.to_str().unwrap(),
        &other_secret,
        &["keys", "list"],
    ));
    assert!(
        done && !told.contains("lacking") && told.contains("20 live"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_what_is_blamed_and_no_temporary_path_is_named() {
    let Some(disk) = Disk::of(1) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (database, secret, backup) = (path("invites.db"), path("secret"), path("backup"));
    let database = database.to_str().unwrap();
    filled(database, &secret).await;
    let (done, told) = said(run(
        database,
        &secret,
        &["backup", backup.to_str().unwrap()],
    ));
    assert!(done, "{told}");
    disk.fill();
    let into = disk.0.join("backup");
    let (done, told) = said(run(database, &secret, &["backup", into.to_str().unwrap()]));
    assert!(!done && !told.contains(".invites-"), "{told}");
    assert!(
        told.contains("full") || told.contains("No space left"),
        "{told}"
    );
    let into = disk.0.join("new.db");
    let restore = ["restore", backup.to_str().unwrap()];
    let (done, told) = said(run(into.to_str().unwrap(), &path("new secret"), &restore));
    assert!(!done && !told.contains(".invites-"), "{told}");
    assert!(!told.contains("not a whole backup"), "{told}");

    // PostgreSQL's way leads over the folder for temporary files.
    let postgres = Postgres::start(false);
    let there = postgres.database("restored").await;
    let mut small = run(&there, &path("new secret"), &restore);
    small.env("TMPDIR", &disk.0);
    let (done, told) = said(small);
    assert!(
        !done && told.contains("TMPDIR") && !told.contains(".invites-"),
        "{told}"
    );
    assert!(told.contains(disk.0.to_str().unwrap()), "{told}");
    let left = names(&disk.0);
    assert!(
        left.iter().all(|name| !name.starts_with(".invites")),
        "{left:?}"
    );
}

async fn under_a_running_server(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (secret, backup) = (path("secret"), path("backup"));
    filled(database, &secret).await;
    let (done, told) = said(run(
        database,
        &secret,
        &["backup", backup.to_str().unwrap()],
    ));
    assert!(done, "{told}");
    let kept = fs::read(&secret).unwrap();
    let server = Server::demo(&[
        "--database",
        database,
        "--secret-file",
        secret.to_str().unwrap(),
    ]);
    let alice = sign_in(&server, &client(), "alice").await;
    let made = alice.invite(&server.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
    let restore = ["restore", backup.to_str().unwrap(), "--replace"];
    let (done, told) = said(run(database, &secret, &restore));
    assert!(!done && told.contains("is in use"), "{told}");
    assert!(told.contains("stop every copy of the server"), "{told}");
    // Nothing was touched, and the server goes on.
    assert_eq!(fs::read(&secret).unwrap(), kept);
    until_ready(&server, 200).await;
    let listed = alice.invites(&server.url, "notes", "pending").await;
    let id = &made.unwrap().1["id"];
    assert!(
        listed.iter().any(|invite| invite["id"] == *id),
        "{listed:?}"
    );
    server.stop();
    let (done, told) = said(run(database, &secret, &restore));
    assert!(done, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restored_under_a_running_server_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    under_a_running_server(folder.path().join("invites.db").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restored_under_a_running_server_on_postgresql() {
    let postgres = Postgres::start(false);
    under_a_running_server(&postgres.database("running").await).await;
}
