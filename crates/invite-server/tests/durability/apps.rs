//! `apps add`, `list` and `remove`, beside a running server.

use reqwest::{Client, StatusCode};

use crate::cluster::Postgres;
use crate::people::client;
use crate::support::{Server, command};

pub fn run(database: &str, secret: &str, arguments: &[&str]) -> (bool, String) {
    let all = [
        &["--database", database, "--secret-file", secret, "apps"],
        arguments,
    ]
    .concat();
    let output = command(&all).output().unwrap();
    let done = output.status.success();
    // Beside an answer the log may say something else.
    let said = if done { output.stdout } else { output.stderr };
    (done, String::from_utf8(said).unwrap().trim().to_owned())
}

async fn status(client: &Client, server: &Server, key: &str) -> StatusCode {
    let request = client.get(server.at("/api/v1/resources")).bearer_auth(key);
    request
        .header("on-behalf-of", "alice:test")
        .send()
        .await
        .unwrap()
        .status()
}

async fn apps(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let secret = secret.to_str().unwrap();
    let server = Server::start(&["--demo", "--database", database, "--secret-file", secret]);
    let client = client();
    let (added, key) = run(database, secret, &["add", "crm"]);
    assert!(
        added && key.starts_with("ika_") && key.len() == 68,
        "{added}"
    );
    assert_eq!(status(&client, &server, &key).await, 200);
    let (listed, names) = run(database, secret, &["list"]);
    assert!(listed && names.ends_with("  crm  http"), "{names}");
    for (arguments, said) in [
        (&["grant", "crm", "nowhere"][..], "There is no resource"),
        (&["grant", "shop", "notes"], ""),
        (&["revoke", "crm", "notes"], ""),
        (&["add", "x", "--dialect", "smtp"], "http or rkvst"),
    ] {
        let (done, why) = run(database, secret, arguments);
        assert!(!done && why.contains(said), "{arguments:?}: {why}");
    }
    assert!(run(database, secret, &["grant", "crm", "notes"]).0);
    assert!(run(database, secret, &["grant", "crm", "notes"]).0, "twice");
    let (_, names) = run(database, secret, &["list"]);
    assert!(names.ends_with("  crm  http  notes"), "{names}");
    assert!(run(database, secret, &["revoke", "crm", "notes"]).0);
    let (_, again) = run(database, secret, &["add", "all", "--all-resources"]);
    assert!(again.starts_with("ika_"), "{again}");
    let (_, names) = run(database, secret, &["list"]);
    assert!(
        names
            .lines()
            .next()
            .unwrap()
            .ends_with("  all  http  all resources"),
        "{names}"
    );
    assert!(run(database, secret, &["remove", "all"]).0);
    let (again, why) = run(database, secret, &["add", "crm"]);
    assert!(!again && why.contains("already"), "{why}");
    let hook = ["webhook", "crm", "https://crm.example.com/hook"];
    let (set, whsec) = run(database, secret, &hook);
    assert!(set && whsec.starts_with("whsec_") && whsec.len() == 50);
    let (_, webhooks) = run(database, secret, &["webhooks"]);
    assert_eq!(
        webhooks,
        "crm  https://crm.example.com/hook  0 waiting, 0 given up"
    );
    let (wrong, why) = run(
        database,
        secret,
        &["webhook", "crm", "http://crm.example.com"],
    );
    assert!(!wrong && why.contains("https://"), "{why}");
    let (unknown, _) = run(database, secret, &["webhook", "shop", hook[2]]);
    assert!(!unknown && !run(database, secret, &["webhook", "crm"]).0);
    assert!(run(database, secret, &["webhook", "crm", "--none"]).0);
    assert_eq!(run(database, secret, &["webhooks"]).1, "");
    assert!(run(database, secret, &["webhook", "crm", hook[2]]).0);
    assert!(run(database, secret, &["remove", "crm"]).0);
    assert_eq!(run(database, secret, &["webhooks"]).1, "");
    assert_eq!(status(&client, &server, &key).await, 401);
    let (_, output) = server.stop();
    assert!(!output.contains(&key[4..]), "the log holds the key");
    assert!(!output.contains(&whsec[6..]), "the log holds the secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_come_and_go_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    apps(folder.path().join("invites.db").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_come_and_go_on_postgresql() {
    let postgres = Postgres::start(false);
    apps(&postgres.database("apps").await).await;
}
