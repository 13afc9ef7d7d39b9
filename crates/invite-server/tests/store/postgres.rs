//! PostgreSQL: the suite on a real one, and what several servers on one database have to keep.

use std::{fs, panic::AssertUnwindSafe, pin::Pin};

use futures_util::FutureExt as _;
use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{CreateRequest, Invites, Refusal, Secrets},
    store::{PostgresStore, Store},
};

use crate::{
    cluster::Postgres,
    plans::until_alone,
    suite::{self, store_suite},
    world::{Time, World, actor, people, user},
};

const CONNECTIONS: usize = 16;

async fn open(postgres: &Postgres, name: &str) -> PostgresStore {
    PostgresStore::open(&postgres.database(name).await, CONNECTIONS)
        .await
        .unwrap()
}

/// On the heap: all together are more than a test's stack.
type Case = fn(PostgresStore) -> Pin<Box<dyn Future<Output = ()>>>;

// One cluster for all cases, a database for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_suite() {
    let postgres = Postgres::start(false);
    let mut cases: Vec<(&str, Case)> = Vec::new();
    macro_rules! case {
        ($group:ident::$case:ident) => {
            let case: Case = |store| Box::pin(crate::suite::$group::$case(store));
            cases.push((stringify!($case), case));
        };
    }
    store_suite!(@each case);
    let mut failed = Vec::new();
    for (number, (name, case)) in cases.into_iter().enumerate() {
        println!("{name}");
        let case = case(open(&postgres, &format!("case{number}")).await);
        if AssertUnwindSafe(case).catch_unwind().await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// Two that wait for each other are told apart by the database after a second, and one of them begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_waits_in_a_circle_where_links_are_ended() {
    let postgres = Postgres::start(false);
    let store = open(&postgres, "circles").await;
    suite::members::ending_links_while_they_are_accepted(store.clone()).await;
    store.close();
    let client = postgres.connect("circles").await;
    until_alone(&client).await;
    let circles = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let circles: i64 = client.query_one(circles, &[]).await.unwrap().get(0);
    assert_eq!(circles, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_copies_on_one_database() {
    let postgres = Postgres::start(false);
    let address = postgres.database("copies").await;
    // All bring the schema up to date at once.
    let open = || PostgresStore::open(&address, CONNECTIONS);
    let (one, two, three) = tokio::join!(open(), open(), open());
    let time = Time::new();
    let secrets = Secrets::generate().unwrap();
    let stores = [one.unwrap(), two.unwrap(), three.unwrap()];
    let worlds = stores.clone().map(|store| World {
        invites: Invites::new(store, secrets.clone(), time.clock()),
        time: time.clone(),
    });
    worlds[0].member("alice", "notes", "arw").await;
    let invite = worlds[1].invite("alice", "notes", "r", Some(50)).await;
    let key = invite.key.as_ref().unwrap();
    let names = people(150);
    let (left, middle, right) = tokio::join!(
        worlds[0].all_accept(key, &names[..50]),
        worlds[1].all_accept(key, &names[50..100]),
        worlds[2].all_accept(key, &names[100..]),
    );
    let answers: Vec<_> = [left, middle, right].concat();
    let count =
        |wanted: &Result<bool, Refusal>| answers.iter().filter(|one| *one == wanted).count();
    assert_eq!(
        (count(&Ok(false)), count(&Err(Refusal::Exhausted))),
        (50, 100)
    );
    assert_eq!(stores[2].members("notes").await.unwrap().len(), 51);
    assert_eq!(
        stores[0]
            .resources(&user("alice"), None, None, 100)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn names_that_no_text_can_be_are_simply_not_there() {
    let postgres = Postgres::start(false);
    let world = World::over(open(&postgres, "names").await);
    let asker = actor("alice");
    let refused = world.invites.members(Some(&asker), "a\0b").await;
    assert_eq!(refused.unwrap_err().code(), "forbidden");
    let target = invite_server::core::RemoveTarget::Id("a\0b".into());
    let refused = world
        .invites
        .remove(Some(&asker), Some("a\0b"), &target)
        .await;
    assert_eq!(refused.unwrap_err().code(), "not_admin");
}

#[tokio::test]
async fn a_newer_schema_and_wrong_addresses_are_refused_without_the_password() {
    let postgres = Postgres::start(false);
    let address = postgres.database("newer").await;
    drop(PostgresStore::open(&address, 1).await.unwrap());
    let client = postgres.connect("newer").await;
    client
        .batch_execute("UPDATE invite_schema SET version = 999")
        .await
        .unwrap();
    let refused = PostgresStore::open(&address, 1)
        .await
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("999") && refused.contains("newer"),
        "{refused}"
    );

    for wrong in [
        "postgres://me:hunter2@127.0.0.1:notaport/x",
        "postgres://me:hunter2@%2Fnonexistent/x?connect_timeout=x",
    ] {
        let refused = PostgresStore::open(wrong, 1)
            .await
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}

#[tokio::test]
async fn no_key_is_in_the_files_of_the_database() {
    let mut postgres = Postgres::start(true);
    let store = open(&postgres, "secrecy").await;
    let invites = Invites::new(store, Secrets::generate().unwrap(), Time::new().clock());
    let (alice, bob) = (actor("alice"), actor("bob"));
    invites
        .create_resource(Some(&alice), "notes", None)
        .await
        .unwrap();
    let mut marked = Vec::new();
    for kind in [KeyKind::Opaque, KeyKind::Webstrates] {
        let mut request = CreateRequest::new(Permissions::READ, 3600, kind);
        request.message = Some("canary".into());
        let key = invites
            .create(Some(&alice), "notes", request)
            .await
            .unwrap()
            .key
            .unwrap();
        invites.accept(Some(&bob), &key, None).await.unwrap();
        marked.push(key.reveal().as_bytes()[5..35].to_vec());
    }
    // Everything from memory into the files, and from the log into the tables.
    postgres
        .connect("secrecy")
        .await
        .batch_execute("CHECKPOINT")
        .await
        .unwrap();
    postgres.crash();
    let mut canary = false;
    for file in postgres.files() {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        canary |= text.contains("canary");
        for needle in &marked {
            assert!(
                !text.contains(str::from_utf8(needle).unwrap()),
                "{}",
                file.display()
            );
        }
    }
    assert!(canary, "the search finds what is there");
}
