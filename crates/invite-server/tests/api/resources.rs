//! Resources: ids that somebody chose, ids that nobody chose, and whose they are.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const RESOURCES: &str = "/api/v1/resources";

fn named(name: &str) -> String {
    format!("{RESOURCES}/{name}")
}

#[tokio::test]
async fn an_id_that_nobody_chose_cannot_be_guessed() {
    let server = Server::start().await;
    let mut ids = BTreeSet::new();
    for number in 0..20 {
        let title = format!("Notes {number}");
        let made = server
            .post(Some("alice"), RESOURCES, &json!({ "title": title }))
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.body["resource"].as_str().unwrap().to_owned();
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
        assert_eq!(
            made.body,
            json!({"resource": id, "title": title, "permissions": "arw"})
        );
        ids.insert(id);
    }
    assert_eq!(ids.len(), 20);
    let invite = named(ids.first().unwrap()) + "/invites";
    assert_eq!(
        server.post(Some("alice"), &invite, &json!({})).await.status,
        201
    );
    assert_eq!(
        server.post(Some("bob"), &invite, &json!({})).await.code(),
        "not_admin"
    );
    for (body, field) in [
        (json!({"title": 7}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"resource": "mine"}), "resource"),
    ] {
        let refused = server.post(Some("alice"), RESOURCES, &body).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!(field))
        );
    }
    assert_eq!(
        server.post(None, RESOURCES, &json!({})).await.code(),
        "not_signed_in"
    );
}

/// Nobody learns from it whether there is such a resource, whose it is, or what it is called.
#[tokio::test]
async fn an_id_that_cannot_be_had_is_refused_in_the_same_words() {
    let server = Server::start().await;
    for (who, name) in [("alice", "hers"), ("bob", "his")] {
        let title = json!({"title": "Secret"});
        assert_eq!(
            server.put(Some(who), &named(name), &title).await.status,
            201
        );
    }
    let deleted = server.put(Some("alice"), &named("gone"), &json!({})).await;
    assert_eq!(deleted.status, 201);
    server.delete(Some("alice"), &named("gone")).await;
    let again = server.put(Some("bob"), &named("gone"), &json!({})).await;
    assert_eq!(again.status, 201, "it is free again");

    let mut answers = Vec::new();
    for name in ["hers", "his", "gone", "api", "site", "join", ".hidden"] {
        let Answer {
            status, mut body, ..
        } = server.put(Some("alice"), &named(name), &json!({})).await;
        body["requestId"] = Value::Null;
        answers.push((status, body.to_string().replace(name, "NAME")));
    }
    assert_eq!(answers[0].0, 409);
    assert!(
        answers.windows(2).all(|two| two[0] == two[1]),
        "{answers:#?}"
    );
    assert!(!answers[0].1.contains("Secret"));
    for name in ["a%20b", "%C3%A4"] {
        let refused = server.put(Some("alice"), &named(name), &json!({})).await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!("resource"))
        );
    }
}

async fn pages(server: &Server, who: &str, query: &str) -> Vec<Vec<String>> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("{RESOURCES}?{query}&page_token={token}");
        let answer = server.get(Some(who), &path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let listed = answer.body["resources"].as_array().unwrap();
        let name = |one: &Value| one["resource"].as_str().unwrap().to_owned();
        all.push(listed.iter().map(name).collect());
        token = answer.body["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return all;
        }
    }
}

#[tokio::test]
async fn ones_own_resources_come_page_by_page() {
    let server = Server::start().await;
    let names: Vec<String> = (0..120).map(|number| format!("notes{number:03}")).collect();
    for name in &names {
        server.member("alice", name, "r").await;
    }
    server.member("bob", "notes000", "arw").await;
    let lengths = |pages: &[Vec<String>]| pages.iter().map(Vec::len).collect::<Vec<_>>();
    for (query, expected) in [
        ("", vec![50, 50, 20]),
        ("page_size=60", vec![60, 60]),
        ("page_size=100", vec![100, 20]),
    ] {
        let listed = pages(&server, "alice", query).await;
        assert_eq!(lengths(&listed), expected, "{query}");
        assert_eq!(listed.concat(), names);
    }
    assert_eq!(pages(&server, "bob", "").await, [["notes000"]]);

    // An app sees those that it acts on.
    let app = server.invites.add_app("crm", false).await.unwrap();
    for name in &names[40..90] {
        server.invites.grant_app("crm", name).await.unwrap();
    }
    let app = format!("app:{}:alice", app.reveal());
    let listed = pages(&server, &app, "page_size=20").await;
    assert_eq!(lengths(&listed), [20, 20, 10]);
    assert_eq!(listed.concat(), names[40..90]);

    for (query, field) in [
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=x", "page_size"),
        ("page_token=%21", "page_token"),
        ("page_token=YSBi", "page_token"),
        ("q=x", "q"),
    ] {
        let path = format!("{RESOURCES}?{query}");
        let refused = server
            .send(server.request(Some("alice"), Method::GET, &path))
            .await;
        assert_eq!(
            (refused.status, &refused.body["field"]),
            (422, &json!(field)),
            "{query}"
        );
    }
}
