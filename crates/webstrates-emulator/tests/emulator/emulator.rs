//! A running emulator and its controls.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::support::{Person, Server, Socket, command, http};

pub struct Emulator {
    server: Server,
}

impl Deref for Emulator {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Emulator {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    pub fn start_at(listen: &str, arguments: &[&str]) -> Self {
        let command = command(&[&["--listen", listen], arguments].concat());
        let server = Server::launch(command, "webstrates-emulator");
        Self { server }
    }

    pub async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let response = http()
            .request(
                method.parse().unwrap(),
                self.at(&format!("/emulate/{path}")),
            )
            .json(body)
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{path}: {response:?}");
        serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default()
    }

    pub async fn settings(&self, changes: Value) {
        self.control("PATCH", "settings", &changes).await;
    }

    /// Makes a webstrate of these people, or sets its people.
    pub async fn webstrate(&self, id: &str, people: &[(&str, &str)]) {
        let auth: Vec<Value> = people
            .iter()
            .map(|(username, permissions)| {
                let provider = if *username == "anonymous" { "" } else { "test" };
                json!({ "username": username, "provider": provider, "permissions": permissions })
            })
            .collect();
        self.control("PUT", &format!("webstrates/{id}"), &json!({ "auth": auth }))
            .await;
    }

    /// What the document itself says somebody may do; `None` without an entry.
    pub async fn permissions(&self, id: &str, username: &str) -> Option<String> {
        let shown = self
            .control("GET", &format!("webstrates/{id}"), &Value::Null)
            .await;
        let entries = shown["auth"].as_array().cloned().unwrap_or_default();
        let entry = entries.iter().find(|entry| entry["username"] == username)?;
        Some(entry["permissions"].as_str().unwrap().to_owned())
    }

    /// The calls that arrived: action, token, fate.
    pub async fn calls(&self, wa: &str) -> Vec<(Value, Value)> {
        let all = self.control("GET", "calls", &Value::Null).await;
        let calls = all["calls"].as_array().unwrap().iter();
        calls
            .filter(|call| call["wa"] == wa)
            .map(|call| (call["token"].clone(), call["fate"].clone()))
            .collect()
    }

    /// A socket of somebody signed in, past its `init`, opened for a webstrate.
    pub async fn socket_at(&self, username: &str, id: &str) -> Socket {
        let person = self.person(username).await;
        Socket::open(&self.url, &format!("/{id}/"), &[("cookie", &person.cookie)]).await
    }

    pub async fn signed_in(&self, username: &str) -> (Person, Socket) {
        let person = self.person(username).await;
        let socket = person.socket().await;
        (person, socket)
    }
}

/// The error of a reply.
pub fn error(reply: &Value) -> &str {
    reply["error"]
        .as_str()
        .unwrap_or_else(|| panic!("no error: {reply}"))
}
