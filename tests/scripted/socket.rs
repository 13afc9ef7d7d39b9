//! A Webstrates server that does what a test has set.

use std::cell::{Cell, RefCell};

use invite_key::InviteKey;
use invite_keys::error::Code;
use invite_keys::json::{self, Json};
use invite_keys::later::Reply;
use invite_keys::transport::{Request, Response};
use tokio::task::{JoinHandle, spawn_local};

use super::{Client, Method, Peer, Server, World, headers};

const WEBSTRATES: &str =
    r#"{"server":"https://example.org","dialect":"webstrates","resource":"doc"}"#;

/// The server.
#[derive(Default)]
pub struct Socket {
    /// `init` is held back.
    pub mute: Cell<bool>,
    /// Frames are taken and not answered.
    pub silent: Cell<bool>,
    /// Who is asking has no permissions: they may list no invites, and are told so even when all else is silent.
    pub stranger: Cell<bool>,
    /// And what they have got meanwhile.
    held: Cell<&'static str>,
    /// So many sockets, the oldest first, have died without a word: nothing is heard from them and nothing is sent.
    pub dead: Cell<usize>,
    /// The socket breaks at the next frame, so many times.
    pub drops: Cell<u32>,
    /// Nobody is there.
    pub down: Cell<bool>,
    /// The next answers are this error.
    pub refusal: RefCell<Option<&'static str>>,
    /// No invite is there any more, whatever the refusal says.
    pub gone: Cell<bool>,
    pub peers: RefCell<Vec<Peer>>,
    pub opened: Cell<u32>,
    pub closed: Cell<u32>,
    pub frames: RefCell<Vec<Json>>,
}

impl Socket {
    pub fn answer(&self, frame: &Json) {
        let peer = self.peers.borrow().last().unwrap().clone();
        let Some(token) = frame.text("token") else {
            return;
        };
        let mut reply = Json::object().with("wa", "reply").with("token", token);
        let check = frame.text("wa") == Some("checkInvite");
        let refusal = match *self.refusal.borrow() {
            Some("Unable to delete invite") if check => {
                self.gone.get().then_some("Invalid invitation key")
            }
            other => other,
        };
        match refusal {
            Some(words) => reply.set("error", words.into()),
            None => {
                reply.set("reply", self.result(frame));
                if frame.text("wa") == Some("acceptInvite") {
                    self.held.set("rw");
                }
            }
        }
        peer.send(&json::write(&reply));
    }

    fn result(&self, frame: &Json) -> Json {
        let invite = Json::object()
            .with("key", "a key")
            .with("webstrateId", frame.text("d").unwrap_or_default())
            .with("createdAt", "2026-11-21T05:21:08.803Z")
            .with("expiresAt", "2026-11-28T05:21:08.803Z");
        match frame.text("wa").unwrap() {
            "getInvites" => vec![invite].into(),
            "acceptInvite" => "rw".into(),
            "removeInvite" => Json::object()
                .with("acknowledged", true)
                .with("deletedCount", 1.0),
            _ => invite,
        }
    }

    pub fn sent(&self, action: &str) -> usize {
        self.frames
            .borrow()
            .iter()
            .filter(|frame| frame.text("wa") == Some(action))
            .count()
    }
}

impl Server for Socket {
    fn opened(&self, peer: &Peer, url: &str) {
        assert_eq!(url, "wss://example.org/doc/");
        self.opened.set(self.opened.get() + 1);
        self.peers.borrow_mut().push(peer.clone());
        if self.down.get() {
            peer.close(1006, "");
        } else if !self.mute.get() {
            peer.init();
        }
    }

    fn frame(&self, peer: &Peer, text: &str) {
        let frame = json::parse(text).unwrap();
        let peers = self.peers.borrow();
        let number = peers.iter().position(|known| known.is(peer)).unwrap();
        drop(peers);
        if number < self.dead.get() {
            return;
        }
        if self.stranger.get() && frame.text("wa") == Some("getInvites") {
            let reply = Json::object()
                .with("wa", "reply")
                .with("token", frame.text("token").unwrap())
                .with(
                    "error",
                    [
                        "Need admin permissions to manage invites. User only has ",
                        self.held.get(),
                        " on doc.",
                    ]
                    .concat(),
                );
            return peer.send(&json::write(&reply));
        }
        self.frames.borrow_mut().push(frame.clone());
        if self.drops.get() > 0 {
            self.drops.set(self.drops.get() - 1);
            peer.close(1006, "");
        } else if !self.silent.get() {
            self.answer(&frame);
        }
    }

    /// Nobody is signed in, as far as HTTP is asked: then nothing is asked before an accept.
    fn request(&self, _request: &Request) -> Option<Response> {
        (!self.down.get()).then(|| Response {
            status: 200,
            headers: headers("application/json", None),
            text: r#"{"username":"anonymous","provider":""}"#.to_owned(),
        })
    }

    fn closing(&self, peer: &Peer) {
        self.closed.set(self.closed.get() + 1);
        peer.close(1000, "");
    }
}

pub fn client() -> Client<Socket> {
    Client::new(World::new(Socket::default()), WEBSTRATES)
}

pub fn key() -> Json {
    InviteKey::webstrates(&[7; 32]).reveal().into()
}

/// Begins a call, as JavaScript does by calling.
pub fn start(client: &Client<Socket>, method: Method, arguments: Vec<Json>) -> JoinHandle<Reply> {
    spawn_local(client.call(method, arguments))
}

pub async fn turns() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

pub fn code(reply: Reply) -> Code {
    reply.unwrap_err().code
}
