//! One socket of the emulated server, from opening to whatever ends it.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::answer::OPERATIONS;
use super::emulator::Emulator;
use super::people::Person;
use super::random::hex_id;
use super::settings::{Answers, Sockets, When};
use super::world::{Call, Fate, Outgoing, Socket};

/// Most bytes of a message: a larger one ends the socket with 1009.
pub(super) const MESSAGE_BYTES: usize = 100 * 1024 * 1024;
/// The document type that `init` names.
const DOCUMENT_TYPE: &str = "http://sharejs.org/types/JSONv0";
/// How long a client may take to answer a goodbye.
const GOODBYE_TIME: Duration = Duration::from_secs(2);

/// A socket as its calls see it.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) number: u64,
    /// Names the connection in `init` and in operations.
    pub(super) connection: String,
    /// The id among clients of a webstrate.
    pub(super) client: String,
    /// The webstrate in the socket's path.
    pub(super) webstrate: String,
    pub(super) person: Person,
    pub(super) out: UnboundedSender<Outgoing>,
}

impl Caller {
    pub(super) fn send(&self, frame: &Value) {
        // Who has gone hears nothing, carried out or not.
        let _ = self.out.send(Outgoing::Text(frame.to_string()));
    }
}

/// Serves a socket. `noop` is the original's way to open one that shares no documents: it gets no `init`.
pub(super) async fn serve(
    emulator: Emulator,
    socket: WebSocket,
    webstrate: String,
    person: Person,
    noop: bool,
) {
    let running = emulator.stop.subscribe();
    let (out, orders) = unbounded_channel();
    let client = hex_id::<5>();
    let entry = Socket {
        id: client.clone(),
        webstrate: webstrate.clone(),
        person: person.clone(),
        out: out.clone(),
        subscribed: false,
    };
    let number = emulator.world().open_socket(entry);
    let caller = Caller {
        number,
        connection: hex_id::<16>(),
        client,
        webstrate,
        person,
        out,
    };
    let mode = emulator.world().settings.sockets;
    match mode {
        Sockets::Closed => refuse(socket, None).await,
        _ => {
            exchange(
                &emulator,
                socket,
                &caller,
                orders,
                noop || mode == Sockets::Silent,
            )
            .await
        }
    }
    emulator.world().close_socket(number);
    drop(running);
}

