//! A secret file that lacks what keys were made with: the server does not start beside it, nor makes another.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::cluster::Postgres;
use crate::people::{client, code, sign_in};
use crate::states::refused;
use crate::support::{Server, command};

async fn lacking(database: &str, folder: &Path) {
    let secret = folder.join("secret");
    let path = secret.to_str().unwrap();
    let place = ["--demo", "--database", database, "--secret-file", path];
    let server = Server::start(&place);
    let alice = sign_in(&server, &client(), "alice").await;
    let made = alice.invite(&server.url, "notes", json!({})).await;
    assert_eq!(code(&made), "yes");
    let key = made.unwrap().1["key"].as_str().unwrap().to_owned();
    server.stop();
    let kept = fs::read_to_string(&secret).unwrap();
    let line = kept.lines().find(|line| !line.starts_with('#')).unwrap();
    let id = line.split(' ').next().unwrap();

    // Gone: no other is made in its place.
    fs::remove_file(&secret).unwrap();
    for arguments in [&place[..], &[&place[1..], &["apps", "list"]].concat()] {
        let said = refused(arguments);
        assert!(said.contains(id) && said.contains(path), "{said}");
        assert!(!secret.exists());
    }
    // Another's.
    let other = folder.join("other");
    let elsewhere = folder.join("other.db");
    let elsewhere = ["--database", elsewhere.to_str().unwrap()];
    let listing = ["--secret-file", other.to_str().unwrap(), "apps", "list"];
    let made = command(&[&elsewhere[..], &listing].concat())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    fs::rename(&other, &secret).unwrap();
    let said = refused(&place);
    assert!(said.contains(id) && said.contains(path), "{said}");

    fs::remove_file(&secret).unwrap();
    write_private(&secret, &kept);
    let server = Server::start(&place);
    let alice = sign_in(&server, &client(), "alice").await;
    let listed = alice.invites(&server.url, "notes", "pending").await;
    assert!(listed.iter().any(|one| one["key"] == key), "{listed:?}");
}

fn write_private(path: &Path, text: &str) {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_secret_takes_the_place_of_one_that_is_lacking_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    lacking(database.to_str().unwrap(), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_secret_takes_the_place_of_one_that_is_lacking_on_postgresql() {
    let postgres = Postgres::start(false);
    let folder = tempfile::tempdir().unwrap();
    lacking(&postgres.database("lacking").await, folder.path()).await;
}
