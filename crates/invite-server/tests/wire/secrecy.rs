//! A key is found nowhere but in the answers to those who may have it.

use futures_util::SinkExt as _;
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Server, closed, connect, http};

#[tokio::test]
async fn no_key_is_in_any_log_line_or_file() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let server = Server::on(&database);
    let alice = server.person("alice").await;
    let bob = server.person("bob").await;
    let mut own = alice.socket().await;
    // One that is used, one that is removed, and a marked one that nobody made.
    let used = own.create("notes", "rw", 600).await;
    let removed = own.create("notes", "r", 600).await;
    let marked = "f00dfeedbeefcafe".repeat(4);
    let response = alice
        .request(Method::POST, "/api/v1/resources/notes/invites")
        .json(&json!({ "permissions": "r", "message": "welcome" }))
        .send()
        .await
        .unwrap();
    let opaque = response.json::<serde_json::Value>().await.unwrap()["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let keys = [used.clone(), removed.clone(), marked, opaque];

    for key in &keys {
        let mut socket = bob.socket().await;
        for operation in ["checkInvite", "acceptInvite", "removeInvite"] {
            socket
                .call(json!({ "wa": operation, "d": "notes", "options": { "key": key } }))
                .await;
            socket.call(json!({ "wa": operation, "d": "notes", "options": { "key": format!("{key}x") } })).await;
            socket
                .call(json!({ "wa": operation, "d": key, "options": { "key": key } }))
                .await;
        }
        socket
            .send_text(&format!(
                "{{\"wa\":\"acceptInvite\",\"options\":{{\"key\":\"{key}\"}}"
            ))
            .await;
        socket
            .send(&json!({ "wa": key, "d": key, "token": key }))
            .await;
        let options = json!({ "permissions": key, "maxAge": key });
        own.call(json!({ "wa": "createInvite", "d": "notes", "options": options }))
            .await;

        // Wherever somebody may put it by mistake.
        for path in [
            format!("/notes/?acceptInvite={key}"),
            format!("/notes?acceptInvite={key}"),
            format!("/{key}"),
            format!("/{key}/"),
            format!("/{key}/?v"),
            format!("/notes/?token={key}&v"),
            format!("/sdk/{key}"),
            format!("/site/{key}.js"),
            format!("/nowhere/{key}/at/all"),
            format!("/api/v1/invites/{key}"),
            format!("/auth/test?continue=/notes/%3FacceptInvite={key}"),
        ] {
            for method in [
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::DELETE,
                Method::from_bytes(b"KEY").unwrap(),
            ] {
                let request = bob
                    .request(method, &path)
                    .header("referer", format!("{}/?acceptInvite={key}", server.url));
                request
                    .header("x-request-id", key)
                    .header("user-agent", key)
                    .body(key.clone())
                    .send()
                    .await
                    .unwrap();
            }
        }
        for path in ["check", "accept", "remove"] {
            for body in [
                json!({ "key": key }),
                json!({ "key": format!("{key}!") }),
                json!({ "key": key, "resource": key }),
                json!({ "key": [key] }),
            ] {
                bob.request(Method::POST, &format!("/api/v1/invites/{path}"))
                    .json(&body)
                    .send()
                    .await
                    .unwrap();
            }
        }
        http()
            .get(server.at("/api/v1/me"))
            .header("authorization", format!("Bearer {key}"))
            .send()
            .await
            .unwrap();
        http()
            .post(server.at("/auth/test"))
            .form(&[("username", format!("{key} ")), ("password", key.clone())])
            .send()
            .await
            .unwrap();
        let mut refused = connect(&server.url, &format!("/notes/?token={key}"), &[]).await;
        closed(&mut refused).await;
        let _ = socket.stream.send(Message::text(key.repeat(2000))).await;
        while socket.next().await.is_some() {}
    }
    own.call(json!({ "wa": "removeInvite", "d": "notes", "options": { "key": removed } }))
        .await;

    // While it runs the journal still holds every page that was written.
    let mut found = search(folder.path(), &keys);
    let (_, output) = server.stop();
    assert!(output.lines().count() > 100, "the log was on: {output}");
    found.extend(search(folder.path(), &keys));
    for key in &keys {
        for part in parts(key) {
            if output.to_lowercase().contains(&part.to_lowercase()) {
                found.push("the output".to_owned());
            }
        }
    }
    assert!(found.is_empty(), "a key is in {found:?}");
}

fn search(folder: &std::path::Path, keys: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        let holds = |part: &String| text.contains(&part.to_lowercase());
        found.extend(
            keys.iter()
                .flat_map(|key| parts(key))
                .filter(holds)
                .map(|_| path.display().to_string()),
        );
    }
    found
}

// The beginning and the end: half a key is too much already.
fn parts(key: &str) -> [String; 2] {
    [key[..20].to_owned(), key[key.len() - 20..].to_owned()]
}
