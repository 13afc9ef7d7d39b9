//! What the operator does beside a running server, `purge` and `erase`, and to it: stopping it.

use std::time::Duration;

use serde_json::json;

use crate::cluster::Postgres;
use crate::people::{Caller, client, code, sign_in};
use crate::support::{PATIENCE, Server, command};

fn run(database: &str, secret: &str, arguments: &[&str]) -> (bool, String) {
    let all = [
        &["--database", database, "--secret-file", secret],
        arguments,
    ]
    .concat();
    let output = command(&all).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn until_listed(alice: &Caller, url: &str, status: &str, count: usize) {
    let listed = async {
        while alice.invites(url, "notes", status).await.len() != count {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, listed).await;
    in_time.unwrap_or_else(|_| panic!("there are not {count} invites that are {status}"));
}

async fn ending(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let secret = secret.to_str().unwrap();
    let arguments = ["--demo", "--database", database, "--secret-file", secret];
    let server = Server::start(&arguments);
    let client = client();
    let alice = sign_in(&server, &client, "alice").await;
    let bob = sign_in(&server, &client, "bob").await;
    for max_age in [1, 1, 3600] {
        let message = if max_age == 3600 { "from alice" } else { "" };
        let options = json!({ "maxAge": max_age, "message": message });
        let made = alice.invite(&server.url, "notes", options).await;
        assert_eq!(code(&made), "yes");
        let key = made.unwrap().1["key"].as_str().unwrap().to_owned();
        if max_age == 3600 {
            assert_eq!(code(&bob.accept(&server.url, &key).await), "yes");
        }
    }
    until_listed(&alice, &server.url, "expired", 2).await;
    let (done, said) = run(database, secret, &["purge"]);
    assert!(
        done && said.contains("nothing"),
        "30 days are not over: {said}"
    );
    let (done, said) = run(database, secret, &["purge", "--older-than", "0s"]);
    assert!(done && said.contains("2 invites"), "{said}");
    until_listed(&alice, &server.url, "expired", 0).await;
    let members = bob.members(&server.url, "notes").await;
    assert!(members.contains(&"alice".to_owned()), "bob has access");

    // And by itself.
    let made = alice
        .invite(&server.url, "notes", json!({ "maxAge": 1 }))
        .await;
    assert_eq!(code(&made), "yes");
    until_listed(&alice, &server.url, "expired", 1).await;
    server.stop();
    let server = Server::start(&[&arguments[..], &["--keep-ended", "0s"]].concat());
    let alice = sign_in(&server, &client, "alice").await;
    until_listed(&alice, &server.url, "expired", 0).await;

    // Beside the running server, which knows of it at once.
    let key = alice.invites(&server.url, "notes", "pending").await[0]["key"]
        .as_str()
        .unwrap()
        .to_owned();
    for wrong in [&["erase"][..], &["erase", "--user", "alice"]] {
        assert!(!run(database, secret, wrong).0, "{wrong:?}");
    }
    let (done, said) = run(database, secret, &["erase", "--user", "alice:test"]);
    assert!(done && said.contains("1 invites"), "{said}");
    let carol = sign_in(&server, &client, "carol").await;
    assert_eq!(code(&carol.accept(&server.url, &key).await), "invalid_key");
    let bob = sign_in(&server, &client, "bob").await;
    assert!(
        !bob.members(&server.url, "notes")
            .await
            .contains(&"alice".to_owned())
    );
    let (_, output) = server.stop();
    assert!(!output.contains("ERROR"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_and_who_asks_for_it_goes_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    ending(path.to_str().unwrap()).await;
    // Not even in the space that is free now.
    let bytes = std::fs::read(&path).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("from alice"));
    assert!(!folder.path().join("invites.db-wal").exists());
}

/// Whoever copies the one file of a stopped server has everything.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_has_all_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let server = Server::on(&path);
    let client = client();
    let alice = sign_in(&server, &client, "alice").await;
    let mut makers = Vec::new();
    for _ in 0..4 {
        let (alice, url) = (alice.clone(), server.url.clone());
        makers.push(tokio::spawn(async move {
            let mut made = Vec::new();
            while let Ok((status, invite)) = alice.invite(&url, "notes", json!({})).await {
                assert_eq!(status, 201, "{invite}");
                made.push(invite["id"].as_str().unwrap().to_owned());
            }
            made
        }));
    }
    until_listed(&alice, &server.url, "pending", 100).await;
    let (status, output) = tokio::task::spawn_blocking(|| server.stop()).await.unwrap();
    assert!(status.success(), "{output}");
    assert!(
        output.contains("stopped") && !output.contains("busy"),
        "{output}"
    );
    for beside in ["invites.db-wal", "invites.db-shm"] {
        assert!(!folder.path().join(beside).exists(), "{beside}");
    }
    let alone = tempfile::tempdir().unwrap();
    let copy = alone.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let mut statement = connection
        .prepare("SELECT 1 FROM invites WHERE id = ?1")
        .unwrap();
    for maker in makers {
        for id in maker.await.unwrap() {
            assert!(
                statement.exists([&id]).unwrap(),
                "{id} was answered and is not there"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_and_who_asks_for_it_goes_on_postgresql() {
    let postgres = Postgres::start(false);
    ending(&postgres.database("ending").await).await;
}

/// A file that was last served long ago by the clock: either it was, or the clock is wrong now.
#[tokio::test]
async fn a_clock_that_may_be_wrong_deletes_nothing_until_the_operator_says_that_it_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let (database, secret) = (
        folder.path().join("invites.db"),
        folder.path().join("secret"),
    );
    let (path, secret) = (database.to_str().unwrap(), secret.to_str().unwrap());
    let arguments = ["--demo", "--database", path, "--secret-file", secret];
    let server = Server::start(&arguments);
    let client = client();
    let alice = sign_in(&server, &client, "alice").await;
    let _ = server.stop();
    let file = rusqlite::Connection::open(&database).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM clock"), 1, "the time was noted");
    file.execute("UPDATE clock SET highest = highest - 40 * 86400000", [])
        .unwrap();

    let server = Server::start(&arguments);
    let output = async |what: &str| {
        while !server.output().contains(what) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, output("purge --clock-is-right"))
        .await
        .unwrap();
    // Service goes on.
    let made = alice
        .invite(&server.url, "notes", json!({ "maxAge": 1 }))
        .await;
    assert_eq!(code(&made), "yes");
    until_listed(&alice, &server.url, "expired", 1).await;
    let (done, said) = run(path, secret, &["purge", "--older-than", "0s"]);
    assert!(!done && said.contains("clock-is-right"), "{said}");
    assert_eq!(
        count("SELECT count(*) FROM invites WHERE ended = 1"),
        0,
        "nobody was told"
    );

    let (done, said) = run(
        path,
        secret,
        &["purge", "--clock-is-right", "--older-than", "7d"],
    );
    assert!(done, "{said}");
    let told = async {
        while count("SELECT count(*) FROM events WHERE kind = 'invite.expired'") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told)
        .await
        .expect("told once the clock is right");
    assert!(
        server.output().contains("over condition=\"clock_leapt\""),
        "{}",
        server.output()
    );
}
