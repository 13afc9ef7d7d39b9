//! The way to PostgreSQL, encrypted: who is believed to be the database, and who is not.

use std::fs;

use invite_server::store::{PostgresStore, Store};

use crate::authority::Authority;
use crate::cluster::{Listen, Postgres};

#[tokio::test]
async fn the_database_is_believed_as_far_as_the_address_says() {
    let (ours, others) = (Authority::new(), Authority::new());
    let (certificate, key) = ours.vouch_for("db.example");
    let listen = Listen::somewhere();
    let postgres = Postgres::encrypting(&listen, &certificate, &key);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().replace('/', "%2F")
    };
    let ours = format!("&sslrootcert={}", file("ours.pem", &ours.pem));
    let others = format!("&sslrootcert={}", file("others.pem", &others.pem));
    let none = format!("&sslrootcert={}", file("none.pem", "nothing"));
    let missing = "&sslrootcert=%2Fnot%2Fthere.pem".to_owned();

    // It takes none that is not encrypted.
    for (name, query, fine) in [
        ("db.example", "sslmode=disable".to_owned(), false),
        ("db.example", "sslmode=prefer".to_owned(), true),
        ("other.example", "sslmode=require".to_owned(), true),
        ("db.example", "connect_timeout=20".to_owned(), true),
        ("db.example", format!("sslmode=verify-full{ours}"), true),
        ("db.example", format!("sslmode=require{ours}"), true),
        ("other.example", format!("sslmode=verify-full{ours}"), false),
        ("db.example", format!("sslmode=verify-full{others}"), false),
        ("db.example", format!("sslmode=require{others}"), false),
        // No authority that this machine knows has vouched for it.
        ("db.example", "sslmode=verify-full".to_owned(), false),
        ("db.example", format!("sslmode=verify-full{none}"), false),
        ("db.example", format!("sslmode=verify-full{missing}"), false),
    ] {
        let (address, port) = (&listen.address, listen.port);
        let url = format!("postgres://postgres@{name}:{port}/postgres?hostaddr={address}&{query}");
        let opened = PostgresStore::open(&url, 2).await;
        assert_eq!(opened.is_ok(), fine, "{name} {query}: {opened:?}");
        if let Ok(store) = opened {
            store.ready().await.unwrap();
        }
    }
    drop(postgres);
}
