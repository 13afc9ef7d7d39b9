//! People who call the HTTP API, many at once.

use std::sync::Arc;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{PATIENCE, Server};

/// Somebody with a bearer, which every copy of the server takes that has the same secret file.
#[derive(Clone)]
pub struct Caller {
    pub name: String,
    bearer: Arc<str>,
    client: Client,
}

/// `Err` when no answer came, so that nobody knows what happened.
pub type Answer = Result<(u16, Value), reqwest::Error>;

pub fn client() -> Client {
    Client::builder().timeout(PATIENCE * 2).build().unwrap()
}

pub async fn sign_in(server: &Server, client: &Client, name: &str) -> Caller {
    let answer = client
        .post(server.at("/auth/test"))
        .header("accept", "application/json")
        .form(&[("username", name), ("password", "any")])
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    Caller {
        name: name.into(),
        bearer: body["bearer"].as_str().unwrap().into(),
        client: client.clone(),
    }
}

pub async fn sign_in_all(server: &Server, client: &Client, count: usize) -> Vec<Caller> {
    let mut all = Vec::new();
    for number in 0..count {
        all.push(sign_in(server, client, &format!("person{number}")).await);
    }
    all
}

impl Caller {
    pub async fn call(&self, method: Method, url: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = self
            .client
            .request(method, format!("{url}{path}"))
            .bearer_auth(&self.bearer);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }

    pub async fn accept(&self, url: &str, key: &str) -> Answer {
        self.call(
            Method::POST,
            url,
            "/api/v1/invites/accept",
            Some(json!({ "key": key })),
        )
        .await
    }

    /// The same, up to so many times, until there is an answer that is more than that there was no time for one.
    pub async fn accept_within(&self, url: &str, key: &str, attempts: usize) -> Answer {
        let mut answer = self.accept(url, key).await;
        for _ in 1..attempts {
            if !matches!(code(&answer), "try_again" | "no answer") {
                break;
            }
            answer = self.accept(url, key).await;
        }
        answer
    }

    pub async fn remove(&self, url: &str, key: &str) -> Answer {
        self.call(
            Method::POST,
            url,
            "/api/v1/invites/remove",
            Some(json!({ "key": key })),
        )
        .await
    }

    pub async fn begin(&self, url: &str, resource: &str) -> Answer {
        let path = format!("/api/v1/resources/{resource}");
        self.call(Method::PUT, url, &path, Some(json!({}))).await
    }

    pub async fn invite(&self, url: &str, resource: &str, options: Value) -> Answer {
        let path = format!("/api/v1/resources/{resource}/invites");
        self.call(Method::POST, url, &path, Some(options)).await
    }

    /// Every name with access, without whoever asks.
    pub async fn members(&self, url: &str, resource: &str) -> Vec<String> {
        let (mut names, mut from) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/resources/{resource}/members?page_size=100{from}");
            let (status, body) = self.call(Method::GET, url, &path, None).await.unwrap();
            if status == 403 {
                return Vec::new();
            }
            let page = body["members"]
                .as_array()
                .unwrap_or_else(|| panic!("{status} {body}"));
            let named = |one: &Value| one["user"]["username"].as_str().unwrap().to_owned();
            names.extend(page.iter().map(named));
            match body["next_page_token"]
                .as_str()
                .filter(|next| !next.is_empty())
            {
                Some(next) => from = format!("&page_token={next}"),
                None => break,
            }
        }
        names.retain(|name| *name != self.name);
        names
    }

    /// Reads so many events from the beginning, and no other that may be there; gives how many there were in time.
    pub async fn events(&self, url: &str, resource: &str, count: usize) -> usize {
        let path = format!("{url}/api/v1/resources/{resource}/events");
        let request = self
            .client
            .get(path)
            .bearer_auth(&self.bearer)
            .header("last-event-id", "0");
        let mut response = request.send().await.unwrap();
        let mut text = String::new();
        loop {
            let found = text.lines().filter(|line| line.starts_with("id: ")).count();
            if found >= count {
                return found;
            }
            match tokio::time::timeout(PATIENCE, response.chunk()).await {
                Ok(Ok(Some(chunk))) => text.push_str(&String::from_utf8_lossy(&chunk)),
                _ => return found,
            }
        }
    }

    /// One's invites that stand so.
    pub async fn invites(&self, url: &str, resource: &str, status: &str) -> Vec<Value> {
        let path = format!("/api/v1/resources/{resource}/invites?page_size=100&status={status}");
        let (_, body) = self.call(Method::GET, url, &path, None).await.unwrap();
        body["invites"].as_array().cloned().unwrap_or_default()
    }
}

pub fn code(answer: &Answer) -> &str {
    match answer {
        Ok((200 | 201, _)) => "yes",
        Ok((_, body)) => body["code"].as_str().unwrap_or("no code"),
        Err(_) => "no answer",
    }
}
