//! `backup` and `restore`: from either database into either, while somebody writes, and with every sort of key.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use invite_key::{InviteKey, KeyKind, Permissions};
use invite_server::address::DatabaseAddress;
use invite_server::core::{Actor, Clock, CreateRequest, ListRequest, Secrets, User};
use invite_server::invites::Invites;
use invite_server::store::{Database, Store as _};

use crate::cluster::Postgres;
use crate::support::command;

fn run(database: &str, secret: &Path, arguments: &[&str]) -> (bool, String) {
    let all = [
        &[
            "--database",
            database,
            "--secret-file",
            secret.to_str().unwrap(),
        ],
        arguments,
    ]
    .concat();
    let output = command(&all).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn open(database: &str, secret: &Path) -> (Database, Invites) {
    let address: DatabaseAddress = database.parse().unwrap();
    let store = Database::open(&address, 8).await.unwrap();
    let secrets = Secrets::load_or_create(secret).unwrap();
    let invites = Invites::new(store.clone(), secrets, Clock::system());
    (store, invites.issuing_as("https://invites.example"))
}

fn actor(name: &str) -> Actor {
    Actor::new(User::new(name, "test"))
}

async fn create(invites: &Invites, kind: KeyKind) -> (String, InviteKey) {
    let request = CreateRequest::new(Permissions::READ, 3600, kind);
    let made = invites
        .create(Some(&actor("alice")), "notes", request)
        .await
        .unwrap();
    (made.id, made.key.unwrap())
}

async fn listed(invites: &Invites) -> BTreeMap<String, String> {
    let request = ListRequest {
        page_size: 100,
        ..ListRequest::default()
    };
    let list = invites.list(Some(&actor("alice")), "notes", &request).await;
    let text = |key: Option<InviteKey>| key.map_or("no key".to_owned(), |key| key.reveal().into());
    let all = list.unwrap().invites.into_iter();
    all.map(|one| (one.id, text(one.key))).collect()
}

/// Uses an invite over and over until told to stop.
fn busy(
    invites: &Invites,
    key: &InviteKey,
    stop: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<u32> {
    let (invites, key, stop) = (invites.clone(), key.clone(), Arc::clone(stop));
    tokio::spawn(async move {
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) {
            let guest = actor(&format!("guest{number}"));
            invites.accept(Some(&guest), &key, None).await.unwrap();
            number += 1;
        }
        number
    })
}

async fn there_and_back(from: &str, into: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (secret, other) = (path("secret"), path("other secret"));
    let mut made = BTreeMap::new();
    let (mut app, mut client) = (None, None);
    for _ in 0..2 {
        let (store, invites) = open(from, &secret).await;
        let arw = Permissions::parse("arw").unwrap();
        let alice = actor("alice").user;
        invites.appoint("notes", &alice, arw).await.unwrap();
        for kind in [KeyKind::Opaque, KeyKind::Signed, KeyKind::Webstrates] {
            let (id, key) = create(&invites, kind).await;
            made.insert(id, key);
        }
        if app.is_none() {
            app = Some(invites.add_app("crm", true).await.unwrap());
            client = Some(invites.add_client("partner", "notes", arw).await.unwrap());
        }
        store.close().await;
        assert!(run(from, &secret, &["keys", "rotate", "--at-once"]).0);
    }

    // A backup while people come in.
    let (store, invites) = open(from, &secret).await;
    let stop = Arc::new(AtomicBool::new(false));
    let key = made.values().next().unwrap();
    let guests = busy(&invites, key, &stop);
    let backup = path("backup");
    let named = backup.to_str().unwrap().to_owned();
    let (done, said) = tokio::task::spawn_blocking({
        let (from, secret, named) = (from.to_owned(), secret.clone(), named.clone());
        move || run(&from, &secret, &["backup", &named])
    })
    .await
    .unwrap();
    assert!(done, "{said}");
    stop.store(true, Ordering::Relaxed);
    let came = guests.await.unwrap();
    let expected = listed(&invites).await;
    assert_eq!(expected.len(), made.len());
    store.close().await;
    let (again, said) = run(from, &secret, &["backup", &named]);
    assert!(!again && said.contains("not empty"), "{said}");
    #[cfg(unix)]
    for (name, mode) in [
        ("", 0o700),
        ("invites.db", 0o600),
        ("invites.secret", 0o600),
    ] {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(backup.join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
    for key in made.values() {
        let marked = &key.reveal().as_bytes()[5..35];
        let bytes = std::fs::read(backup.join("invites.db")).unwrap();
        assert!(!bytes.windows(marked.len()).any(|some| some == marked));
    }

    let (done, said) = run(into, &other, &["restore", &named]);
    assert!(done, "{said}");
    let (again, said) = run(into, &other, &["restore", &named]);
    assert!(!again && said.contains("--replace"), "{said}");
    let (store, invites) = open(into, &other).await;
    assert_eq!(listed(&invites).await, expected, "the same keys");
    let (resource, members) = store.resource("notes").await.unwrap().unwrap();
    assert!(
        members.len() <= came as usize + 2,
        "{} of {came}",
        members.len()
    );
    // One moment: what was counted is what was written.
    let events = store.events("notes", 0, 100_000).await.unwrap();
    assert_eq!(events.len() as i64, resource.events);
    assert_eq!(events.len(), made.len() + members.len() - 2);
    for key in made.values() {
        let accepted = invites.accept(Some(&actor("late")), key, None).await;
        assert!(accepted.is_ok(), "{accepted:?}");
    }
    assert!(invites.app(&app.unwrap()).await.unwrap().is_some());
    let (client, client_secret) = client.unwrap();
    assert_eq!(invites.clients().await.unwrap().first(), Some(&client));
    let bearer = invites.client_token(&client.id, &client_secret).await;
    assert!(invites.client_of(&bearer.unwrap()).await.is_ok());
    // Later rows are numbered after those that came back.
    let (newest, _) = create(&invites, KeyKind::Opaque).await;
    let first = ListRequest {
        page_size: 1,
        ..ListRequest::default()
    };
    let list = invites
        .list(Some(&actor("alice")), "notes", &first)
        .await
        .unwrap();
    assert_eq!(list.invites[0].id, newest);
    store.close().await;

    // What came since goes, and the other secret file stays beside.
    std::fs::remove_file(&other).unwrap();
    Secrets::load_or_create(&other).unwrap();
    let (refused, said) = run(into, &other, &["restore", &named]);
    assert!(!refused && said.contains("other secrets"), "{said}");
    let (done, said) = run(into, &other, &["restore", &named, "--replace"]);
    assert!(done, "{said}");
    assert!(path("other secret.replaced").exists());
    let (store, invites) = open(into, &other).await;
    assert_eq!(listed(&invites).await, expected);
    store.close().await;

    // Half a backup changes nothing.
    let rows = backup.join("invites.db");
    let bytes = std::fs::read(&rows).unwrap();
    std::fs::write(&rows, &bytes[..bytes.len() / 2]).unwrap();
    let (refused, said) = run(into, &other, &["restore", &named, "--replace"]);
    assert!(!refused && said.contains("not a whole backup"), "{said}");
    let (store, invites) = open(into, &other).await;
    assert_eq!(listed(&invites).await, expected);
    store.close().await;
}

#[test]
fn a_folder_that_is_no_backup_is_said_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (database, secret) = (place("invites.db"), place("invites.secret"));
    std::fs::create_dir(place("half")).unwrap();
    std::fs::write(place("half").join("invites.secret"), "").unwrap();
    for name in ["half", "nothing"] {
        let from = place(name);
        let arguments = ["restore", from.to_str().unwrap()];
        let (done, said) = run(database.to_str().unwrap(), &secret, &arguments);
        let sentence = format!(
            "invite-server: {} is no backup: name a folder that `backup` has made, with invites.db and invites.secret in it.\n",
            from.display()
        );
        assert_eq!((done, said), (false, sentence));
    }
    assert!(!database.exists() && !secret.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_sqlite_fills_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    there_and_back(&path("one.db"), &path("other.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_go_between_sqlite_and_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let postgres = Postgres::start(false);
    let fresh = async |name: &str| postgres.database(name).await;
    there_and_back(&path("one.db"), &fresh("one").await).await;
    there_and_back(&fresh("two").await, &path("two.db")).await;
    there_and_back(&fresh("three").await, &fresh("four").await).await;
}
