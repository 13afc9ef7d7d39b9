//! PostgreSQL as it may be found: away, closed, full, read-only. What the operator reads is its own sentence, where it is
//! and what to check, and never what anybody sent.

use std::process::Command;
use std::time::{Duration, Instant};

use invite_server::conditions::{
    CALL_ENDED, COMMIT_UNKNOWN, DATABASE_HELD, DATABASE_READ_ONLY, DATABASE_UNREACHABLE, DISK_FULL,
};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::between::Between;
use crate::cluster::{Postgres, is_root};
use crate::disk::Disk;
use crate::people::{client, code, sign_in};
use crate::states::{readiness, refused, told, told_once, until_ready, until_said};
use crate::support::Server;

async fn on(address: &str) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let secret = secret.to_str().unwrap();
    let server = Server::demo(&["--database", address, "--secret-file", secret]);
    (server, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_reached_says_why_and_what_to_check() {
    let postgres = Postgres::start(false);
    let between = Between::to(&postgres).await;
    let there = between.address("postgres").replace("?sslmode=disable", "");
    let port = there.rsplit(':').next().unwrap();
    let port = port.split('/').next().unwrap();
    let at = |rest: &str| format!("postgres://postgres:pAsSwOrD@{rest}");
    let here = format!("127.0.0.1:{port}");
    for (address, place, said) in [
        (
            at(&format!("{here}/nope?sslmode=disable")),
            &*format!("{here}/nope"),
            &["database \"nope\" does not exist (3D000)", "createdb"][..],
        ),
        (
            format!("postgres://nobody:pAsSwOrD@{here}/postgres?sslmode=disable"),
            &here,
            &["role \"nobody\" does not exist (28000)", "pg_hba.conf"],
        ),
        (
            at("127.0.0.1:1/x"),
            "127.0.0.1:1/x",
            &["refused", "see that PostgreSQL runs there"],
        ),
        (
            at("nowhere.invalid:5432/x"),
            "nowhere.invalid:5432/x",
            &["lookup", "see the host's name"],
        ),
        (
            at(&format!("{here}/postgres?sslmode=require")),
            &here,
            &["does not support TLS", "sslmode"],
        ),
    ] {
        let secret = tempfile::tempdir().unwrap();
        let secret = secret.path().join("secret");
        let secret = secret.to_str().unwrap().to_owned();
        let asked = address.clone();
        let printed = tokio::task::spawn_blocking(move || {
            refused(&["--demo", "--database", &asked, "--secret-file", &secret])
        });
        let printed = printed.await.unwrap();
        for word in said.iter().chain([&place]) {
            assert!(printed.contains(word), "{address}: {word}: {printed}");
        }
        assert!(!printed.contains("pAsSwOrD"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_later_says_so_once() {
    let mut postgres = Postgres::start(true);
    let (server, _folder) = on(&postgres.database("away").await).await;
    let alice = sign_in(&server, &client(), "alice").await;
    postgres.crash();
    // Whoever asks hears within two seconds, before and after it is back.
    until_ready(&server, 200).await;
    let operator = postgres.connect("postgres").await;
    let allowed = "ALTER DATABASE away ALLOW_CONNECTIONS false";
    operator.batch_execute(allowed).await.unwrap();
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'";
    operator.batch_execute(ended).await.unwrap();
    until_ready(&server, 503).await;
    let made = alice.begin(&server.url, "notes").await;
    assert_eq!(code(&made), "try_again");
    operator
        .batch_execute("ALTER DATABASE away ALLOW_CONNECTIONS true")
        .await
        .unwrap();
    until_ready(&server, 200).await;
    // Once for each time that it was away, the crash being one where somebody met it.
    until_said(&server, DATABASE_UNREACHABLE.name);
    let lines = told(&server, &DATABASE_UNREACHABLE);
    let line = lines.last().expect("a line");
    assert!(lines.len() <= 2 && line.contains("/away"), "{lines:?}");
    assert!(
        line.contains("not currently accepting connections") || line.contains("terminating"),
        "{line}"
    );
    until_said(&server, "over condition=\"database_unreachable\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_read_only_by_default_is_passing() {
    let postgres = Postgres::start(false);
    let (server, _folder) = on(&postgres.database("readonly").await).await;
    let alice = sign_in(&server, &client(), "alice").await;
    assert_eq!(
        code(&alice.invite(&server.url, "notes", json!({})).await),
        "yes"
    );
    let operator = postgres.connect("postgres").await;
    let set = async |text: &str| {
        operator.batch_execute(text).await.unwrap();
        operator
            .batch_execute("SELECT pg_reload_conf()")
            .await
            .unwrap();
    };
    set("ALTER SYSTEM SET default_transaction_read_only = on").await;
    until_ready(&server, 503).await;
    let (status, body) = alice.invite(&server.url, "notes", json!({})).await.unwrap();
    assert_eq!(
        (status, &body["code"]),
        (503, &json!("try_again")),
        "{body}"
    );
    told_once(&server, &DATABASE_READ_ONLY, "/readonly");
    // Not in a transaction: a session that may not write may still do this.
    set("ALTER SYSTEM RESET default_transaction_read_only").await;
    until_ready(&server, 200).await;
    assert_eq!(
        code(&alice.invite(&server.url, "notes", json!({})).await),
        "yes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_holds_is_said() {
    let postgres = Postgres::start(false);
    let (server, _folder) = on(&postgres.database("held").await).await;
    let alice = sign_in(&server, &client(), "alice").await;
    let operator = postgres.connect("held").await;
    let lock = "BEGIN; LOCK TABLE invites IN ACCESS EXCLUSIVE MODE";
    operator.batch_execute(lock).await.unwrap();
    let calls = [0, 1].map(|_| alice.invite(&server.url, "notes", json!({})));
    for made in futures_util::future::join_all(calls).await {
        assert_eq!(code(&made), "try_again");
    }
    told_once(&server, &DATABASE_HELD, "/held");
    assert!(!server.output().contains("did not do its part"));
    operator.batch_execute("ROLLBACK").await.unwrap();
    let made = alice.invite(&server.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_tablespace_is_not_ready_and_comes_back_by_itself() {
    let Some(disk) = Disk::of(28) else { return };
    let postgres = Postgres::start(false);
    if is_root() {
        let owned = Command::new("chown").arg("postgres").arg(&disk.0).status();
        assert!(owned.unwrap().success());
        // Its folder is its user's alone.
        let mut open = Command::new("chmod");
        open.arg("755").arg(disk.0.parent().unwrap());
        assert!(open.status().unwrap().success());
    }
    let operator = postgres.connect("postgres").await;
    let small = format!("CREATE TABLESPACE small LOCATION '{}'", disk.0.display());
    operator.batch_execute(&small).await.unwrap();
    operator
        .batch_execute("CREATE DATABASE full_one TABLESPACE small")
        .await
        .unwrap();
    let (server, _folder) = on(&postgres.address("full_one")).await;
    let alice = sign_in(&server, &client(), "alice").await;
    disk.fill();
    let (mut promised, began) = (0, Instant::now());
    let refusal = loop {
        let options = json!({ "message": "m".repeat(1000) });
        let made = alice.invite(&server.url, "notes", options).await;
        if code(&made) != "yes" {
            break made.unwrap();
        }
        promised += 1;
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it is never full"
        );
    };
    assert_eq!((refusal.0, &refusal.1["code"]), (503, &json!("try_again")));
    for _ in 0..3 {
        assert_eq!(readiness(&server).await, 503);
    }
    // Nor after a while, though a small change fits.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(readiness(&server).await, 503);
    told_once(&server, &DISK_FULL, "/full_one");
    disk.make_room();
    until_ready(&server, 200).await;
    let made = alice.invite(&server.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
    let database = postgres.connect("full_one").await;
    let count = database
        .query_one("SELECT count(*) FROM invites", &[])
        .await
        .unwrap();
    assert_eq!(count.get::<_, i64>(0), promised + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_database_refuses_is_not_in_the_log() {
    let postgres = Postgres::start(false);
    let (server, _folder) = on(&postgres.database("marked").await).await;
    let alice = sign_in(&server, &client(), "alice").await;
    assert_eq!(
        code(&alice.invite(&server.url, "notes", json!({})).await),
        "yes"
    );
    let operator = postgres.connect("marked").await;
    for rule in [
        "CHECK (message NOT LIKE 'MARKED%')",
        "CHECK (message::BIGINT > 0)",
    ] {
        let add = format!("ALTER TABLE invites ADD CONSTRAINT of_a_test {rule} NOT VALID");
        operator.batch_execute(&add).await.unwrap();
        let options = json!({ "message": "MARKED: for nobody else", "label": "MARKED label" });
        let made = alice.invite(&server.url, "notes", options).await;
        assert_eq!(code(&made), "server_error", "{rule}");
        operator
            .batch_execute("ALTER TABLE invites DROP CONSTRAINT of_a_test")
            .await
            .unwrap();
    }
    until_said(&server, "22P02");
    let output = server.output();
    assert!(
        output.contains("23514") && output.contains("22P02"),
        "{output}"
    );
    assert!(!output.contains("MARKED"), "{output}");
}

/// A commit that waits for a standby which is not there, and a body that never comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_waited_for_is_said() {
    let postgres = Postgres::start(true);
    let (server, _folder) = on(&postgres.database("waits").await).await;
    let alice = sign_in(&server, &client(), "alice").await;
    assert_eq!(
        code(&alice.invite(&server.url, "notes", json!({})).await),
        "yes"
    );
    let slow = async {
        let address = server.url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST /api/v1/invites/check HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: 100\r\nconnection: close\r\n\r\n{{"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let commit = async {
        let operator = postgres.connect("postgres").await;
        let set = async |text: &str| {
            operator
                .batch_execute("SET synchronous_commit = local")
                .await
                .unwrap();
            operator.batch_execute(text).await.unwrap();
            operator
                .batch_execute("SELECT pg_reload_conf()")
                .await
                .unwrap();
        };
        set("ALTER SYSTEM SET synchronous_commit = on").await;
        set("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
        until_ready(&server, 503).await;
        let began = Instant::now();
        let made = alice.invite(&server.url, "notes", json!({})).await;
        let took = began.elapsed();
        set("ALTER SYSTEM RESET synchronous_standby_names").await;
        until_ready(&server, 200).await;
        (code(&made).to_owned(), took)
    };
    let (answer, (made, took)) = tokio::join!(slow, commit);
    assert!(
        answer.contains("HTTP/1.1 4") || answer.contains("HTTP/1.1 5"),
        "{answer}"
    );
    told_once(&server, &CALL_ENDED, "/api/v1/invites/check");
    assert!(told(&server, &CALL_ENDED)[0].contains("what it was sent"));
    assert_eq!(made, "unknown_outcome");
    assert!(took < Duration::from_secs(29), "{took:?}");
    told_once(&server, &COMMIT_UNKNOWN, "/waits");
    assert!(told(&server, &COMMIT_UNKNOWN)[0].contains("within 25 seconds"));
}
