//! No key is anywhere but in the answers to its inviter and in the mail: not in any log line, metric, webhook, event or
//! answer to somebody else, nor in a byte of what the database writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cluster::Postgres;
use crate::people::client;
use crate::post::Post;
use crate::support::{PATIENCE, Person, Server, command, http};

/// What left the server, by where to: none of it may hold a key.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push((place.into(), text.into()));
    }

    async fn answer(&mut self, place: &str, request: reqwest::RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        let (headers, status) = (format!("{:?}", response.headers()), response.status());
        let text = response.text().await.unwrap();
        self.add(place, format!("{status} {headers} {text}"));
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn files(&mut self, files: &[PathBuf]) {
        for path in files {
            if let Ok(bytes) = std::fs::read(path) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.add(path.display().to_string(), text);
            }
        }
    }

    /// Where a key is: its beginning or its end, as they are or in base64.
    fn holding(&self, keys: &[String]) -> Vec<String> {
        let parts: Vec<String> = keys.iter().flat_map(|key| parts(key)).collect();
        let mut found = Vec::new();
        for (place, text) in &self.0 {
            // Nobody writes a database's files in other letters, and there is much of them.
            let lower = (text.len() < 1 << 20).then(|| text.to_lowercase());
            let other = |part: &String| {
                let lower = lower.as_ref();
                lower.is_some_and(|lower| lower.contains(&part.to_lowercase()))
            };
            if parts.iter().any(|part| text.contains(part) || other(part)) {
                found.push(place.clone());
            }
        }
        found
    }
}

fn parts(key: &str) -> Vec<String> {
    // A signed key begins with what all of its issuer have in common.
    let begin = key.len().saturating_sub(60);
    let end = &key[key.len() - 20..];
    let inner = &key[begin..begin + 20];
    let encoded = STANDARD_NO_PAD.encode(key);
    let url = URL_SAFE_NO_PAD.encode(key);
    vec![
        end.to_owned(),
        inner.to_owned(),
        encoded[4..28].to_owned(),
        url[url.len() - 24..].to_owned(),
    ]
}

/// A backend that keeps what it is told.
async fn backend() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&told);
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let text = format!("{headers:?} {}", String::from_utf8_lossy(&body));
        kept.lock().unwrap().push(text);
    };
    let router = Router::new().fallback(take);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, told)
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE * 3, waiting).await;
    assert!(waited.is_ok(), "in vain: {what}");
}

