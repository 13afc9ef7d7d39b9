//! Webstrates: what is remembered of one person is nothing to the next who uses the browser, and who may not see who
//! has access does not look for ever.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use std::cell::{Cell, RefCell};

use invite_key::InviteKey;
use invite_keys::error::Code;
use invite_keys::json::{self, Json};
use invite_keys::transport::{Platform as _, Request, Response};
use scripted::{Client, Method, Peer, Server, World, headers, run};
use tokio::task::spawn_local;

const OPTIONS: &str = r#"{"server":"https://example.org","dialect":"webstrates","resource":"doc"}"#;

/// A document with a cache of permissions that is never cleared.
struct Document {
    /// Who is signed in.
    user: Cell<&'static str>,
    /// The cached letters; nothing for an admin, who may list.
    cached: Cell<Option<&'static str>>,
    /// `data-auth`, unless it cannot be read (403).
    members: RefCell<Option<String>>,
    version: Cell<u32>,
    down: Cell<bool>,
    looks: Cell<u32>,
    documents: Cell<u32>,
    invites: RefCell<String>,
    /// What an invite grants; one for each word.
    grants: Cell<&'static str>,
    /// The socket breaks once an accept has come, so many times.
    breaks: Cell<u32>,
    /// No socket can be had.
    refuses: Cell<bool>,
    /// Who has access after the second accept over HTTP: the first one is overwritten.
    accepted: Cell<u32>,
    /// Whoever accepts over HTTP may not see the page (403), taken or not.
    forbids: Cell<bool>,
    /// What comes of an accept over HTTP is lost on its way.
    loses: Cell<bool>,
    /// What happens on the page while the document is on its way.
    meanwhile: RefCell<Option<Box<dyn Fn()>>>,
}

impl Server for Document {
    fn opened(&self, peer: &Peer, _url: &str) {
        if self.refuses.get() {
            peer.close(1006, "");
        } else {
            peer.init();
        }
    }

    fn frame(&self, peer: &Peer, text: &str) {
        let frame = json::parse(text).unwrap();
        let invite = r#"{"key":"k","webstrateId":"doc","createdAt":"2026-11-21T05:21:08.803Z","expiresAt":"2026-11-28T05:21:08.803Z","createdBy":{"username":"carol","provider":"test"}}"#;
        let invite = json::parse(invite)
            .unwrap()
            .with("_id", ["invite of ", self.grants.get()].concat().as_str())
            .with("permissions", self.grants.get());
        if frame.text("wa") == Some("acceptInvite") && self.breaks.get() > 0 {
            self.breaks.set(self.breaks.get() - 1);
            return peer.close(1006, "");
        }
        let (name, answer) = match (frame.text("wa").unwrap(), self.cached.get()) {
            ("getInvites", Some(letters)) => (
                "error",
                Json::from(format!(
                    "Need admin permissions to manage invites. User only has {letters} on doc."
                )),
            ),
            ("getInvites", None) => ("reply", json::parse(&self.invites.borrow()).unwrap()),
            ("acceptInvite", _) => ("reply", "rw".into()),
            _ => ("reply", invite),
        };
        let reply = Json::object()
            .with("wa", "reply")
            .with("token", frame.text("token").unwrap())
            .with(name, answer);
        peer.send(&json::write(&reply));
    }

