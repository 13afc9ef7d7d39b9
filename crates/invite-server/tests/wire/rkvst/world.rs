//! A server with clients, and their calls.

use std::path::Path;

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

use crate::support::{Server, command, http};

pub const TOKEN: &str = "/archivist/iam/v1/appidp/token";
pub const INVITES: &str = "/archivist/iam/v1/invites";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Of a refusal, after a look at its shape.
    pub fn refused(&self) -> (u16, u64) {
        let keys: Vec<_> = self.body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "message", "details"], "{self:?}");
        assert_eq!(self.body["details"], json!([]));
        assert!(self.body["message"].as_str().unwrap().len() > 10);
        (self.status, self.body["code"].as_u64().unwrap())
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Answer {
        status,
        headers,
        body,
    }
}

pub fn operate(database: &Path, arguments: &[&str]) -> String {
    let place = ["--database", database.to_str().unwrap()];
    let output = command(&[&place, arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A client: `apps add --dialect rkvst`, and what it calls.
pub struct Client {
    pub url: String,
    pub id: String,
    pub secret: String,
    pub bearer: String,
    pub http: reqwest::Client,
}

impl Client {
    pub async fn add(server: &Server, database: &Path, name: &str, arguments: &[&str]) -> Self {
        let said = operate(
            database,
            &[&["apps", "add", name, "--dialect", "rkvst"], arguments].concat(),
        );
        let (id, secret) = said.split_once('\n').unwrap();
        let mut client = Self {
            url: server.url.clone(),
            id: id.into(),
            secret: secret.into(),
            bearer: String::new(),
            http: http(),
        };
        let answer = client.token(&client.secret).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        client.bearer = answer.body["access_token"].as_str().unwrap().to_owned();
        client
    }

    pub async fn token(&self, secret: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.id),
            ("client_secret", secret),
        ];
        send(self.http.post(format!("{}{TOKEN}", self.url)).form(&form)).await
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.bearer)
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, body: &Value) -> Answer {
        send(self.request(Method::POST, INVITES).json(body)).await
    }

    /// Invites somebody; the invite's identity.
    pub async fn invite(&self, email: &str) -> String {
        let answer = self.post(&json!({ "email": email })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["identity"].as_str().unwrap().to_owned()
    }

    /// The addresses of all that a listing gives, without more pages.
    pub async fn emails(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("{INVITES}?{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        emails(&answer)
    }
}

pub fn emails(answer: &Answer) -> Vec<String> {
    let invites = answer.body["invites"].as_array().unwrap();
    let email = |invite: &Value| invite["email"].as_str().unwrap().to_owned();
    invites.iter().map(email).collect()
}

/// A server on a database of its own, and a client of `deals`.
pub struct World {
    pub folder: tempfile::TempDir,
    pub server: Server,
    pub crm: Client,
}

impl World {
    pub async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("invites.db");
        let place = ["--database", database.to_str().unwrap()];
        let server = Server::demo(&[&place, arguments].concat());
        let crm = Client::add(&server, &database, "crm", &["--resource", "deals"]).await;
        Self {
            folder,
            server,
            crm,
        }
    }

    pub async fn client(&self, name: &str, arguments: &[&str]) -> Client {
        Client::add(&self.server, &self.database(), name, arguments).await
    }

    pub fn operate(&self, arguments: &[&str]) -> String {
        operate(&self.database(), arguments)
    }

    fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("invites.db")
    }
}
