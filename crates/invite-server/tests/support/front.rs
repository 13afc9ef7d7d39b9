//! The way in, as behind a balancer: each call goes to the next copy, and where none listens to the one after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::ledger::{Ledger, Number};

/// Longer than a request may take in the server: none is given up before it is answered.
const ANSWER: Duration = Duration::from_secs(60);
/// Until who was told to try again does so.
const AGAIN: Duration = Duration::from_millis(300);
/// How long who wants to be certain tries.
const PATIENCE: Duration = Duration::from_secs(180);

/// Nobody knows what came of it. The second is for a connection that ended; the others say too little, which is a defect.
const UNKNOWN: [&str; 4] = ["unknown_outcome", "no answer", "server_error", "no code"];

#[derive(Clone)]
pub struct Person {
    pub name: String,
    bearer: Arc<str>,
}

/// What came of a change.
#[derive(Debug)]
pub enum Said {
    /// It is done, and was said so after this kill.
    Yes(Value, Number),
    /// Nothing was changed, for this reason.
    No(String),
    Unknown,
}

pub struct Front {
    urls: Vec<String>,
    client: Client,
    turn: AtomicUsize,
    pub ledger: Arc<Ledger>,
}

impl Front {
    pub fn new(urls: Vec<String>, ledger: Arc<Ledger>) -> Self {
        Self::trusting([], urls, ledger)
    }

    /// The same where a proxy stands before them, whose certificates these vouch for.
    pub fn trusting(
        authorities: impl IntoIterator<Item = Certificate>,
        urls: Vec<String>,
        ledger: Arc<Ledger>,
    ) -> Self {
        let client = Client::builder().tls_certs_only(authorities);
        Self {
            urls,
            client: client.timeout(ANSWER).build().unwrap(),
            turn: AtomicUsize::new(0),
            ledger,
        }
    }

    /// The next copy's address.
    pub fn url(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.urls[turn % self.urls.len()]
    }

    /// Status and body; the error when nobody knows whether the request was carried out.
    async fn send(
        &self,
        request: impl Fn(&Client, &str) -> RequestBuilder,
    ) -> Result<(u16, Value), reqwest::Error> {
        let mut answer = request(&self.client, self.url()).send().await;
        for _ in 1..self.urls.len() {
            if !answer.as_ref().is_err_and(reqwest::Error::is_connect) {
                break;
            }
            answer = request(&self.client, self.url()).send().await;
        }
        let answer = answer?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// One attempt at a change; `repeat` is an Idempotency-Key.
    pub async fn change(
        &self,
        who: &Person,
        (method, path): (Method, &str),
        body: &Value,
        repeat: Option<&str>,
    ) -> Said {
        let sent = self.send(|client, url| {
            let request = client.request(method.clone(), format!("{url}{path}"));
            let request = request.bearer_auth(&who.bearer).json(body);
            match repeat {
                Some(key) => request.header("idempotency-key", key),
                None => request,
            }
        });
        let code = match sent.await {
            Ok((200 | 201, body)) => return Said::Yes(body, self.ledger.acknowledge()),
            Ok((_, body)) => body["code"].as_str().unwrap_or("no code").to_owned(),
            Err(_) => "no answer".to_owned(),
        };
        if code != "exhausted" {
            self.ledger.refuse(&code);
        }
        if UNKNOWN.contains(&code.as_str()) {
            Said::Unknown
        } else {
            Said::No(code)
        }
    }

    /// The same until it is certain, for what may be sent twice.
    pub async fn surely(
        &self,
        who: &Person,
        (method, path): (Method, &str),
        body: &Value,
        repeat: Option<&str>,
    ) -> Said {
        let began = Instant::now();
        loop {
            let said = self.change(who, (method.clone(), path), body, repeat).await;
            match said {
                Said::No(code) if code == "try_again" => {}
                Said::Unknown => {}
                certain => return certain,
            }
            assert!(began.elapsed() < PATIENCE, "nobody answers {path}");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Reads, until there is an answer.
    pub async fn ask(&self, who: &Person, path: &str) -> (u16, Value) {
        let began = Instant::now();
        loop {
            let sent = self
                .send(|client, url| client.get(format!("{url}{path}")).bearer_auth(&who.bearer));
            match sent.await {
                Ok((503, _)) | Err(_) => {}
                Ok(answer) => return answer,
            }
            assert!(began.elapsed() < PATIENCE, "nobody answers {path}");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Signs in with the test sign-in, until there is an answer.
    pub async fn sign_in(&self, name: &str) -> Person {
        let began = Instant::now();
        loop {
            let sent = self.send(|client, url| {
                let request = client.post(format!("{url}/auth/test"));
                let request = request.header("accept", "application/json");
                request.form(&[("username", name), ("password", "any")])
            });
            if let Ok((200, body)) = sent.await {
                return Person {
                    name: name.to_owned(),
                    bearer: body["bearer"].as_str().unwrap().into(),
                };
            }
            assert!(began.elapsed() < PATIENCE, "nobody can sign in");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// A stream of events after one of them, at the next copy.
    pub fn stream(
        &self,
        client: &Client,
        who: &Person,
        resource: &str,
        after: i64,
    ) -> RequestBuilder {
        let url = self.url();
        client
            .get(format!("{url}/api/v1/resources/{resource}/events"))
            .bearer_auth(&who.bearer)
            .header("last-event-id", after)
    }

    pub async fn begin(&self, who: &Person, resource: &str) -> Said {
        let path = format!("/api/v1/resources/{resource}");
        let mut said = self
            .change(who, (Method::PUT, &path), &json!({}), None)
            .await;
        // Nothing was changed: so the name is free.
        while matches!(&said, Said::No(code) if code == "try_again") {
            tokio::time::sleep(AGAIN).await;
            said = self
                .change(who, (Method::PUT, &path), &json!({}), None)
                .await;
        }
        said
    }

    pub async fn remove(&self, who: &Person, key: &str) -> Said {
        let call = (Method::POST, "/api/v1/invites/remove");
        self.change(who, call, &json!({ "key": key }), None).await
    }

    /// Accepting again is accepting once.
    pub async fn accept(&self, who: &Person, key: &str, until_certain: bool) -> Said {
        let call = (Method::POST, "/api/v1/invites/accept");
        let body = json!({ "key": key });
        if until_certain {
            self.surely(who, call, &body, None).await
        } else {
            self.change(who, call, &body, None).await
        }
    }

    /// Everybody with access but who asks; nobody where there is no such resource.
    pub async fn members(&self, who: &Person, resource: &str) -> Vec<String> {
        let path = format!("/api/v1/resources/{resource}/members?page_size=100");
        let (_, body) = self.ask(who, &path).await;
        let all = body["members"].as_array().into_iter().flatten();
        let names = all.map(|one| one["user"]["username"].as_str().unwrap().to_owned());
        names.filter(|name| *name != who.name).collect()
    }

    /// One's invites, however they stand.
    pub async fn invites(&self, who: &Person, resource: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for status in ["pending", "accepted", "removed"] {
            let path =
                format!("/api/v1/resources/{resource}/invites?page_size=100&status={status}");
            let (_, mut body) = self.ask(who, &path).await;
            all.extend(
                body["invites"]
                    .as_array_mut()
                    .map(std::mem::take)
                    .into_iter()
                    .flatten(),
            );
        }
        all
    }
}