    fn request(&self, request: &Request) -> Option<Response> {
        let (status, text) = if request.method == "POST" {
            let user = Json::object()
                .with("username", self.user.get())
                .with("provider", "test");
            (200, json::write(&user))
        } else if request.url.contains("?acceptInvite=") {
            self.accepted.set(self.accepted.get() + 1);
            if self.loses.get() {
                return None;
            }
            if self.accepted.get() == 2 {
                let own = r#"{"data-auth":"[{\"username\":\"alice\",\"provider\":\"test\",\"permissions\":\"rw\"}]"}"#;
                self.members.replace(Some(own.to_owned()));
            }
            (if self.forbids.get() { 403 } else { 200 }, String::new())
        } else if request.url.contains("?v") {
            self.looks.set(self.looks.get() + 1);
            if self.down.get() {
                return None;
            }
            (200, format!(r#"{{"version":{}}}"#, self.version.get()))
        } else {
            self.documents.set(self.documents.get() + 1);
            if let Some(happens) = self.meanwhile.take() {
                happens();
            }
            match &*self.members.borrow() {
                Some(attributes) => (200, format!(r#"["html",{attributes},["body",{{}}]]"#)),
                None => (403, "Insufficient permissions.".to_owned()),
            }
        };
        Some(Response {
            status,
            headers: headers("application/json", None),
            text,
        })
    }
}

fn client(cached: Option<&'static str>, members: Option<&str>) -> Client<Document> {
    let document = Document {
        user: Cell::new("alice"),
        cached: Cell::new(cached),
        members: RefCell::new(members.map(str::to_owned)),
        version: Cell::new(1),
        down: Cell::default(),
        looks: Cell::default(),
        documents: Cell::default(),
        invites: RefCell::new("[]".to_owned()),
        grants: Cell::new("rw"),
        breaks: Cell::default(),
        refuses: Cell::default(),
        accepted: Cell::default(),
        forbids: Cell::default(),
        loses: Cell::default(),
        meanwhile: RefCell::default(),
    };
    Client::new(World::new(document), OPTIONS)
}

fn key() -> Json {
    InviteKey::webstrates(&[7; 32]).reveal().into()
}

#[test]
fn what_one_person_gained_lately_refuses_no_other() {
    run(async {
        // Alice gains `w`, and the server's cache still says `r`: a second accept would take it from her.
        let client = client(Some("r"), None);
        let accept = || client.call(Method::Accept, vec![key()]);
        assert_eq!(accept().await.unwrap(), "rw".into());
        // The same once more gives the same, and another would not.
        assert_eq!(accept().await.unwrap(), "rw".into());
        client.world.server.grants.set("ra");
        assert_eq!(accept().await.unwrap_err().code, Code::TryAgain);
        // Nor would one that gives it again: the first may be on its way still, and written over this one.
        client.world.server.grants.set("awr");
        assert_eq!(accept().await.unwrap_err().code, Code::TryAgain);
        client.world.server.grants.set("ra");
        // Bob signs in on the same computer.
        client.world.server.user.set("bob");
        client.connection.close();
        assert_eq!(accept().await.unwrap(), "rw".into());
        // Alice's are still hers.
        client.world.server.user.set("alice");
        client.connection.close();
        assert_eq!(accept().await.unwrap_err().code, Code::TryAgain);
    });
}

#[test]
fn a_call_is_not_refused_for_what_it_remembered_itself() {
    run(async {
        // The answer is lost, and the server's cache still says `r`.
        let lost = client(Some("r"), None);
        lost.world.server.breaks.set(1);
        let reply = lost.call(Method::Accept, vec![key()]).await;
        assert_eq!(reply.unwrap(), "rw".into());

        // Where no socket can be had: what came of the first one is overwritten, and nothing was gained.
        let nobody = client(None, Some(r#"{"data-auth":"[]"}"#));
        nobody.world.server.refuses.set(true);
        let reply = nobody.call(Method::Accept, vec![key()]).await;
        assert_eq!(reply.unwrap(), "rw".into());
        assert_eq!(nobody.world.server.accepted.get(), 2);
    });
}

#[test]
fn nothing_is_handed_in_over_http_for_somebody_who_signed_in_meanwhile() {
    run(async {
        let bobs = r#"{"data-auth":"[{\"username\":\"bob\",\"provider\":\"test\",\"permissions\":\"r\"}]"}"#;
        let client = client(None, Some(bobs));
        let server = &client.world.server;
        server.refuses.set(true);
        // Alice has nothing to lose, and Bob has.
        let world = std::rc::Rc::clone(&client.world);
        server.meanwhile.replace(Some(Box::new(move || {
            world.server.user.set("bob");
            world.visible.set(world.monotonic().max(0.001));
        })));
        let error = client.call(Method::Accept, vec![key()]).await.unwrap_err();
        assert_eq!((error.code, server.accepted.get()), (Code::Offline, 0));
    });
}

#[test]
fn an_invite_waits_for_one_that_was_handed_in_over_http_and_not_answered() {
    run(async {
        let client = client(None, Some(r#"{"data-auth":"[]"}"#));
        let server = &client.world.server;
        server.refuses.set(true);
        server.loses.set(true);
        let error = client.call(Method::Accept, vec![key()]).await.unwrap_err();
        assert_eq!(error.code, Code::Offline);
        let (began, lost) = (client.world.monotonic(), server.accepted.get());
        // The server may still be at it, and would write it over what the next one gives.
        server.loses.set(false);
        server.accepted.set(1);
        let other = InviteKey::webstrates(&[8; 32]).reveal().into();
        let reply = client.call(Method::Accept, vec![other]).await;
        assert_eq!((reply.unwrap(), lost > 0), ("rw".into(), true));
        assert!(client.world.monotonic() - began > 8_000.0);
        assert_eq!(server.accepted.get(), 2);
    });
}

#[test]
fn an_accept_of_which_nobody_can_say_what_came_is_not_told_as_taken() {
    run(async {
        for forbids in [true, false] {
            let client = client(None, None);
            client.world.server.refuses.set(true);
            client.world.server.forbids.set(forbids);
            let error = client.call(Method::Accept, vec![key()]).await.unwrap_err();
            assert_eq!(error.code, Code::UnknownOutcome);
            assert!(!error.message.contains("taken"), "{}", error.message);
            assert_eq!(client.world.server.accepted.get(), 1);
        }
    });
}

#[test]
fn who_may_not_list_watches_no_further_than_the_first_change() {
    run(async {
        let client = client(Some("r"), Some(r#"{"data-auth":"[]"}"#));
        let server = &client.world.server;
        let watch = spawn_local(client.call(Method::Watch, vec![]));
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        assert_eq!(server.documents.get(), 1);
        // Somebody writes, as people do: nothing that concerns invites.
        server.version.set(2);
        let error = watch.await.unwrap().unwrap_err();
        assert_eq!((error.code, error.retryable()), (Code::NotAdmin, false));
        assert_eq!(server.documents.get(), 1);
    });
}

#[test]
fn who_may_not_read_stops_watching() {
    run(async {
        let client = client(None, None);
        let error = client.call(Method::Watch, vec![]).await.unwrap_err();
        assert_eq!((error.code, error.retryable()), (Code::Forbidden, false));
    });
}

#[test]
fn the_first_accept_on_a_document_without_data_auth_is_told() {
    run(async {
        let client = client(None, Some("{}"));
        let server = &client.world.server;
        *server.invites.borrow_mut() =
            r#"[{"key":"k","webstrateId":"doc","permissions":"r"}]"#.to_owned();
        let watch = spawn_local(client.call(Method::Watch, vec![]));
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        *server.members.borrow_mut() = Some(
            r#"{"data-auth":"[{\"username\":\"bob\",\"provider\":\"test\",\"permissions\":\"r\"}]"}"#
                .to_owned(),
        );
        server.version.set(2);
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let events = client.world.events.borrow();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].0, "inviteused");
        assert_eq!(
            events[0].1.get("user").unwrap().text("username"),
            Some("bob")
        );
        watch.abort();
    });
}

#[test]
fn a_hidden_page_does_not_look_and_one_that_fails_looks_less_often() {
    run(async {
        let client = client(None, Some("{}"));
        let server = &client.world.server;
        client.world.hidden.set(true);
        let watch = spawn_local(client.call(Method::Watch, vec![]));
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        assert_eq!(server.looks.get(), 0);
        client.world.hidden.set(false);
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        assert!(server.looks.get() >= 3);
        server.down.set(true);
        server.looks.set(0);
        tokio::time::sleep(std::time::Duration::from_secs(600)).await;
        assert!(server.looks.get() < 20, "{} looks", server.looks.get());
        watch.abort();
        assert!(client.world.now() > 0.0);
    });
}