async fn exchange(
    emulator: &Emulator,
    mut socket: WebSocket,
    caller: &Caller,
    mut orders: UnboundedReceiver<Outgoing>,
    silent: bool,
) {
    let mut changed = emulator.changed.subscribe();
    let mut running = emulator.stop.subscribe();
    let (init_time, lifetime) = {
        let mut world = emulator.world();
        (world.settings.init_time(), world.lifetime())
    };
    let init = Instant::now() + init_time;
    let mut initialised = silent;
    let mut end = lifetime.map(|time| Instant::now() + time);
    loop {
        tokio::select! {
            biased;
            () = told(&mut running) => return goodbye(socket, Some((1001, "".into()))).await,
            _ = changed.changed() => {
                let lifetime = emulator.world().lifetime();
                end = lifetime.map(|time| Instant::now() + time);
            }
            () = sleep_until(end.unwrap_or(init)), if end.is_some() => {
                end = None;
                // Dropped without a word: the client sees 1006.
                if emulator.world().take_cut() {
                    return;
                }
            }
            () = sleep_until(init), if !initialised => {
                initialised = true;
                let frame = init_frame(&caller.connection);
                if socket.send(Message::text(frame)).await.is_err() {
                    return;
                }
            }
            order = orders.recv() => match order {
                Some(Outgoing::Text(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
                Some(Outgoing::Cut(Some(code))) => return goodbye(socket, Some((code, "".into()))).await,
                Some(Outgoing::Cut(None)) | None => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let lost = !initialised && caller.person.is_signed_in();
                    hear(emulator, caller, &text, lost);
                }
                Some(Ok(Message::Close(_))) | None => return,
                Some(Err(_)) => return goodbye(socket, Some((1009, "".into()))).await,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Returns once it is time to end.
async fn told(running: &mut watch::Receiver<bool>) {
    let _ = running.wait_for(|stopped| *stopped).await;
}

// A message. What is no JSON object, or asks for what is not known, is never answered.
fn hear(emulator: &Emulator, caller: &Caller, text: &str, lost: bool) {
    let Ok(Value::Object(frame)) = serde_json::from_str(text) else {
        return;
    };
    let wa = frame.get("wa").and_then(Value::as_str).map(str::to_owned);
    match wa {
        Some(wa) => call(emulator, caller, wa, frame, lost),
        None if !lost && ignores(emulator) => {}
        None if !lost => super::share::hear(emulator, caller, &frame),
        None => {}
    }
}

fn ignores(emulator: &Emulator) -> bool {
    emulator.world().settings.answers == Answers::Ignored
}

fn call(emulator: &Emulator, caller: &Caller, wa: String, frame: Map<String, Value>, lost: bool) {
    let (number, fate) = {
        let mut world = emulator.world();
        let fate = if lost {
            Fate::Lost
        } else if !OPERATIONS.contains(&wa.as_str()) || !world.settings.invites {
            Fate::Unknown
        } else if world.settings.answers == Answers::Ignored {
            Fate::Ignored
        } else if world.cuts_on(&wa, When::Before) {
            Fate::Cut
        } else {
            Fate::UnderWay
        };
        let member = |name: &str| frame.get(name).cloned().unwrap_or_default();
        let record = Call {
            wa: wa.clone(),
            d: member("d"),
            token: member("token"),
            user: caller.person.user_id(),
            over: "socket",
            fate,
        };
        (world.record(record), fate)
    };
    match fate {
        Fate::Cut => {
            let _ = caller.out.send(Outgoing::Cut(None));
        }
        Fate::UnderWay => {
            // Each on its own, so that answers overtake each other.
            let (emulator, caller) = (emulator.clone(), caller.clone());
            tokio::spawn(async move { carry_out(&emulator, &caller, number, &wa, &frame).await });
        }
        _ => {}
    }
}

async fn carry_out(
    emulator: &Emulator,
    caller: &Caller,
    number: usize,
    wa: &str,
    frame: &Map<String, Value>,
) {
    let answer = emulator
        .perform(&caller.person, wa, frame.get("d"), frame.get("options"))
        .await;
    let (lateness, withheld, cut) = {
        let mut world = emulator.world();
        let fate = if answer.is_ok() {
            Fate::Done
        } else {
            Fate::Refused
        };
        world.settle(number, fate);
        let withheld = world.settings.answers == Answers::Withheld;
        (world.lateness(), withheld, world.cuts_on(wa, When::After))
    };
    if cut {
        let _ = caller.out.send(Outgoing::Cut(None));
        return;
    }
    if withheld {
        return;
    }
    if !lateness.is_zero() {
        sleep(lateness).await;
    }
    let mut reply = Map::from_iter([("wa".into(), "reply".into())]);
    if let Some(token) = frame.get("token") {
        reply.insert("token".into(), token.clone());
    }
    match answer {
        Ok(content) => reply.insert("reply".into(), content),
        Err(text) => reply.insert("error".into(), text.into()),
    };
    caller.send(&Value::Object(reply));
}

fn init_frame(connection: &str) -> String {
    json!({ "a": "init", "protocol": 1, "protocolMinor": 2, "id": connection, "type": DOCUMENT_TYPE }).to_string()
}

/// The answer to `hs`.
pub(super) fn handshake(connection: &str) -> Value {
    json!({ "a": "hs", "protocol": 1, "protocolMinor": 2, "id": connection, "type": DOCUMENT_TYPE })
}

/// Opens and closes at once, with 1002 and a reason, or without a code.
pub(super) async fn refuse(socket: WebSocket, reason: Option<&'static str>) {
    goodbye(
        socket,
        reason.map(|reason| (1002, Utf8Bytes::from_static(reason))),
    )
    .await;
}

async fn goodbye(mut socket: WebSocket, frame: Option<(u16, Utf8Bytes)>) {
    let frame = frame.map(|(code, reason)| CloseFrame { code, reason });
    let goodbye = async {
        let _ = socket.send(Message::Close(frame)).await;
        while let Some(Ok(_)) = socket.recv().await {}
    };
    let _ = timeout(GOODBYE_TIME, goodbye).await;
}
