//! One socket: `init` first, then each call answered as it is done, in whatever order that is.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use invite_key::hex;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use super::answer::answer;
use super::frame::{self, Incoming};
use super::opener::Opener;
use super::turns::{Turn, Turns};
use crate::core::Actor;
use crate::invites::Invites;
use crate::limits::{Limits, Place, Who};
use crate::stop::Running;

/// Most bytes of a message.
const MESSAGE_BYTES: usize = 64 * 1024;
/// Most bytes that are read of one. What lies between is read whole, so that the sender still hears why it ends here:
/// a connection closed over unread bytes is reset, and a reset throws away what was on its way to the client.
pub(super) const READ_BYTES: usize = 2 * MESSAGE_BYTES;
/// Calls of one socket that are carried out at once; the next waits unread.
const CALLS_AT_ONCE: usize = 128;
/// Answers that may wait for a slow reader before no more calls are begun.
const ANSWERS_WAITING: usize = 16;
/// How long a client may take to read one answer.
const READING_TIME: Duration = Duration::from_secs(30);
/// How long a client may take to answer our goodbye.
const GOODBYE_TIME: Duration = Duration::from_secs(2);
/// After this long without a word the client is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(60);
/// And after this long it is taken for gone.
const GONE: Duration = Duration::from_secs(150);

/// What a socket works with.
pub(super) struct Session {
    pub(super) invites: Invites,
    pub(super) opener: Opener,
    /// The same, and from where, as far as it counts.
    pub(super) who: Who,
    /// How often they may call.
    pub(super) limits: Limits,
    /// Long answers wait for theirs.
    pub(super) turns: Turns,
    pub(super) running: Running,
    /// Its places among the sockets there may be, and among those of its address.
    pub(super) places: (OwnedSemaphorePermit, Place),
}

/// Serves a socket until either side ends it. Calls that were begun are finished and answered.
pub(super) async fn serve(socket: WebSocket, session: Session) {
    let Session {
        invites,
        opener,
        who,
        limits,
        turns,
        mut running,
        places,
    } = session;
    let (sink, mut stream) = socket.split();
    let (answers, waiting) = mpsc::channel(ANSWERS_WAITING);
    let writer = tokio::spawn(write(sink, waiting));
    let connection = connection_id();
    let calls = Arc::new(Semaphore::new(CALLS_AT_ONCE));
    let long = Arc::new(Semaphore::new(1));
    let (opener, who) = (Arc::new(opener), Arc::new(who));
    let mut heard = Instant::now();
    let _open = OpenSocket::count();
    tracing::debug!(
        connection,
        signed_in = opener.actor.is_some(),
        "socket opened"
    );

    let _ = answers.send(text(frame::init(&connection))).await;
    let mut farewell = None;
    // The writer ends when the client takes no more; then nobody is left to answer to.
    while !answers.is_closed() {
        let message = tokio::select! {
            message = stream.next() => message,
            () = tokio::time::sleep_until(heard + SILENCE), if heard.elapsed() < SILENCE => {
                let _ = answers
                    .send((Message::Ping(Vec::new().into()), None))
                    .await;
                continue;
            }
            () = tokio::time::sleep_until(heard + GONE) => break,
            () = opener.proof.gone() => {
                farewell = Some(over(&opener));
                break;
            }
            () = running.told() => {
                farewell = Some(close(close_code::AWAY, "The server is stopping."));
                break;
            }
        };
        heard = Instant::now();
        if opener.proof.are_gone() {
            farewell = Some(over(&opener));
            break;
        }
        match message {
            Some(Ok(Message::Text(text))) if text.len() <= MESSAGE_BYTES => {
                match frame::read(&text) {
                    Incoming::Call(call) => {
                        // Reading stops here while too much is under way: backpressure instead of a queue.
                        let Ok(permit) = Arc::clone(&calls).acquire_owned().await else {
                            break;
                        };
                        let (invites, opener, answers) =
                            (invites.clone(), Arc::clone(&opener), answers.clone());
                        let (limits, who) = (limits.clone(), Arc::clone(&who));
                        let (turns, long) = (turns.clone(), Arc::clone(&long));
                        tokio::spawn(async move {
                            let held = (&limits, who.as_ref());
                            let turn = match call.operation.lists() {
                                true => turns.take(&long, who.user.as_ref()).await,
                                false => None,
                            };
                            // Waiting may have taken long: nobody reads it any more, or it is no longer theirs.
                            if answers.is_closed() {
                                return;
                            }
                            let actor = opener.on(call.resource.as_deref());
                            let actor = actor.filter(|_| !opener.proof.are_gone());
                            let outcome = answer(&invites, actor, held, &call).await;
                            let reply = self::text(frame::reply(&call.token, outcome));
                            let _ = answers.send((reply.0, turn)).await;
                            drop(permit);
                        });
                    }
                    Incoming::Subscribe(document) => {
                        let user = user(opener.on(Some(&document)));
                        let hello = frame::hello(&connection, &document, user);
                        let _ = answers.send(self::text(hello)).await;
                    }
                    Incoming::Nothing => {}
                }
            }
            Some(Ok(Message::Close(_))) | None => break,
            Some(Ok(Message::Text(_)) | Err(_)) => {
                farewell = Some(close(
                    close_code::SIZE,
                    "A message is at most 64 KiB of text.",
                ));
                break;
            }
            // Neither side of the original uses binary frames; pings answer themselves.
            Some(Ok(_)) => {}
        }
    }

    // All permits back: every call that was begun has handed in its answer.
    let _ = timeout(READING_TIME, calls.acquire_many(CALLS_AT_ONCE as u32)).await;
    if let Some(farewell) = farewell {
        let _ = answers.send(farewell).await;
    }
    drop(answers);
    let _ = writer.await;
    let _ = timeout(GOODBYE_TIME, async {
        while let Some(Ok(_)) = stream.next().await {}
    })
    .await;
    tracing::debug!(connection, "socket closed");
    drop(places);
    drop(running);
}

