//! `kill -9` under load: what was acknowledged is there afterwards, and nothing else breaks a rule.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::backend::Backend;
use crate::cluster::Postgres;
use crate::ledger::Ledger;
use crate::people::{Caller, client, sign_in, sign_in_all};
use crate::support::Server;

const WORKERS: usize = 6;
const PEOPLE: usize = 3;

fn rounds() -> usize {
    if std::env::var("INVITE_FULL").is_ok_and(|value| value == "1") {
        50
    } else {
        10
    }
}

fn start(database: &str, secret: &Path) -> Server {
    Server::start(&[
        "--demo",
        "--database",
        database,
        "--secret-file",
        secret.to_str().unwrap(),
    ])
}

/// Everybody begins; each of the workers has a name of its own in each round.
fn load(
    ledger: &Arc<Ledger>,
    server: &Server,
    round: usize,
    admin: &Caller,
    people: &[Caller],
    patient: bool,
) -> Vec<tokio::task::JoinHandle<()>> {
    (0..WORKERS)
        .map(|worker| {
            let name = format!("r{round}.w{worker}");
            let (url, admin, people) = (server.url.clone(), admin.clone(), people.to_vec());
            tokio::spawn(Arc::clone(ledger).load(url, name, admin, people, patient))
        })
        .collect()
}

async fn killing_the_server(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let mut server = start(database, &secret);
    let client = client();
    let admin = sign_in(&server, &client, "ada").await;
    let people = sign_in_all(&server, &client, PEOPLE).await;
    let backend = Backend::join(database, secret.to_str().unwrap()).await;
    let ledger = Arc::new(Ledger::default());
    let mut promises = 0;
    for round in 0..rounds() {
        let workers = load(&ledger, &server, round, &admin, &people, false);
        // Each time at another moment.
        ledger.reaches(ledger.count() + 40 + 7 * (round % 10)).await;
        server.kill();
        for worker in workers {
            worker.await.unwrap();
        }
        server = start(database, &secret);
        promises += ledger.hold(&server.url, &admin).await;
    }
    let (promised, refused) = ledger.happenings();
    let (calls, messages) = backend.knows(&promised, &refused).await;
    println!(
        "all {} promised webhooks have come: {messages} messages in {calls} calls",
        promised.len()
    );
    println!(
        "{} times killed, {} changes acknowledged, {promises} promises kept",
        rounds(),
        ledger.count()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_server_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    killing_the_server(folder.path().join("invites.db").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_server_on_postgresql() {
    let postgres = Postgres::start(true);
    killing_the_server(&postgres.database("killed").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_postgresql() {
    const TIMES: usize = 5;
    let mut postgres = Postgres::start(true);
    let folder = tempfile::tempdir().unwrap();
    let (database, secret) = (
        postgres.database("crashed").await,
        folder.path().join("secret"),
    );
    let server = start(&database, &secret);
    let backend = Backend::join(&database, secret.to_str().unwrap()).await;
    let client = client();
    let admin = sign_in(&server, &client, "ada").await;
    let people = sign_in_all(&server, &client, PEOPLE).await;
    let mut promises = 0;
    let mut told = (BTreeSet::new(), BTreeSet::new());
    for round in 0..TIMES {
        let ledger = Arc::new(Ledger::default());
        let workers = load(&ledger, &server, round, &admin, &people, true);
        ledger.reaches(100 + 13 * round).await;
        postgres.crash();
        // The server finds its way back by itself, and goes on with the same load.
        ledger.reaches(ledger.count() + 50).await;
        ledger.end();
        for worker in workers {
            worker.await.unwrap();
        }
        promises += ledger.hold(&server.url, &admin).await;
        let (promised, refused) = ledger.happenings();
        told.0.extend(promised);
        told.1.extend(refused);
    }
    backend.knows(&told.0, &told.1).await;
    println!("PostgreSQL {TIMES} times killed, {promises} promises kept");
}
