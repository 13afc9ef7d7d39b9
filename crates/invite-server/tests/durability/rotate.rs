//! `keys rotate`: what is out goes on working and being listed, whichever kind of key it has.

use std::collections::BTreeMap;
use std::path::Path;

use invite_key::signed::{Audience, Checks, KeySet};
use reqwest::Method;
use serde_json::json;

use crate::cluster::Postgres;
use crate::people::{Caller, client, code, sign_in};
use crate::support::{Server, Socket, command};

/// The same address each time: a signed key names it as its issuer.
const PUBLIC: &str = "http://localhost:7007";

fn start(database: &str, secret: &Path) -> Server {
    let secret = secret.to_str().unwrap();
    Server::start(&[
        "--demo",
        "--database",
        database,
        "--secret-file",
        secret,
        "--public-url",
        PUBLIC,
    ])
}

async fn keys(alice: &Caller, server: &Server) -> BTreeMap<String, String> {
    let listed = alice.invites(&server.url, "notes", "pending").await;
    let text =
        |one: &serde_json::Value, name: &str| one[name].as_str().unwrap_or("no key").to_owned();
    listed
        .iter()
        .map(|one| (text(one, "id"), text(one, "key")))
        .collect()
}

/// An invite with Webstrates' own sort of key.
async fn over_the_socket(server: &Server) -> String {
    let alice = server.person("alice").await;
    let headers = [("cookie", alice.cookie.as_str()), ("origin", PUBLIC)];
    let mut socket = Socket::open(&server.url, "/notes/", &headers).await;
    socket.create("notes", "r", 86_400).await
}

async fn rotating(database: &str) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let client = client();
    let mut made = BTreeMap::new();
    for round in 1..=3 {
        let server = start(database, &secret);
        let alice = sign_in(&server, &client, "alice").await;
        for signed in [false, true] {
            let (_, invite) = alice
                .invite(&server.url, "notes", json!({ "signed": signed }))
                .await
                .unwrap();
            let text = |name: &str| invite[name].as_str().unwrap().to_owned();
            made.insert(text("id"), text("key"));
        }
        let hex = over_the_socket(&server).await;
        let listed = keys(&alice, &server).await;
        let found = listed.iter().find(|(_, key)| **key == hex);
        let (id, key) = found.expect("what the socket made is listed");
        made.insert(id.clone(), key.clone());
        assert_eq!(
            keys(&alice, &server).await,
            made,
            "all are listed with their keys"
        );
        let (_, set) = alice
            .call(Method::GET, &server.url, "/.well-known/jwks.json", None)
            .await
            .unwrap();
        assert_eq!(set["keys"].as_array().unwrap().len(), round + 1);
        let set = KeySet::parse(&set.to_string()).unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        for (number, key) in made.values().enumerate() {
            let name = format!("guest{round}x{number}");
            let guest = sign_in(&server, &client, &name).await;
            assert_eq!(
                code(&guest.accept(&server.url, key).await),
                "yes",
                "round {round}"
            );
            if key.starts_with("invs1_") {
                let checks = Checks::new(Audience::Server(PUBLIC), now).unwrap();
                let verdict = set.verify(key, &checks);
                assert_eq!(verdict.code(), "authentic", "{verdict:?}");
            }
        }
        drop(server);
        let arguments = [
            "--database",
            database,
            "--secret-file",
            secret.to_str().unwrap(),
            "keys",
            "rotate",
            "--at-once",
        ];
        let rotated = command(&arguments).output().unwrap();
        let said = String::from_utf8(rotated.stdout).unwrap();
        assert!(
            rotated.status.success() && said.contains("All is made with"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_breaks_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    rotating(folder.path().join("invites.db").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotating_breaks_nothing_on_postgresql() {
    let postgres = Postgres::start(false);
    rotating(&postgres.database("rotated").await).await;
}
