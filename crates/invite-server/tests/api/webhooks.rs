//! Webhooks on their way to a real listener: signed, tried again, and nowhere else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use invite_server::{
    core::{TrustedTime, Webhook},
    stop::Stop,
    webhooks::{Reach, Webhooks},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify, time::timeout};

use crate::server::Server;

/// Far more than anything here takes; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A backend that verifies what it is told with the library that Standard Webhooks gives out.
#[derive(Clone, Default)]
struct Backend {
    answers: Arc<Mutex<VecDeque<Response>>>,
    told: Arc<Mutex<Vec<Told>>>,
    more: Arc<Notify>,
}

struct Told {
    headers: HeaderMap,
    body: Bytes,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The library refuses timestamps that are not of now, so that replays are: the servers here have a clock of their
    /// own, for which the signature is compared alone.
    fn verified(&self, secret: &str) -> Value {
        let webhook = standardwebhooks::Webhook::new(secret).unwrap();
        let (id, time) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let expected = webhook.sign(id, time.parse().unwrap(), &self.body).unwrap();
        assert_eq!(self.header("webhook-signature"), expected);
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Backend {
    /// Listens; its address.
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(any(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook?tenant=7")
    }

    /// What it answers next, once; 204 when nothing is said.
    fn answer(&self, response: impl IntoResponse) {
        let mut answers = self.answers.lock().unwrap();
        answers.push_back(response.into_response());
    }

    /// Waits until it was told so often, and gives all of it.
    async fn told(&self, count: usize) -> Vec<Told> {
        let waiting = async {
            loop {
                let more = self.more.notified();
                if self.told.lock().unwrap().len() >= count {
                    return std::mem::take(&mut *self.told.lock().unwrap());
                }
                more.await;
            }
        };
        let all = timeout(PATIENCE, waiting).await.expect("not told");
        assert_eq!(all.len(), count);
        all
    }
}

async fn take(State(backend): State<Backend>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = backend.answers.lock().unwrap().pop_front();
    backend.told.lock().unwrap().push(Told { headers, body });
    backend.more.notify_one();
    answer.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
}

/// A server that sends as it would, until the value goes.
struct Sending {
    server: Server,
    stop: Stop,
}

impl Sending {
    async fn to(url: &str, reach: Reach) -> (Sending, String) {
        let server = Server::with_notes().await;
        server.invites.add_app("crm", true).await.unwrap();
        let secret = server.invites.set_webhook("crm", url).await.unwrap();
        let stop = Stop::new();
        let mut sending = Sending { server, stop };
        sending.begin(reach);
        (sending, secret.reveal().to_string())
    }

    fn begin(&mut self, reach: Reach) {
        self.stop = Stop::new();
        let invites = &self.server.invites;
        let time = TrustedTime::of(invites.clock().clone());
        let webhooks = Webhooks::new(invites.clone(), reach, time);
        tokio::spawn(webhooks.run(self.stop.begin()));
    }

    async fn webhook(&self) -> Webhook {
        self.server.invites.webhooks().await.unwrap().remove(0)
    }

    /// Waits until what went wrong is written down.
    async fn trouble(&self, wanted: &str) -> Webhook {
        let waiting = async {
            loop {
                let webhook = self.webhook().await;
                if let Some((trouble, _)) = &webhook.trouble
                    && trouble.contains(wanted)
                {
                    return webhook;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect(wanted)
    }

    /// Waits until nothing is left to send.
    async fn settled(&self) {
        let waiting = async {
            while self.server.invites.waiting("crm").await.unwrap() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("some wait");
    }

    async fn invite(&self) {
        let (_, key) = self.server.invite("alice", "notes", &json!({})).await;
        drop(key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_is_told_and_can_verify_it() {
    let backend = Backend::default();
    let (sending, secret) = Sending::to(&backend.listen().await, Reach::Loopback).await;
    let server = &sending.server;
    let extras = json!({"deal": 7, "text": "</script>\u{2028}\r\nx: y\u{0}"});
    let (id, key) = server
        .invite("alice", "notes", &json!({"extras": extras, "maxUses": 3}))
        .await;
    assert_eq!(server.accept(Some("erin"), &key).await.status, 200);
    let mut told: Vec<_> = backend
        .told(2)
        .await
        .iter()
        .map(|one| one.verified(&secret))
        .collect();
    told.sort_by_key(|one| one["type"].as_str().unwrap().to_owned());
    assert_eq!(told[0]["type"], "invite.created");
    assert_eq!(
        (&told[1]["type"], &told[1]["data"]["user"]),
        (
            &json!("invite.used"),
            &json!({"username": "erin", "provider": "test"})
        )
    );
    assert_eq!(
        (&told[1]["data"]["invite"], &told[1]["data"]["extras"]),
        (&json!(id), &extras)
    );
    for one in &told {
        server.description.check_webhook(one);
        assert!(!one.to_string().contains(&key[5..]), "a key");
    }
    server.pass_seconds(604_800);
    let ended = backend.told(1).await[0].verified(&secret);
    server.description.check_webhook(&ended);
    assert_eq!(
        (&ended["type"], &ended["data"]["user"]),
        (&json!("invite.expired"), &Value::Null)
    );
    sending.settled().await;
    sending.stop.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_as_the_same_message_also_by_another_copy() {
    let backend = Backend::default();
    backend.answer(StatusCode::INTERNAL_SERVER_ERROR);
    backend.answer((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "600")]));
    let (mut sending, secret) = Sending::to(&backend.listen().await, Reach::Loopback).await;
    sending.invite().await;
    let first = backend.told(1).await;
    sending.trouble("it answered 500").await;
    // Whoever stops finishes; what waits is in the database, for whoever comes.
    sending.stop.stop().await;
    sending.server.pass_seconds(2);
    sending.begin(Reach::Loopback);
    let second = backend.told(1).await;
    sending.trouble("it answered 429").await;
    sending.server.pass_seconds(599);
    // A look passes in which it is not due yet.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(backend.told(0).await.len(), 0);
    sending.server.pass_seconds(1);
    let third = backend.told(1).await;
    sending.settled().await;
    for one in [&first[0], &second[0], &third[0]] {
        assert_eq!(one.header("webhook-id"), first[0].header("webhook-id"));
        assert_eq!(one.body, first[0].body);
        one.verified(&secret);
    }
    let times = [&first[0], &third[0]].map(|one| one.header("webhook-timestamp").to_owned());
    assert_ne!(times[0], times[1], "the time is that of the attempt");
    assert_eq!(sending.webhook().await.failed, 0);
}

/// They may overtake each other: each says where it belongs.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_out_of_order_says_its_place() {
    let backend = Backend::default();
    backend.answer(StatusCode::SERVICE_UNAVAILABLE);
    let (sending, secret) = Sending::to(&backend.listen().await, Reach::Loopback).await;
    let server = &sending.server;
    let (id, key) = server
        .invite("alice", "notes", &json!({"maxUses": 3}))
        .await;
    backend.told(1).await;
    sending.trouble("it answered 503").await;
    assert_eq!(server.accept(Some("erin"), &key).await.status, 200);
    let path = format!("/api/v1/resources/notes/invites/{id}");
    let removed = server.request(Some("alice"), reqwest::Method::DELETE, &path);
    assert_eq!(removed.send().await.unwrap().status(), 200);
    let mut told = backend.told(2).await;
    server.pass_seconds(10);
    told.extend(backend.told(1).await);
    sending.settled().await;
    let told: Vec<Value> = told.iter().map(|one| one.verified(&secret)).collect();
    let last = told.last().unwrap();
    assert_eq!(last["type"], "invite.created", "it came last: {told:?}");
    let mut ordered = told.clone();
    ordered.sort_by_key(|one| one["data"]["sequence"].as_i64().unwrap());
    let seen: Vec<_> = ordered
        .iter()
        .map(|one| {
            (
                one["data"]["sequence"].as_i64().unwrap(),
                one["type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, "invite.created"),
            (2, "invite.used"),
            (3, "invite.removed")
        ]
    );
    // And whoever writes a backend reads how.
    let description = server.request(None, reqwest::Method::GET, "/api/v1/openapi.json");
    let description = description.send().await.unwrap().text().await.unwrap();
    assert!(
        description.contains("`data.sequence` is the order in which things happened on a resource")
    );
}

/// A mail that was given up is told with why.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_given_up_is_told_with_why_unless_it_was_asked_for_again() {
    let backend = Backend::default();
    let (sending, secret) = Sending::to(&backend.listen().await, Reach::Loopback).await;
    let server = &sending.server;
    let mailed = async || {
        let mut request = invite_server::core::CreateRequest::new(
            invite_key::Permissions::READ,
            3600,
            invite_key::KeyKind::Opaque,
        );
        (request.email, request.send) = (Some("bob@example.com".into()), true);
        let alice =
            invite_server::core::Actor::new(invite_server::core::User::new("alice", "test"));
        let invites = &server.invites;
        let invite = invites
            .create(Some(&alice), "notes", request)
            .await
            .unwrap();
        let mails = invites.take_mails(1, 30).await.unwrap();
        (alice, invite, mails.into_iter().next().unwrap())
    };
    let (alice, invite, mail) = mailed().await;
    backend.told(1).await;
    server
        .invites
        .give_up_mail(&mail, "no such mailbox")
        .await
        .unwrap();
    let told = backend.told(1).await[0].verified(&secret);
    server.description.check_webhook(&told);
    assert_eq!(told["type"], "invite.unmailed");
    let data = &told["data"];
    assert_eq!(
        (&data["invite"], &data["trouble"]),
        (&json!(invite.id), &json!("no such mailbox"))
    );
    assert_eq!(
        (&data["sequence"], &data["user"]),
        (&json!(2), &Value::Null)
    );
    // It is over: nothing more comes of it.
    server
        .invites
        .give_up_mail(&mail, "no such mailbox")
        .await
        .unwrap();

    let (_, again, mail) = mailed().await;
    backend.told(1).await;
    server.pass_seconds(1);
    server
        .invites
        .resend(Some(&alice), &again.id, 3600)
        .await
        .unwrap();
    server
        .invites
        .give_up_mail(&mail, "no such mailbox")
        .await
        .unwrap();
    sending.settled().await;
    assert_eq!(backend.told(0).await.len(), 0, "it was asked for again");
    assert_eq!(server.invites.take_mails(1, 30).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_it_is_given_up_and_after_410_at_once() {
    let backend = Backend::default();
    let (sending, _) = Sending::to(&backend.listen().await, Reach::Loopback).await;
    backend.answer(StatusCode::SERVICE_UNAVAILABLE);
    backend.answer(StatusCode::SERVICE_UNAVAILABLE);
    sending.invite().await;
    backend.told(1).await;
    sending.trouble("503").await;
    sending.server.pass_seconds(24 * 3600);
    backend.told(1).await;
    sending.settled().await;
    assert_eq!(sending.webhook().await.failed, 1);

    backend.answer(StatusCode::GONE);
    sending.invite().await;
    backend.told(1).await;
    let webhook = sending.trouble("gone").await;
    assert!(webhook.disabled_at.is_some());
    sending.invite().await;
    sending.settled().await;
    assert_eq!(backend.told(0).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_nowhere_else() {
    let elsewhere = Backend::default();
    let there = elsewhere.listen().await;
    let backend = Backend::default();
    backend.answer((
        StatusCode::TEMPORARY_REDIRECT,
        [("location", there.clone())],
    ));
    let (sending, _) = Sending::to(&backend.listen().await, Reach::Loopback).await;
    sending.invite().await;
    backend.told(1).await;
    sending.trouble("307, and redirects are not followed").await;
    sending.stop.stop().await;

    // Neither by a number nor by a name that stands for this machine.
    for url in [there.clone(), there.replace("127.0.0.1", "localhost")] {
        let (sending, _) = Sending::to(&url, Reach::Public).await;
        sending.invite().await;
        let webhook = sending.trouble("--webhooks-to").await;
        assert!(
            !webhook.trouble.unwrap().0.contains("tenant"),
            "its address"
        );
        sending.stop.stop().await;
    }
    // Nobody there.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let (sending, _) = Sending::to(&url, Reach::Loopback).await;
    sending.invite().await;
    sending.trouble("no answer: ").await;
    sending.stop.stop().await;
    assert_eq!(elsewhere.told(0).await.len(), 0);
}
