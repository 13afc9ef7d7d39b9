//! A server on a port of its own, with the real sign-in, the real store and a clock to move.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use invite_key::{KeyKind, Permissions};
use invite_server::{
    address::Origins,
    api::{self, ApiState},
    auth::{
        Auth, Ways,
        seal::{self, Purpose, Sealer},
    },
    core::{
        Accounts as _, Claimed, Clock, CreateRequest, Creators, Moment, Secrets, Subject,
        TEST_ISSUER, User,
    },
    dialect::Dialects,
    hub::Hub,
    invites::Invites,
    stop::Stop,
    store::SqliteStore,
};
use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::description::Description;

pub(crate) const ORIGIN: &str = "https://invites.example.com";

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) invites: Invites,
    pub(crate) store: SqliteStore,
    pub(crate) folder: TempDir,
    client: reqwest::Client,
    pub(crate) auth: Auth,
    bearers: Mutex<HashMap<(String, i64), String>>,
    time: Arc<AtomicI64>,
    pub(crate) description: Description,
    pub(crate) stop: Stop,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a problem, or `yes`.
    pub(crate) fn code(&self) -> &str {
        if self.status < 400 {
            "yes"
        } else {
            self.body["code"].as_str().unwrap_or("no code")
        }
    }
}

impl Server {
    pub(crate) async fn start() -> Server {
        Server::creating(Creators::People).await
    }

    /// Where these may create resources.
    pub(crate) async fn creating(creators: Creators) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let time = Arc::new(AtomicI64::new(1_795_238_468_803));
        let now = Arc::clone(&time);
        let clock = Clock::from_fn(move || Moment(now.load(Ordering::Relaxed)));
        let store = SqliteStore::open(&folder.path().join("invites.db")).unwrap();
        let secrets = Secrets::generate().unwrap();
        let sealer = Sealer::new(secrets.clone(), "sign-in");
        let invites = Invites::new(store.clone().into(), secrets, clock)
            .issuing_as(ORIGIN)
            .created_by(creators);
        let ways = Ways {
            test: true,
            ..Ways::default()
        };
        let auth = Auth::with(
            sealer,
            Origins::public(ORIGIN).unwrap(),
            ways,
            Arc::new(invites.clone()),
        );
        let stop = Stop::new();
        let api = api::dialect(ApiState {
            invites: invites.clone(),
            authenticator: Arc::new(auth.clone()),
            sign_in: Some("/auth/test".into()),
            stop: stop.clone(),
            hub: Hub::start(invites.clone(), store.clone().into(), stop.begin()),
            streams: api::Streams::new(256, 0),
            public_check: true,
            mails: false,
            limits: invite_server::limits::Limits::none(),
        });
        let (router, _) = Dialects::join(vec![api]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let description = Description::fetch(&client, &url).await;
        Server {
            url,
            invites,
            store,
            folder,
            client,
            auth,
            bearers: Mutex::default(),
            time,
            description,
            stop,
        }
    }

    /// A server where alice is admin of `notes` and bob may read it.
    pub(crate) async fn with_notes() -> Server {
        let server = Server::start().await;
        server.member("alice", "notes", "arw").await;
        server.member("bob", "notes", "r").await;
        server
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.time.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub(crate) async fn member(&self, name: &str, resource: &str, letters: &str) {
        let permissions = if letters.is_empty() {
            Permissions::NONE
        } else {
            Permissions::parse(letters).unwrap()
        };
        let user = User::new(name, "test");
        self.invites
            .appoint(resource, &user, permissions)
            .await
            .unwrap();
    }

    /// The bearer of somebody who is signed in; the same again as long as the clock stands.
    pub(crate) fn bearer(&self, name: &str) -> String {
        let moment = self.time.load(Ordering::Relaxed);
        let mut bearers = self.bearers.lock().unwrap();
        let fresh = || self.fresh_bearer(name);
        bearers
            .entry((name.to_owned(), moment))
            .or_insert_with(fresh)
            .clone()
    }

    fn fresh_bearer(&self, named: &str) -> String {
        let (name, provider) = named.split_once(':').unwrap_or((named, "test"));
        let claimed = Claimed {
            subject: Subject {
                iss: TEST_ISSUER.into(),
                sub: named.into(),
            },
            user: User::new(name, provider),
            email: None,
        };
        let invites = self.invites.clone();
        // Whoever asks for it cannot wait for a future.
        let begun = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let begun = invites.begin_session(claimed, None, 3600);
            runtime.unwrap().block_on(begun).unwrap()
        });
        let session = json!({ "session": begun.join().unwrap().id() });
        let sealer = self.auth.sealer();
        sealer.seal(Purpose::Bearer, &session, seal::now(), 3600)
    }

    /// The cookie of somebody who is signed in.
    pub(crate) async fn session(&self, name: &str) -> String {
        let claimed = Claimed {
            subject: Subject {
                iss: TEST_ISSUER.into(),
                sub: name.into(),
            },
            user: User::new(name, "test"),
            email: None,
        };
        let token = self.invites.begin_session(claimed, None, 3600).await;
        format!("__Host-session={}", token.unwrap().reveal())
    }

    /// A request by somebody with a bearer, or by nobody.
    pub(crate) fn request(&self, who: Option<&str>, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match who {
            // An app acts for somebody: app:KEY:NAME.
            Some(name) if name.starts_with("app:") => {
                let (key, name) = name[4..].split_once(':').unwrap();
                request
                    .bearer_auth(key)
                    .header("on-behalf-of", format!("{name}:test"))
            }
            Some(name) => request.bearer_auth(self.bearer(name)),
            None => request,
        }
    }

    /// Sends it, and holds the answer against what the OpenAPI document promises.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer {
            status,
            headers,
            body,
        };
        self.description.check(&method, &path, &answer);
        answer
    }

    pub(crate) async fn get(&self, who: Option<&str>, path: &str) -> Answer {
        self.send(self.request(who, Method::GET, path)).await
    }

    pub(crate) async fn post(&self, who: Option<&str>, path: &str, body: &Value) -> Answer {
        self.send(self.request(who, Method::POST, path).json(body))
            .await
    }

    pub(crate) async fn put(&self, who: Option<&str>, path: &str, body: &Value) -> Answer {
        self.send(self.request(who, Method::PUT, path).json(body))
            .await
    }

    pub(crate) async fn delete(&self, who: Option<&str>, path: &str) -> Answer {
        self.send(self.request(who, Method::DELETE, path)).await
    }

    /// Creates an invite through the API; its id and key.
    pub(crate) async fn invite(
        &self,
        who: &str,
        resource: &str,
        options: &Value,
    ) -> (String, String) {
        let answer = self
            .post(
                Some(who),
                &format!("/api/v1/resources/{resource}/invites"),
                options,
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        (text("id"), text("key"))
    }

    /// A key of the Webstrates kind, as that dialect makes them.
    pub(crate) async fn webstrates_invite(&self, who: &str, resource: &str) -> String {
        let asker = invite_server::core::Actor::new(User::new(who, "test"));
        let request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Webstrates);
        let invite = self
            .invites
            .create(Some(&asker), resource, request)
            .await
            .unwrap();
        invite.key.unwrap().reveal().to_owned()
    }

    pub(crate) async fn accept(&self, who: Option<&str>, key: &str) -> Answer {
        self.post(who, "/api/v1/invites/accept", &json!({"key": key}))
            .await
    }

    pub(crate) async fn check(&self, who: Option<&str>, key: &str) -> Answer {
        self.post(who, "/api/v1/invites/check", &json!({"key": key}))
            .await
    }
}
