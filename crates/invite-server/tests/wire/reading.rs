//! Mail scanners, prefetchers and whoever else reads addresses: nothing they do accepts or uses up an invite.

use std::path::Path;

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, http};

/// Every row of every table.
fn content(database: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut all = Vec::new();
    for name in names {
        let mut rows = connection
            .prepare(&format!("SELECT * FROM \"{name}\""))
            .unwrap();
        let columns = rows.column_count();
        let found = rows.query_map([], |row| {
            (0..columns)
                .map(|column| row.get_ref(column).map(|value| format!("{value:?}")))
                .collect::<Result<Vec<_>, _>>()
        });
        all.extend(
            found
                .unwrap()
                .map(|row| format!("{name} {:?}", row.unwrap())),
        );
    }
    all
}

#[tokio::test]
async fn reading_an_address_with_an_invite_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let erin = server.person("erin").await;
    let key = server
        .person("alice")
        .await
        .socket()
        .await
        .create("notes", "rw", 600)
        .await;
    let before = content(&database);
    assert!(before.len() > 4);

    let addresses = [
        format!("/notes?acceptInvite={key}"),
        format!("/notes/?acceptInvite={key}"),
        format!("/notes/?acceptInvite={key}&v"),
        format!("/notes/?acceptInvite={key}&json"),
        format!("/notes/?acceptInvite={key}&acceptInvite={key}"),
        format!("/join?acceptInvite={key}"),
        format!("/?acceptInvite={key}"),
        format!("/notes/?key={key}"),
        format!("/api/v1/resources?key={key}"),
        format!("/api/v1/invites/accept?key={key}"),
        "/notes/?acceptInvite=".to_owned(),
    ];
    let purposes: [&[(&str, &str)]; 3] = [
        &[],
        &[
            ("purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
        ],
        &[
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "cross-site"),
        ],
    ];
    for address in &addresses {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for purpose in purposes {
                for person in [&erin, &server.anonymous()] {
                    let request = purpose.iter().fold(
                        person.request(method.clone(), address),
                        |request, (name, value)| request.header(*name, *value),
                    );
                    let response = request.send().await.unwrap();
                    assert!(response.status().as_u16() < 500, "{method} {address}");
                }
            }
        }
        // A scanner that submits forms, without the SDK's body.
        erin.request(Method::POST, address)
            .form(&[("acceptInvite", &key)])
            .send()
            .await
            .unwrap();
    }
    assert_eq!(content(&database), before);

    assert_eq!(
        erin.socket().await.accept("notes", &key).await["reply"],
        "rw"
    );
    assert_ne!(content(&database), before, "the comparison sees an accept");
}

#[tokio::test]
async fn reading_needs_r_and_tells_a_stranger_nothing() {
    let server = Server::demo(&[]);
    server.member("doc", "alice", Some("arw")).await;
    server.member("doc", "writer", Some("w")).await;
    let refused = (
        403,
        "Insufficient permissions. Read is required to access this webstrate.".to_owned(),
    );
    for path in ["/doc/?v", "/doc/?json", "/ghost/?v", "/ghost/?json"] {
        for person in [
            server.anonymous(),
            server.person("bob").await,
            server.person("writer").await,
        ] {
            let response = person.get(path).send().await.unwrap();
            assert_eq!(
                (response.status().as_u16(), response.text().await.unwrap()),
                refused
            );
        }
    }
    let document: serde_json::Value = server
        .person("alice")
        .await
        .get("/doc/?json")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let members =
        serde_json::from_str::<serde_json::Value>(document[1]["data-auth"].as_str().unwrap())
            .unwrap();
    let entry = |name: &str, letters: &str| json!({ "username": name, "provider": "test", "permissions": letters });
    assert_eq!(
        members,
        json!([entry("alice", "arw"), entry("writer", "w")])
    );
}

#[tokio::test]
async fn the_version_moves_with_the_members_and_only_with_them() {
    let server = Server::demo(&[]);
    let alice = server.person("alice").await;
    let version = || async {
        alice
            .get("/notes/?v")
            .send()
            .await
            .unwrap()
            .json::<serde_json::Value>()
            .await
            .unwrap()["version"]
            .as_u64()
            .unwrap()
    };
    let first = version().await;
    let key = alice.socket().await.create("notes", "r", 600).await;
    assert_eq!(version().await, first);
    let mut bob = server.person("bob").await.socket().await;
    bob.accept("notes", &key).await;
    let second = version().await;
    assert!(second > first);
    bob.accept("notes", &key).await;
    assert_eq!(version().await, second);
}

#[tokio::test]
async fn addresses_are_redirected_within_the_server_only() {
    let server = Server::demo(&[]);
    let response = http()
        .get(server.at("/notes?acceptInvite=x&b=%20c"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (302, &"/notes/?acceptInvite=x&b=%20c".parse().unwrap())
    );
    for path in [
        "/%2F%2Fevil.example",
        "/%5Cevil.example",
        "/a%0d%0ab",
        "/api",
        "/.git",
        "/%zz",
        "/%ff",
        "/a%20b",
    ] {
        let response = http().get(server.at(path)).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers().get("location")
            ),
            (404, None),
            "{path}"
        );
    }
}
