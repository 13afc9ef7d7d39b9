//! Apps have limits of their own: they take nothing from each other, from their address, or from whom they act for.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Server, command, http};

/// Where both apps and their neighbours call from, as the trusted proxy says.
const HERE: &str = "198.51.100.7";

struct Scene {
    server: Server,
    folder: TempDir,
}

impl Scene {
    fn start(limits: &[&str]) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let proxy = ["--trust-proxy", "127.0.0.0/8"];
        let server = Server::demo(&[&files[..], &proxy, limits].concat());
        Scene { server, folder }
    }

    fn app(&self, name: &str) -> String {
        let files = files(&self.folder);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let add = ["apps", "add", name, "--all-resources"];
        let output = command(&[&files[..], &add].concat()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    async fn ask(
        &self,
        app: Option<&str>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> StatusCode {
        let mut request = http()
            .request(method, self.server.at(path))
            .header("x-forwarded-for", HERE);
        if let Some(app) = app {
            request = request
                .bearer_auth(app)
                .header("on-behalf-of", "alice:test");
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap().status()
    }

    async fn me(&self, app: Option<&str>) -> StatusCode {
        self.ask(app, Method::GET, "/api/v1/me", None).await
    }

    async fn check(&self, app: Option<&str>, key: &str) -> StatusCode {
        let body = json!({ "key": key });
        self.ask(app, Method::POST, "/api/v1/invites/check", Some(&body))
            .await
    }
}

fn files(folder: &TempDir) -> [String; 4] {
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    [
        "--database".into(),
        file("invites.db"),
        "--secret-file".into(),
        file("secret"),
    ]
}

/// An app key that is nobody's.
fn stranger(number: u32) -> String {
    format!("ika_{number:064x}")
}

#[tokio::test]
async fn an_app_counts_as_itself() {
    let scene = Scene::start(&[
        "--limit-app",
        "3",
        "--limit-address",
        "2",
        "--limit-user",
        "2",
    ]);
    let (crm, shop) = (scene.app("crm"), scene.app("shop"));
    for app in [&crm, &shop] {
        for _ in 0..3 {
            assert_eq!(scene.me(Some(app)).await, 200);
        }
        assert_eq!(scene.me(Some(app)).await, 429);
    }
    // Their address has all that it had, and once it has nothing left others of its apps do.
    for _ in 0..2 {
        assert_eq!(scene.me(None).await, 200);
    }
    assert_eq!(scene.me(None).await, 429);
    assert_eq!(scene.me(Some(&scene.app("late"))).await, 200);
    assert_eq!(scene.me(Some(&crm)).await, 429, "still");
    // So has she whom they acted for.
    let alice = scene.server.person("alice").await;
    let me = || {
        alice
            .get("/api/v1/me")
            .header("x-forwarded-for", "198.51.100.8")
            .send()
    };
    for _ in 0..2 {
        assert_eq!(me().await.unwrap().status(), 200);
    }
    assert_eq!(me().await.unwrap().status(), 429);
}

#[tokio::test]
async fn keys_that_are_no_apps_count_for_their_address_and_take_nothing_from_apps() {
    let scene = Scene::start(&["--limit-address", "4", "--limit-wrong-keys", "2"]);
    let (crm, late) = (scene.app("crm"), scene.app("late"));
    assert_eq!(scene.me(Some(&crm)).await, 200);
    for number in 0..4 {
        assert_eq!(scene.me(Some(&stranger(number))).await, 401);
    }
    assert_eq!(scene.me(Some(&stranger(4))).await, 429);
    for _ in 0..4 {
        assert_eq!(scene.me(Some(&crm)).await, 200, "who is known is known");
    }
    // For a while nobody looks there whose a key is that nobody knows.
    assert_eq!(scene.me(Some(&late)).await, 429);

    let files = files(&scene.folder);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let removed = command(&[&files[..], &["apps", "remove", "crm"]].concat()).output();
    assert!(removed.unwrap().status.success());
    assert_eq!(scene.me(Some(&crm)).await, 401, "its key opens nothing");
    assert_eq!(scene.me(Some(&crm)).await, 429, "and is nobody's");
}

#[tokio::test]
async fn an_app_that_guesses_keeps_nobody_else_from_trying() {
    let scene = Scene::start(&["--limit-wrong-keys", "2"]);
    let (crm, shop) = (scene.app("crm"), scene.app("shop"));
    let alice = scene.server.person("alice").await;
    let made = alice.request(Method::POST, "/api/v1/resources/notes/invites");
    let made = made.json(&json!({})).send().await.unwrap();
    let made: Value = made.json().await.unwrap();
    let good = made["key"].as_str().unwrap();
    for number in 0..3 {
        let wrong = format!("{number:064x}");
        assert_eq!(scene.check(Some(&crm), &wrong).await, 404);
    }
    assert_eq!(scene.check(Some(&crm), good).await, 429);
    for app in [Some(shop.as_str()), None] {
        assert_eq!(scene.check(app, good).await, 200);
    }
}
