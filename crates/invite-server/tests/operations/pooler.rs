//! PgBouncer in its three modes, where it is installed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use invite_server::conditions::CONNECTION_DEAD;
use serde_json::json;

use crate::bouncer::PgBouncer;
use crate::cluster::Postgres;
use crate::people::{client, code, sign_in, sign_in_all};
use crate::states::{refused, told, until_ready};
use crate::support::Server;

/// Two copies, more calls at once than there are connections, and each answer is that call's own.
async fn works(mode: &str, connections: usize) {
    let postgres = Postgres::start(false);
    postgres.database("pooled").await;
    let Some(bouncer) = PgBouncer::start(&postgres, mode, connections).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let (database, secret) = (bouncer.address("pooled"), secret.to_str().unwrap());
    let arguments = ["--database", &database, "--secret-file", secret];
    let copies = [Server::demo(&arguments), Server::demo(&arguments)];
    for copy in &copies {
        until_ready(copy, 200).await;
    }
    let client = client();
    let people = sign_in_all(&copies[0], &client, 8).await;
    let began = Instant::now();
    let mut working = Vec::new();
    for (number, person) in people.into_iter().enumerate() {
        let url = copies[number % 2].url.clone();
        working.push(tokio::spawn(async move {
            let resource = format!("of{number}");
            let mut made = BTreeMap::new();
            assert_eq!(code(&person.begin(&url, &resource).await), "yes");
            for count in 0..20 {
                let message = format!("{number} {count}");
                let options = json!({ "message": message });
                let invite = person.invite(&url, &resource, options).await;
                assert_eq!(code(&invite), "yes", "{invite:?}");
                made.insert(
                    invite.unwrap().1["id"].as_str().unwrap().to_owned(),
                    message,
                );
            }
            for invite in person.invites(&url, &resource, "pending").await {
                let id = invite["id"].as_str().unwrap();
                assert_eq!(made.remove(id).as_deref(), invite["message"].as_str());
            }
            assert!(made.is_empty(), "{made:?}");
        }));
    }
    for one in working {
        one.await.unwrap();
    }
    eprintln!(
        "{mode}, {connections} connections: 160 invites in {:?}",
        began.elapsed()
    );
    for copy in &copies {
        until_ready(copy, 200).await;
        assert!(
            copy.output().contains("a pooler is in between"),
            "{}",
            copy.output()
        );
        assert!(!copy.output().contains("ERROR"), "{}", copy.output());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_transactions_each_call_is_its_own() {
    works("transaction", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_sessions_with_room_it_works() {
    works("session", 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_sessions_without_room_no_call_waits_for_ever() {
    let postgres = Postgres::start(false);
    postgres.database("pooled").await;
    let Some(bouncer) = PgBouncer::start(&postgres, "session", 3).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let (database, secret) = (bouncer.address("pooled"), secret.to_str().unwrap());
    let server = Server::demo(&["--database", &database, "--secret-file", secret]);
    let alice = sign_in(&server, &client(), "alice").await;
    let calls = (0..24).map(|_| async {
        let began = Instant::now();
        let made = alice.invite(&server.url, "notes", json!({})).await;
        (code(&made).to_owned(), began.elapsed())
    });
    for (outcome, took) in futures_util::future::join_all(calls).await {
        assert!(
            ["yes", "try_again"].contains(&outcome.as_str()),
            "{outcome}"
        );
        assert!(took < Duration::from_secs(29), "{took:?}");
    }
    let lines = told(&server, &CONNECTION_DEAD);
    assert!(
        lines.iter().all(|line| line.contains("pooler")),
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_of_statements_is_refused() {
    let postgres = Postgres::start(false);
    postgres.database("pooled").await;
    let Some(bouncer) = PgBouncer::start(&postgres, "statement", 3).await else {
        return;
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
}