fn operate(database: &str, secret: &str, arguments: &[&str]) -> String {
    let place = ["--database", database, "--secret-file", secret];
    let output = command(&[&place, arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    // The secret file is what keys are made from; it holds none.
    files.filter(|path| path.is_file()).collect()
}

fn json_post(person: &Person, path: &str, body: &Value) -> reqwest::RequestBuilder {
    person.request(Method::POST, path).json(body)
}

async fn client_bearer(server: &Server, client: &str, secret: &str) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret),
    ];
    let request = http().post(server.at("/archivist/iam/v1/appidp/token"));
    let answer = request.form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn everything(database: &str, format: &str, files: impl Fn() -> Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let secret = secret.to_str().unwrap();
    let mut post = Post::open().await;
    let server = Server::start(&[
        "--demo",
        "--log",
        "trace",
        "--log-format",
        format,
        "--database",
        database,
        "--secret-file",
        secret,
        "--metrics",
        "127.0.0.1:0",
        "--smtp",
        &post.url,
        "--mail-from",
        "invites@example.org",
    ]);
    let (hook, told) = backend().await;
    let app = operate(database, secret, &["apps", "add", "crm", "--all-resources"]);
    operate(database, secret, &["apps", "webhook", "crm", &hook]);
    let mut seen = Seen::default();
    let (alice, bob) = (server.person("alice").await, server.person("bob").await);
    server.member("notes", "dora", Some("arw")).await;
    let added = operate(
        database,
        secret,
        &[
            "apps",
            "add",
            "Deals",
            "--dialect",
            "rkvst",
            "--resource",
            "notes",
        ],
    );
    let (deals, client_secret) = added.split_once('\n').unwrap();
    let bearer = client_bearer(&server, deals, client_secret).await;
    let dora = server.person("dora").await;

    // Of each sort one, as its inviter gets it: this is the one place, beside the mail, where a key may be.
    let mut keys = Vec::new();
    let invites = "/api/v1/resources/notes/invites";
    for body in [
        json!({ "permissions": "rw", "message": "welcome", "extras": { "a": 1 } }),
        json!({ "signed": true, "maxUses": 3 }),
        json!({ "email": "bob@example.com", "send": true }),
    ] {
        let answer = json_post(&alice, invites, &body).send().await.unwrap();
        let invite: Value = answer.json().await.unwrap();
        let key = invite["key"].as_str();
        keys.push(key.unwrap_or_else(|| panic!("{invite}")).to_owned());
    }
    let mut socket = alice.socket().await;
    keys.push(socket.create("notes", "r", 600).await);
    let mail = post.next().await;
    assert_eq!(mail.key(), keys[2], "the mail holds what it is for");
    // RKVST's answers hold none, not even to its inviter.
    let rkvst = server.at("/archivist/iam/v1/invites");
    let create = http().post(&rkvst).bearer_auth(&bearer);
    let create = create.json(&json!({ "email": "carol@example.com", "message": "hello" }));
    let made = seen.answer("rkvst create", create).await;
    keys.push(post.next().await.key().to_owned());
    let identity = made["identity"].as_str().unwrap();
    for url in [
        rkvst.clone(),
        server.at(&format!("/archivist/iam/v1/{identity}")),
    ] {
        let read = http().get(&url).bearer_auth(&bearer);
        seen.answer("rkvst", read).await;
    }

    let nobody = server.anonymous();
    for key in &keys {
        let with_key = json!({ "key": key });
        for person in [&bob, &dora, &nobody] {
            for call in ["check", "remove", "accept", "accept"] {
                let path = format!("/api/v1/invites/{call}");
                let answer = seen.answer(call, json_post(person, &path, &with_key)).await;
                if let Some(receipt) = answer["receipt"].as_str() {
                    let body = json!({ "receipt": receipt });
                    let redeem = http().post(server.at("/api/v1/receipts/redeem"));
                    seen.answer("redeem", redeem.bearer_auth(&app).json(&body))
                        .await;
                    let middle = receipt.split('.').nth(1).unwrap();
                    let claims = URL_SAFE_NO_PAD.decode(middle).unwrap();
                    seen.add("receipt", String::from_utf8(claims).unwrap());
                }
            }
        }
        seen.answer("pending", json_post(&nobody, "/api/v1/pending", &with_key))
            .await;
        let mut guest = bob.socket().await;
        for call in ["checkInvite", "acceptInvite", "removeInvite"] {
            let frame = json!({ "wa": call, "d": "notes", "options": with_key });
            let reply = guest.call(frame).await;
            // A check repeats the key to whoever brought it, as the original does.
            if call != "checkInvite" {
                seen.add(call, reply.to_string());
            }
        }
        // Where it does not belong.
        for path in [
            format!("/{key}/"),
            format!("/notes/?acceptInvite={key}"),
            format!("/api/v1/invites/{key}"),
            format!("/api/v1/resources/notes/invites?page_token={key}"),
            format!("/api/v1/resources/{key}/members"),
        ] {
            let request = bob.get(&path).header("x-request-id", key);
            request.bearer_auth(key).send().await.unwrap();
        }
    }
    for text in [client_secret, &bearer] {
        for path in [
            format!("/archivist/iam/v1/appidp/token?client_secret={text}"),
            format!("/archivist/{text}"),
            "/api/v1/me".to_owned(),
            format!("/archivist/iam/v1/invites/{text}"),
            format!("/archivist/iam/v1/invites?page_token={text}"),
        ] {
            let request = http().post(server.at(&path)).bearer_auth(text);
            let request = request.header("x-request-id", text).body(text.to_owned());
            seen.answer("a client astray", request).await;
        }
    }
    let listed = operate(database, secret, &["apps", "list"]);
    assert!(listed.contains("Deals"), "{listed}");
    seen.add("apps list", listed);
    let everyone = format!("{invites}?everyone=true");
    let listed = seen
        .answer("another admin's list", dora.get(&everyone))
        .await;
    assert!(listed["invites"].as_array().unwrap().len() >= 3, "{listed}");
    for path in [
        "/api/v1/resources/notes/members",
        "/api/v1/me",
        "/api/v1/openapi.json",
        "/.well-known/jwks.json",
        "/readyz",
    ] {
        seen.answer(path, dora.get(path)).await;
    }
    let removed = json!({ "key": keys[0] });
    let remove = json_post(&alice, "/api/v1/invites/remove", &removed);
    assert_eq!(remove.send().await.unwrap().status(), 200);

    // Created four times, used by two people, removed once: the backend and whoever watches have heard of it.
    until("webhooks", || {
        let told = told.lock().unwrap();
        let of = |kind: &str| told.iter().filter(|one| one.contains(kind)).count();
        of("invite.created") >= 4 && of("invite.used") >= 1 && of("invite.removed") >= 1
    })
    .await;
    for payload in told.lock().unwrap().iter() {
        seen.add("webhook", payload.as_str());
    }
    // From the beginning.
    let events = dora.get("/api/v1/resources/notes/events");
    let events = events.header("last-event-id", "0").timeout(PATIENCE * 5);
    let mut events = events.send().await.unwrap();
    let mut stream = String::new();
    while !stream.contains("removed") {
        let chunk = events.chunk().await;
        let chunk = chunk.unwrap_or_else(|error| panic!("{error} after {stream}"));
        let chunk = chunk.expect("more events");
        stream.push_str(&String::from_utf8_lossy(&chunk));
    }
    seen.add("events", stream);
    let output = server.output();
    let metrics = output
        .split_once("metrics")
        .and_then(|_| {
            let line = output.lines().find(|line| line.contains("metrics"))?;
            let (_, after) = line.split_once("127.0.0.1:")?;
            let port: String = after.chars().take_while(char::is_ascii_digit).collect();
            Some(format!("http://127.0.0.1:{port}/metrics"))
        })
        .unwrap();
    let text = client().get(metrics).send().await.unwrap();
    let text = text.text().await.unwrap();
    assert!(
        text.contains(r#"invite_server_mails_total{outcome="sent"} 2"#),
        "{text}"
    );
    seen.add("metrics", text);

    // While it runs the journal still holds every page that was written.
    seen.files(&files());
    let backup = folder.path().join("backup");
    operate(database, secret, &["backup", backup.to_str().unwrap()]);
    seen.files(&in_folder(folder.path()));
    if backup.is_dir() {
        seen.files(&in_folder(&backup));
    }
    let (_, output) = server.stop();
    assert!(output.lines().count() > 100, "the log was on: {output}");
    seen.add("log", output);
    keys.extend([client_secret.to_owned(), bearer]);
    let found = seen.holding(&keys);
    assert!(found.is_empty(), "a key is in {found:?}");

    // And it would be noticed.
    let mut control = Seen::default();
    control.add("mail", mail.text);
    assert_eq!(control.holding(&keys), ["mail"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_found_anywhere_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("invites.db");
    let files = || in_folder(folder.path());
    everything(database.to_str().unwrap(), "json", files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_found_anywhere_on_postgresql() {
    let postgres = Postgres::start(true);
    let database = postgres.database("marked").await;
    everything(&database, "text", || postgres.files()).await;
}
