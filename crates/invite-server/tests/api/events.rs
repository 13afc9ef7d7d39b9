//! Server-sent events.

use std::time::Duration;

use invite_key::{KeyKind, Permissions};
use invite_server::core::{Actor, Clock, CreateRequest, Invites, Secrets, User};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::server::Server;

const EVENTS: &str = "/api/v1/resources/notes/events";

/// A stream, read event by event.
struct Stream {
    /// Of the last event without data.
    place: String,
    response: Response,
    read: String,
}

impl Stream {
    async fn open(server: &Server, who: &str, after: Option<&str>) -> Stream {
        let mut request = server.request(Some(who), Method::GET, EVENTS);
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream {
            place: String::new(),
            response,
            read: String::new(),
        }
    }

    /// The id, the event and the data of the next; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| {
                    let start = format!("{name}: ");
                    let line = event.lines().find_map(|line| line.strip_prefix(&start));
                    line.unwrap_or_default().to_owned()
                };
                // A comment keeps the connection alive; without data it only says where the stream is.
                if event.starts_with(':') || !event.contains("data: ") {
                    self.place = field("id");
                    continue;
                }
                let data = serde_json::from_str(&field("data")).unwrap();
                return Some((field("id"), field("event"), data));
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
            let chunk = chunk.await.expect("something in time").ok()??;
            self.read.push_str(str::from_utf8(&chunk).unwrap());
        }
    }

    async fn kinds(&mut self, count: usize) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for _ in 0..count {
            let (id, kind, data) = self.next().await.unwrap();
            assert_eq!(data["type"], kind.as_str());
            assert_eq!(data["resource"], "notes");
            all.push((
                id,
                kind,
                data["user"]["username"].as_str().unwrap().to_owned(),
            ));
        }
        all
    }
}

fn told(id: u32, kind: &str, who: &str) -> (String, String, String) {
    (id.to_string(), format!("invite.{kind}"), who.into())
}

#[tokio::test]
async fn admins_are_told_what_happens_and_what_they_missed() {
    let server = Server::with_notes().await;
    let (first, _) = server.invite("alice", "notes", &json!({})).await;
    let mut live = Stream::open(&server, "alice", None).await;
    let (id, key) = server
        .invite("alice", "notes", &json!({"message": "canary"}))
        .await;
    server.accept(Some("erin"), &key).await;
    // Who is in already changes nothing, and nobody is told.
    server.accept(Some("erin"), &key).await;
    server.accept(Some("bob"), &key).await;
    server
        .post(
            Some("alice"),
            "/api/v1/invites/remove",
            &json!({"key": key}),
        )
        .await;
    let expected = [
        told(2, "created", "alice"),
        told(3, "used", "erin"),
        told(4, "removed", "alice"),
    ];
    assert_eq!(live.kinds(3).await, expected);
    assert_eq!(live.place, "1", "where it began");

    let mut missed = Stream::open(&server, "alice", Some("1")).await;
    assert_eq!(missed.kinds(3).await, expected);
    let mut all = Stream::open(&server, "alice", Some("0")).await;
    let (number, _, data) = all.next().await.unwrap();
    assert_eq!((number.as_str(), &data["invite"]), ("1", &json!(first)));
    assert_eq!(data["uses"], 0);
    let text = data.to_string();
    assert!(!text.contains("inv1_"), "{text}");
    assert_eq!(all.next().await.unwrap().2["invite"], json!(id));
    let (_, kind, data) = all.next().await.unwrap();
    assert_eq!((kind.as_str(), &data["uses"]), ("invite.used", &json!(1)));
    // A place beyond the end is of another database: from now on.
    let mut beyond = Stream::open(&server, "alice", Some("999")).await;
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(beyond.next().await.unwrap().0, "5");
}

