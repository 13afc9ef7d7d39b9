//! People who talk to a server that speaks Webstrates' wire and has the test sign-in.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Far more than anything here takes; only a test that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Where a server is.
pub struct Place {
    pub url: String,
}

impl Place {
    /// `path` begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Signs in with the test sign-in.
    pub async fn person(&self, username: &str) -> Person {
        let response = http()
            .post(self.at("/auth/test"))
            .header("accept", "application/json")
            .form(&[("username", username), ("password", "any")])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let cookie = response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let answer: Value = response.json().await.unwrap();
        Person {
            url: self.url.clone(),
            cookie,
            bearer: answer["bearer"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// Nobody signed in.
    pub fn anonymous(&self) -> Person {
        Person {
            url: self.url.clone(),
            cookie: String::new(),
            bearer: String::new(),
        }
    }

    /// Sets what somebody may do; `None` takes it all away.
    pub async fn member(&self, resource: &str, username: &str, permissions: Option<&str>) {
        let body = json!({ "username": username, "permissions": permissions });
        let response = http()
            .post(self.at(&format!("/demo/members/{resource}")))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
    }
}

/// The status of a GET whose path goes out byte for byte, which no tidy client would send.
pub async fn raw_status(url: &str, path: &str) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        // Nothing here speaks TLS, and reading the system's certificates takes longer than most requests.
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// Somebody with a browser on the server's own origin.
#[derive(Clone)]
pub struct Person {
    pub url: String,
    pub cookie: String,
    pub bearer: String,
}

impl Person {
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.request(reqwest::Method::GET, path)
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        http()
            .request(method, format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
    }

    pub async fn socket(&self) -> Socket {
        Socket::open(
            &self.url,
            "/doc/",
            &[("cookie", &self.cookie), ("origin", &self.url)],
        )
        .await
    }
}

/// A socket past its `init`.
pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub init: Value,
    calls: u32,
}

impl Socket {
    pub async fn open(url: &str, path: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut stream = connect(url, path, headers).await;
        let init = json_of(next(&mut stream).await.expect("a first frame"));
        assert_eq!(init["a"], "init", "{init}");
        Self {
            stream,
            init,
            calls: 0,
        }
    }

    pub async fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    pub async fn next(&mut self) -> Option<Message> {
        next(&mut self.stream).await
    }

    /// Whether nothing can be sent any more.
    pub async fn is_closed(&mut self) -> bool {
        self.stream.send(Message::text("{}")).await.is_err()
    }

    /// Sends with a fresh token and gives the frame that comes next, which must be the answer.
    pub async fn call(&mut self, mut frame: Value) -> Value {
        self.calls += 1;
        let token = format!("t{}", self.calls);
        frame["token"] = json!(token);
        self.send(&frame).await;
        let reply = json_of(self.next().await.expect("an answer"));
        assert_eq!(
            (&reply["wa"], &reply["token"]),
            (&json!("reply"), &json!(token)),
            "{reply}"
        );
        reply
    }

    pub async fn create(&mut self, resource: &str, permissions: &str, max_age: u32) -> String {
        let options = json!({ "permissions": permissions, "maxAge": max_age });
        let reply = self
            .call(json!({ "wa": "createInvite", "d": resource, "options": options }))
            .await;
        reply["reply"]["key"]
            .as_str()
            .unwrap_or_else(|| panic!("{reply}"))
            .to_owned()
    }

    pub async fn accept(&mut self, resource: &str, key: &str) -> Value {
        self.call(json!({ "wa": "acceptInvite", "d": resource, "options": { "key": key } }))
            .await
    }

    pub async fn list(&mut self, resource: &str) -> Vec<Value> {
        let reply = self
            .call(json!({ "wa": "getInvites", "d": resource }))
            .await;
        reply["reply"]
            .as_array()
            .unwrap_or_else(|| panic!("{reply}"))
            .clone()
    }
}

pub async fn connect(
    url: &str,
    path: &str,
    headers: &[(&'static str, &str)],
) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let mut request = format!("{}{path}", url.replacen("http", "ws", 1))
        .into_client_request()
        .unwrap();
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(request))
        .await
        .unwrap()
        .unwrap()
        .0
}

/// The next frame that is no ping.
pub async fn next(stream: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Option<Message> {
    loop {
        match tokio::time::timeout(PATIENCE, stream.next())
            .await
            .expect("something in time")
        {
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(message)) => return Some(message),
            Some(Err(_)) | None => return None,
        }
    }
}

pub fn json_of(message: Message) -> Value {
    let text = message
        .into_text()
        .unwrap_or_else(|error| panic!("no text: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The close frame that comes next: its code, 1005 if it has none, and its reason.
pub async fn closed(stream: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> (u16, String) {
    match next(stream).await {
        Some(Message::Close(Some(frame))) => (frame.code.into(), frame.reason.to_string()),
        Some(Message::Close(None)) => (1005, String::new()),
        other => panic!("no close frame: {other:?}"),
    }
}
