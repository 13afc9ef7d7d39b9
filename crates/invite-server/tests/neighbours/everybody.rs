//! Everybody else: bob looks an invite up, carol makes one, dan accepts one, erin lists hers, and a monitor asks whether
//! the server is ready. None of them has to do with the neighbour's resource.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::scene::{HEADER, client};

/// Whoever waits longer was not served.
const PATIENCE: Duration = Duration::from_secs(5);

/// Seconds that what carol makes lasts, so that she never has as many invites as there may be.
const SHORT: u32 = 20;

pub struct Everybody {
    url: String,
    client: Client,
    /// An invite to `quiet`, which anybody may use.
    key: String,
    accepting: AtomicUsize,
}

impl Everybody {
    /// carol's resource and her invite.
    pub async fn on(url: &str) -> Everybody {
        let client = client(PATIENCE);
        let mut everybody = Everybody {
            url: url.to_owned(),
            client,
            key: String::new(),
            accepting: AtomicUsize::new(0),
        };
        let made = everybody.by("carol", Method::PUT, "/api/v1/resources/quiet");
        let made = made.json(&json!({})).send().await.unwrap();
        assert_eq!(made.status(), 201);
        let invite = everybody.create(3600).send().await.unwrap();
        let invite: Value = invite.json().await.unwrap();
        everybody.key = invite["key"].as_str().unwrap().to_owned();
        everybody
    }

    pub fn calls(&self) -> [&'static str; 5] {
        ["check", "create", "accept", "list", "readyz"]
    }

    /// Each once, for what is only slow the first time.
    pub async fn warm_up(&self) {
        for _ in 0..3 {
            for call in self.calls() {
                assert!(self.ask(call).await, "{call}");
            }
        }
    }

    /// Whether the call was served.
    pub async fn ask(&self, call: &str) -> bool {
        let request = match call {
            "check" => self
                .by("bob", Method::POST, "/api/v1/invites/check")
                .json(&json!({ "key": self.key })),
            "create" => self.create(SHORT),
            "accept" => {
                let number = self.accepting.fetch_add(1, Ordering::Relaxed);
                let somebody = format!("person{number}");
                self.by(&somebody, Method::POST, "/api/v1/invites/accept")
                    .json(&json!({ "key": self.key }))
            }
            "list" => self.by(
                "carol",
                Method::GET,
                "/api/v1/resources/quiet/invites?page_size=10",
            ),
            _ => self.by("monitor", Method::GET, "/readyz"),
        };
        match request.send().await {
            Ok(answer) => answer.status().is_success() && answer.bytes().await.is_ok(),
            Err(_) => false,
        }
    }

    fn create(&self, seconds: u32) -> RequestBuilder {
        self.by("carol", Method::POST, "/api/v1/resources/quiet/invites")
            .json(&json!({ "permissions": "r", "maxAge": seconds }))
    }

    fn by(&self, name: &str, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .header(HEADER, name)
            .header("origin", &self.url)
    }
}