#[tokio::test]
async fn a_stream_ends_with_the_permission_and_with_the_server() {
    let server = Server::with_notes().await;
    server.member("dora", "notes", "arw").await;
    let mut dora = Stream::open(&server, "dora", None).await;
    let mut alice = Stream::open(&server, "alice", None).await;
    server.member("dora", "notes", "r").await;
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(dora.next().await, None, "no longer her business");
    assert_eq!(alice.next().await.unwrap().1, "invite.created");
    server.stop.stop().await;
    assert_eq!(alice.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_the_app_that_began_it() {
    let server = Server::with_notes().await;
    let key = server.invites.add_app("crm", true).await.unwrap();
    let app = format!("app:{}:alice", key.reveal());
    let mut stream = Stream::open(&server, &app, None).await;
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(stream.next().await.unwrap().1, "invite.created");
    server.invites.remove_app("crm").await.unwrap();
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(stream.next().await, None, "its key opens nothing any more");
}

/// Nothing happens on the resource; and the operator's word comes from another process.
#[tokio::test]
async fn an_idle_stream_ends_with_the_power_of_the_app_that_began_it() {
    let server = Server::with_notes().await;
    let secrets = Secrets::generate().unwrap();
    let elsewhere = Invites::new(server.store.clone(), secrets, Clock::system());
    let mut streams = Vec::new();
    for (name, all) in [
        ("all", true),
        ("other", true),
        ("removed", false),
        ("revoked", false),
    ] {
        let key = elsewhere.add_app(name, all).await.unwrap();
        if !all {
            elsewhere.grant_app(name, "notes").await.unwrap();
        }
        let app = format!("app:{}:alice", key.reveal());
        streams.push(Stream::open(&server, &app, None).await);
    }
    elsewhere.remove_app("all").await.unwrap();
    elsewhere.remove_app("removed").await.unwrap();
    elsewhere.revoke_app("revoked", "notes").await.unwrap();
    let mut other = streams.remove(1);
    for stream in &mut streams {
        assert_eq!(stream.next().await, None);
    }
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(other.next().await.unwrap().1, "invite.created");
}

#[tokio::test]
async fn streams_that_are_refused() {
    let server = Server::with_notes().await;
    for (who, code) in [
        (None, "not_signed_in"),
        (Some("mallory"), "not_admin"),
        (Some("bob"), "not_admin"),
    ] {
        assert_eq!(server.get(who, EVENTS).await.code(), code);
    }
    for wrong in ["x", "-1", "1.5", ""] {
        let request = server.request(Some("alice"), Method::GET, EVENTS);
        let refused = server.send(request.header("last-event-id", wrong)).await;
        assert_eq!(refused.body["field"], "Last-Event-ID", "{wrong:?}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_resource_though_another_of_the_name_begins_at_once() {
    let server = Server::start().await;
    let notes = "/api/v1/resources/notes";
    let made = server.put(Some("alice"), notes, &json!({})).await;
    assert_eq!(made.status, 201);
    let mut watching = Stream::open(&server, "alice", None).await;
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(watching.kinds(1).await, [told(1, "created", "alice")]);
    server.pass_seconds(1);
    let deleted = server.delete(Some("alice"), notes).await;
    assert_eq!(
        (deleted.status, deleted.body),
        (200, json!({"acknowledged": true, "deletedCount": 1}))
    );
    let made = server.put(Some("bob"), notes, &json!({})).await;
    assert_eq!(made.status, 201);
    server.invite("bob", "notes", &json!({})).await;
    assert_eq!(watching.next().await, None, "it is bob's");
    let again = server.request(Some("alice"), Method::GET, EVENTS);
    assert_eq!(server.send(again).await.code(), "not_admin");
    let mut watching = Stream::open(&server, "bob", Some("0")).await;
    assert_eq!(watching.kinds(1).await, [told(1, "created", "bob")]);
}

/// Another copy deletes it and begins another between two looks: as much has happened to the one as to the other.
#[tokio::test]
async fn a_stream_ends_with_its_resource_on_every_copy() {
    let server = Server::start().await;
    let (alice, bob) = (User::new("alice", "test"), User::new("bob", "test"));
    let (alice, bob) = (Actor::new(alice), Actor::new(bob));
    let secrets = Secrets::generate().unwrap();
    let other = Invites::new(server.store.clone(), secrets, Clock::system());
    let made = other.create_resource(Some(&alice), "notes", None).await;
    made.unwrap();
    let mut watching = Stream::open(&server, "alice", None).await;
    server.invite("alice", "notes", &json!({})).await;
    assert_eq!(watching.kinds(1).await, [told(1, "created", "alice")]);
    let deleted = other.delete_resource(Some(&alice), "notes").await;
    deleted.unwrap();
    let made = other.create_resource(Some(&bob), "notes", None).await;
    made.unwrap();
    for _ in 0..2 {
        let request = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
        let made = other.create(Some(&bob), "notes", request).await;
        made.unwrap();
    }
    assert_eq!(watching.next().await, None, "it is bob's");
}