/// Counts among the open sockets as long as it is there.
struct OpenSocket;

impl OpenSocket {
    fn count() -> Self {
        metrics::gauge!("invite_server_sockets").increment(1.0);
        Self
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        metrics::gauge!("invite_server_sockets").decrement(1.0);
    }
}

/// What goes out, and the turn that is over once it is out.
type Answer = (Message, Option<Turn>);

async fn write(mut sink: SplitSink<WebSocket, Message>, mut waiting: mpsc::Receiver<Answer>) {
    while let Some((message, _turn)) = waiting.recv().await {
        match timeout(READING_TIME, sink.send(message)).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    }
    let _ = timeout(READING_TIME, sink.close()).await;
}

/// Opens and closes at once, which is how Webstrates refuses a socket.
pub(super) async fn refuse(mut socket: WebSocket, reason: Option<&'static str>) {
    let frame = reason.map(|reason| CloseFrame {
        code: close_code::PROTOCOL,
        reason: Utf8Bytes::from_static(reason),
    });
    let goodbye = async {
        let _ = socket.send(Message::Close(frame)).await;
        while let Some(Ok(_)) = socket.recv().await {}
    };
    let _ = timeout(GOODBYE_TIME, goodbye).await;
}

fn text(text: String) -> Answer {
    (Message::Text(text.into()), None)
}

fn close(code: u16, reason: &'static str) -> Answer {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::from_static(reason),
    };
    (Message::Close(Some(frame)), None)
}

fn over(opener: &Opener) -> Answer {
    let (code, reason) = opener.farewell();
    close(code, reason)
}

fn connection_id() -> String {
    let mut bytes = [0_u8; 16];
    // The id names the connection and proves nothing, so it may even be zero.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(&bytes)
}

fn user(actor: Option<&Actor>) -> Value {
    match actor {
        Some(Actor { user, .. }) => {
            json!({ "userId": user.user_id(), "username": user.username, "provider": user.provider,
                                        "displayName": user.shown_name() })
        }
        None => json!({ "userId": "anonymous:", "username": "anonymous", "provider": "" }),
    }
}
