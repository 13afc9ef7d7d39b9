//! RKVST's clients among the apps: `apps add --dialect rkvst`, `list` and `remove`, beside a running server.

use reqwest::Client;
use serde_json::Value;

use crate::cluster::Postgres;
use crate::people::client;
use crate::support::{Server, command};

fn run(database: &str, secret: &str, arguments: &[&str]) -> (bool, String) {
    let place = ["--database", database, "--secret-file", secret, "apps"];
    let output = command(&[&place, arguments].concat()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    (output.status.success(), said.trim().to_owned())
}

async fn token(client: &Client, server: &Server, id: &str, secret: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let request = client.post(server.at("/archivist/iam/v1/appidp/token"));
    let answer = request.form(&form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn clients(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let file = secret.to_str().unwrap();
    let server = Server::start(&["--demo", "--database", database, "--secret-file", file]);
    let client = client();
    let (added, said) = run(
        database,
        file,
        &["add", "My CRM", "--dialect", "rkvst", "--resource", "deals"],
    );
    assert!(added, "{said}");
    let (id, secret) = said.split_once('\n').unwrap();
    assert!(id.len() == 36 && secret.starts_with("ics_") && secret.len() == 68);
    let (status, body) = token(&client, &server, id, secret).await;
    assert_eq!(status, 200, "{body}");
    let (_, list) = run(database, file, &["list"]);
    assert!(
        list.ends_with(&format!("  My CRM  rkvst  {id}  deals (r)")),
        "{list}"
    );
    let wrong = run(
        database,
        file,
        &[
            "add",
            "x",
            "--dialect",
            "rkvst",
            "--resource",
            "deals",
            "--permissions",
            "x",
        ],
    );
    assert!(!wrong.0 && wrong.1.contains("a, r and w"), "{wrong:?}");
    let (again, why) = run(
        database,
        file,
        &["add", "My CRM", "--dialect", "rkvst", "--resource", "deals"],
    );
    assert!(!again && why.contains("already"), "{why}");
    let (none, why) = run(database, file, &["add", "y", "--dialect", "rkvst"]);
    assert!(!none && why.contains("--resource"), "{why}");
    let (given, why) = run(database, file, &["grant", "My CRM", "deals"]);
    assert!(!given && why.contains("tenancy"), "{why}");
    let (removed, said) = run(database, file, &["remove", "My CRM"]);
    assert!(removed && said.contains("My CRM"), "{said}");
    assert!(!run(database, file, &["remove", "My CRM"]).0);
    assert_eq!(run(database, file, &["list"]).1, "");
    assert_eq!(token(&client, &server, id, secret).await.0, 401);
    let (_, output) = server.stop();
    assert!(!output.contains(&secret[4..]), "the log holds the secret");
    let bearer = body["access_token"].as_str().unwrap();
    assert!(!output.contains(bearer), "the log holds the bearer");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_and_go_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    clients(folder.path().join("invites.db").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_come_and_go_on_postgresql() {
    let postgres = Postgres::start(false);
    clients(&postgres.database("clients").await).await;
}
