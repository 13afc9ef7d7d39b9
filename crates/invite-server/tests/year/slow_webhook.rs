//! A backend that takes webhooks slowly: what others are told does not wait for it, and it misses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::{Router, http::StatusCode, routing::post};
use tokio::net::TcpListener;

use crate::apps::run;
use crate::backend::Backend;
use crate::instance::Instance;
use crate::scene::Scene;
use crate::states::until_said;

/// Longer than an attempt may take.
const NEVER: Duration = Duration::from_secs(3600);
const SAID: &str = "a webhook was not delivered app=\"slow\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo xtask test operations"]
async fn slow_webhook() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("invites.db");
    let database = file.to_str().unwrap();
    let server = Instance::start(database, &[]);
    let secret = server.secret();
    let secret = secret.to_str().unwrap();
    let backend = Backend::join(database, secret).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/slow", listener.local_addr().unwrap());
    let counted = Arc::clone(&calls);
    let slow = move || async move {
        counted.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(NEVER).await;
        StatusCode::OK
    };
    let router = Router::new().route("/slow", post(slow));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (added, said) = run(database, secret, &["add", "slow", "--all-resources"]);
    assert!(added, "{said}");
    let (set, said) = run(database, secret, &["webhook", "slow", &url]);
    assert!(set, "{said}");
    let mut scene = Scene::begin("slow webhook receiver", vec![server.url.clone()]).await;
    scene.strikes();
    until_said(&server, SAID);
    scene.goes_on().await;
    scene.ends_load().await;
    scene.holds().await;
    let (promised, refused) = scene.ledger.happenings();
    let began = Instant::now();
    // Some it takes only when they come again.
    backend.knows(&promised, &refused).await;
    let ready = began.elapsed();
    assert!(
        calls.load(Ordering::Relaxed) > 0,
        "the slow one was never called"
    );
    let log = server.output();
    let line = log.lines().find(|line| line.contains(SAID)).unwrap();
    let said = line.split_once(' ').unwrap().1.trim().to_owned();
    scene.judge(ready, 60, said, &[]);
}
