//! SQLite's file and its disk: full, taken away, put in another's place.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use invite_server::conditions::{DATABASE_HELD, DATABASE_REPLACED, DISK_FAILING, DISK_FULL};
use serde_json::json;

use crate::disk::Disk;
use crate::people::{Caller, client, code, sign_in};
use crate::states::{readiness, refused, told_once, until_ready, until_said};
use crate::support::{Server, command};

/// Makes invites until one is refused, so many at most; those that were promised.
async fn make(alice: &Caller, server: &Server, most: usize) -> (Vec<String>, String) {
    let mut made = Vec::new();
    for _ in 0..most {
        let options = json!({ "message": "m".repeat(1000) });
        let answer = alice.invite(&server.url, "notes", options).await;
        if code(&answer) != "yes" {
            return (made, code(&answer).to_owned());
        }
        made.push(answer.unwrap().1["id"].as_str().unwrap().to_owned());
    }
    (made, "yes".into())
}

/// All that was promised is in the file.
fn holds(path: &Path, promised: &[String]) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT 1 FROM invites WHERE id = ?1")
        .unwrap();
    for id in promised {
        assert!(statement.exists([id]).unwrap(), "{id} is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_ready_and_comes_back_by_itself() {
    let Some(disk) = Disk::of(12) else { return };
    let path = disk.0.join("invites.db");
    let secret = disk.1.path().join("secret");
    let server = Server::demo(&[
        "--database",
        path.to_str().unwrap(),
        "--secret-file",
        secret.to_str().unwrap(),
    ]);
    let alice = sign_in(&server, &client(), "alice").await;
    let (mut promised, _) = make(&alice, &server, 20).await;
    assert_eq!(readiness(&server).await, 200);
    disk.fill();
    // The log has room of its own, and nobody has written: what is promised is the next change, however large.
    until_ready(&server, 503).await;
    let (some, refusal) = make(&alice, &server, 1000).await;
    promised.extend(some);
    assert!(
        ["try_again", "unknown_outcome"].contains(&refusal.as_str()),
        "{refusal}"
    );
    for _ in 0..3 {
        assert_eq!(readiness(&server).await, 503);
        make(&alice, &server, 1).await;
    }
    let place = path.to_str().unwrap();
    told_once(&server, &DISK_FULL, place);
    disk.make_room();
    let until = until_ready(&server, 200).await;
    assert!(until < Duration::from_secs(15), "{until:?}");
    let (some, refusal) = make(&alice, &server, 20).await;
    assert_eq!((some.len(), refusal.as_str()), (20, "yes"));
    promised.extend(some);
    until_said(&server, "over condition=\"disk_full\"");
    eprintln!(
        "a full disk: {} promised, ready again after {until:?}",
        promised.len()
    );
    server.stop();
    holds(&path, &promised);
}

/// A limit on the size of files stands for a disk that fails: it needs no root.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let program = command(&[]);
    let mut limited = Command::new("sh");
    // 2 MiB, in blocks of 512 bytes; who meets the limit would else be ended by a signal.
    let script = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"";
    limited.args(["-c", script]).arg(program.get_program());
    limited
        .args(["--listen", "127.0.0.1:0", "--demo", "--database"])
        .arg(&path)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let server = Server::launch(limited, "invite-server");
    let alice = sign_in(&server, &client(), "alice").await;
    let (promised, refusal) = make(&alice, &server, 3000).await;
    assert!(
        ["try_again", "unknown_outcome"].contains(&refusal.as_str()),
        "{refusal}"
    );
    assert_eq!(readiness(&server).await, 503);
    told_once(&server, &DISK_FAILING, path.to_str().unwrap());
    server.kill();
    holds(&path, &promised);
}

async fn taken_away(what: &str, put: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let server = Server::on(&path);
    let alice = sign_in(&server, &client(), "alice").await;
    let (mut promised, _) = make(&alice, &server, 10).await;
    assert_eq!(readiness(&server).await, 200);
    let file = folder.path().join(what);
    let aside = folder.path().join("aside");
    fs::rename(&file, &aside).unwrap();
    put(&file);
    let (some, refusal) = make(&alice, &server, 3).await;
    assert_eq!((some.len(), refusal.as_str()), (0, "try_again"), "{what}");
    until_ready(&server, 503).await;
    told_once(&server, &DATABASE_REPLACED, file.to_str().unwrap());
    // Put back, all goes on.
    fs::rename(&aside, &file).unwrap();
    until_ready(&server, 200).await;
    let (some, _) = make(&alice, &server, 3).await;
    promised.extend(some);
    assert_eq!(promised.len(), 13);
    server.stop();
    holds(&path, &promised);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_program_holds_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let server = Server::on(&path);
    let alice = sign_in(&server, &client(), "alice").await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (some, refusal) = make(&alice, &server, 1).await;
    assert_eq!((some.len(), refusal.as_str()), (0, "try_again"));
    assert_eq!(readiness(&server).await, 503);
    told_once(&server, &DATABASE_HELD, path.to_str().unwrap());
    assert!(!server.output().contains("did not do its part"));
    other.execute_batch("ROLLBACK").unwrap();
    until_ready(&server, 200).await;
    assert_eq!(make(&alice, &server, 1).await.0.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_deleted_takes_no_changes() {
    taken_away("invites.db", |_| {}).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_place_of_the_one_that_is_open_takes_no_changes() {
    taken_away("invites.db", |file| fs::write(file, "another").unwrap()).await;
}

/// What is in a log that is gone for good is in the file once the server has stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_saves_what_it_has_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let server = Server::on(&path);
    let alice = sign_in(&server, &client(), "alice").await;
    let (promised, _) = make(&alice, &server, 10).await;
    let aside = folder.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    fs::remove_file(folder.path().join("invites.db-wal")).unwrap();
    assert_eq!(make(&alice, &server, 1).await.1, "try_again");
    server.stop();
    fs::rename(&aside, &path).unwrap();
    holds(&path, &promised);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_deleted_takes_no_changes() {
    taken_away("invites.db-wal", |_| {}).await;
}

#[test]
fn another_programs_file_is_left_as_it_is_and_no_sql_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    for version in [0, 1, 70] {
        let path = folder.path().join(format!("other{version}.db"));
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE moz_places (id INTEGER)")
            .unwrap();
        connection
            .pragma_update(None, "user_version", version)
            .unwrap();
        drop(connection);
        let before = fs::read(&path).unwrap();
        let said = refused(&["--demo", "--database", path.to_str().unwrap()]);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("another program's SQLite database") && said.contains("--database"),
            "{said}"
        );
        assert_eq!(fs::read(&path).unwrap(), before, "nothing is written there");
    }
}
