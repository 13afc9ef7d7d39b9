//! A backend that is told what happens by webhooks, and what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::apps::run;

/// What was being sent when a server was killed is sent again after 20 seconds; what failed, a little later each time.
const PATIENCE: Duration = Duration::from_secs(150);

/// What happened, to which invite, by whom.
pub type Happening = (String, String, String);

#[derive(Clone, Default)]
pub struct Backend {
    secret: Arc<Mutex<String>>,
    /// By `webhook-id`.
    told: Arc<Mutex<BTreeMap<String, Happening>>>,
    calls: Arc<Mutex<usize>>,
    forged: Arc<Mutex<usize>>,
    more: Arc<Notify>,
}

impl Backend {
    /// Listens, and has itself registered as an app's webhook.
    pub async fn join(database: &str, secret_file: &str) -> Backend {
        let backend = Backend::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/told", listener.local_addr().unwrap());
        let router = Router::new().route("/told", post(told));
        let router = router.with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (added, said) = run(
            database,
            secret_file,
            &["add", "backend", "--all-resources"],
        );
        assert!(added, "{said}");
        let (set, secret) = run(database, secret_file, &["webhook", "backend", &url]);
        assert!(set && secret.starts_with("whsec_"), "{secret}");
        *backend.secret.lock().unwrap() = secret;
        backend
    }

    /// Waits until it was told of all of this, each as one message, and makes sure that it was not told of anything
    /// that was refused. Gives how many calls and how many messages it got.
    pub async fn knows(
        &self,
        promised: &BTreeSet<Happening>,
        refused: &BTreeSet<Happening>,
    ) -> (usize, usize) {
        let waiting = async {
            loop {
                let more = self.more.notified();
                let known: BTreeSet<_> = self.told.lock().unwrap().values().cloned().collect();
                let missing: Vec<_> = promised.difference(&known).cloned().collect();
                if missing.is_empty() {
                    return;
                }
                if tokio::time::timeout(PATIENCE, more).await.is_err() {
                    let all = promised.len();
                    panic!("{} of {all} webhooks are lost: {missing:?}", missing.len());
                }
            }
        };
        waiting.await;
        assert_eq!(*self.forged.lock().unwrap(), 0, "signatures that are none");
        let told = self.told.lock().unwrap();
        let known: BTreeSet<_> = told.values().cloned().collect();
        assert_eq!(known.len(), told.len(), "one message for each happening");
        assert!(
            known.is_disjoint(refused),
            "what was refused has not happened"
        );
        (*self.calls.lock().unwrap(), told.len())
    }
}

async fn told(State(backend): State<Backend>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let call = {
        let mut calls = backend.calls.lock().unwrap();
        *calls += 1;
        *calls
    };
    let secret = backend.secret.lock().unwrap().clone();
    let webhook = standardwebhooks::Webhook::new(&secret).unwrap();
    if webhook.verify(&body, &headers).is_err() {
        *backend.forged.lock().unwrap() += 1;
        return StatusCode::BAD_REQUEST;
    }
    // Some it takes only when they come again.
    if call % 7 == 0 {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let data = &body["data"];
    let what = (
        text(&body["type"]),
        text(&data["invite"]),
        text(&data["user"]["username"]),
    );
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    backend.told.lock().unwrap().insert(id, what);
    backend.more.notify_waiters();
    StatusCode::OK
}
