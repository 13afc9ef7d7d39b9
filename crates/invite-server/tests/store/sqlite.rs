//! SQLite: the suite, and its file.

use std::{fs, path::Path};

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{CreateRequest, Invites, ListRequest, RemoveTarget, Secrets},
    store::{SqliteStore, Store},
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    suite::store_suite,
    world::{Time, World, actor, people, user},
};

async fn open() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (
        SqliteStore::open(&folder.path().join("invites.db")).unwrap(),
        folder,
    )
}

store_suite!(cases, super::open);

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (database, secret) = (
        folder.path().join("invites.db"),
        folder.path().join("invites.secret"),
    );
    let time = Time::new();
    let start = || {
        let secrets = Secrets::load_or_create(&secret).unwrap();
        Invites::new(SqliteStore::open(&database).unwrap(), secrets, time.clock())
    };
    let request = |kind| CreateRequest::new(Permissions::READ, 3600, kind);
    let first = start();
    first
        .create_resource(Some(&actor("alice")), "notes", None)
        .await
        .unwrap();
    let opaque = first
        .create(Some(&actor("alice")), "notes", request(KeyKind::Opaque))
        .await
        .unwrap();
    let webstrates = first
        .create(Some(&actor("alice")), "notes", request(KeyKind::Webstrates))
        .await
        .unwrap();
    drop(first);

    let second = start();
    let listed = second
        .list(Some(&actor("alice")), "notes", &ListRequest::default())
        .await
        .unwrap()
        .invites;
    let keys: Vec<_> = listed
        .iter()
        .map(|one| one.key.as_ref().unwrap().reveal())
        .collect();
    let made = [&webstrates, &opaque].map(|invite| invite.key.as_ref().unwrap().reveal());
    assert_eq!(keys, made, "keys are derived again");
    for invite in [&opaque, &webstrates] {
        second
            .accept(
                Some(&actor("bob")),
                invite.key.as_ref().unwrap(),
                Some("notes"),
            )
            .await
            .unwrap();
    }
    drop(second);

    let stranger = Invites::new(
        SqliteStore::open(&database).unwrap(),
        Secrets::generate().unwrap(),
        time.clock(),
    );
    let listed = stranger
        .list(Some(&actor("alice")), "notes", &ListRequest::default())
        .await
        .unwrap()
        .invites;
    assert!(
        listed.iter().all(|one| one.key.is_none()),
        "another secret yields no keys, wrong ones least of all"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_no_secret_is_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let secret = folder.path().join("secret");
    let secrets = Secrets::load_or_create(&secret).unwrap();
    let store = SqliteStore::open(&data.join("invites.db")).unwrap();
    let invites = Invites::new(store, secrets, Time::new().clock());
    invites
        .create_resource(Some(&actor("alice")), "notes", None)
        .await
        .unwrap();
    let mut marked = Vec::new();
    for kind in [KeyKind::Opaque, KeyKind::Webstrates] {
        for _ in 0..20 {
            let mut request = CreateRequest::new(Permissions::READ, 3600, kind);
            request.message = Some("canary".into());
            let invite = invites
                .create(Some(&actor("alice")), "notes", request)
                .await
                .unwrap();
            let key = invite.key.unwrap();
            invites
                .check(Some(&actor("bob")), &key, None)
                .await
                .unwrap();
            invites
                .accept(Some(&actor("bob")), &key, None)
                .await
                .unwrap();
            marked.push(key.reveal().to_owned().into_bytes());
            if kind == KeyKind::Webstrates {
                let bytes = key.reveal().as_bytes().chunks(2);
                marked.push(
                    bytes
                        .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
                        .collect(),
                );
            } else {
                // Past the prefix, so that no other spelling of it hides the rest.
                marked.push(key.reveal().as_bytes()[5..35].to_vec());
            }
            invites
                .remove(Some(&actor("alice")), None, &RemoveTarget::Key(key))
                .await
                .unwrap();
        }
    }
    let secret = fs::read_to_string(secret).unwrap();
    let hex = secret.lines().last().unwrap().split(' ').nth(1).unwrap();
    marked.push(hex.as_bytes().to_vec());
    marked.push(
        hex.as_bytes()
            .chunks(2)
            .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
            .collect(),
    );

    let mut canary = false;
    for file in fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        canary |= contains(&bytes, b"canary");
        for needle in &marked {
            assert!(!contains(&bytes, needle), "a key is in {}", path.display());
        }
    }
    assert!(canary, "the search finds what is there");
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let (store, folder) = open().await;
    drop(store);
    let path = folder.path().join("invites.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    let refused = SqliteStore::open(&path)
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("999") && refused.contains("newer"),
        "{refused}"
    );
}

#[test]
fn what_is_no_database_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(
        &path,
        "not a database, but long enough to be taken for the head of one".repeat(20),
    )
    .unwrap();
    let refused = SqliteStore::open(&path)
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("notes.txt"), "{refused}");
    assert!(SqliteStore::open(Path::new("/nonexistent/folder/invites.db")).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_file_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invites.db");
    let (one, other) = (
        SqliteStore::open(&path).unwrap(),
        SqliteStore::open(&path).unwrap(),
    );
    let secrets = Secrets::generate().unwrap();
    let time = Time::new();
    let world = World {
        invites: Invites::new(one.clone(), secrets.clone(), time.clock()),
        time: time.clone(),
    };
    let second = World {
        invites: Invites::new(other, secrets, time.clock()),
        time,
    };
    world.member("alice", "notes", "arw").await;
    let invite = world.invite("alice", "notes", "r", Some(50)).await;
    let key = invite.key.as_ref().unwrap();
    let names = people(100);
    let (left, right) = names.split_at(50);
    let (left, right) = tokio::join!(world.all_accept(key, left), second.all_accept(key, right));
    let taken = left
        .iter()
        .chain(&right)
        .filter(|answer| answer.is_ok())
        .count();
    assert_eq!(taken, 50);
    assert_eq!(one.members("notes").await.unwrap().len(), 51);
    assert_eq!(
        one.resources(&user("alice"), None, None, 100)
            .await
            .unwrap()
            .len(),
        1
    );
}
