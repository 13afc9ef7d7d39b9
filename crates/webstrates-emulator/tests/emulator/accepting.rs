//! Accepting: collisions, and what the permission cache makes of one accept after another.

use std::time::Duration;

use serde_json::{Value, json};

use crate::emulator::{Emulator, error};
use crate::support::Socket;

const PEOPLE: [&str; 8] = [
    "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan",
];

/// Eight people accept the same invite at once; the replies.
async fn all_at_once(emulator: &Emulator) -> Vec<Value> {
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    let key = emulator
        .signed_in("alice")
        .await
        .1
        .create("doc", "r", 60)
        .await;
    let mut sockets = Vec::new();
    for name in PEOPLE {
        sockets.push(emulator.signed_in(name).await.1);
    }
    let accepts = sockets.iter_mut().map(|socket| socket.accept("doc", &key));
    futures_util::future::join_all(accepts).await
}

async fn present(emulator: &Emulator) -> usize {
    let mut count = 0;
    for name in PEOPLE {
        count += usize::from(emulator.permissions("doc", name).await.is_some());
    }
    count
}

#[tokio::test]
async fn of_all_at_once_one_succeeds() {
    let emulator = Emulator::start(&["--write", "1500", "--overwrite", "0"]);
    let replies = all_at_once(&emulator).await;
    let (good, bad): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply["reply"] == "r");
    assert_eq!((good.len(), bad.len()), (1, 7));
    assert!(
        bad.iter()
            .all(|reply| error(reply) == "Op already submitted")
    );
    assert_eq!(present(&emulator).await, 1);
}

#[tokio::test]
async fn now_and_then_a_success_is_overwritten() {
    let emulator = Emulator::start(&["--write", "1500", "--overwrite", "1"]);
    let replies = all_at_once(&emulator).await;
    assert!(
        replies.iter().all(|reply| reply["reply"] == "r"),
        "{replies:?}"
    );
    assert_eq!(present(&emulator).await, 1);
}

#[tokio::test]
async fn one_after_another_nobody_is_lost() {
    let emulator = Emulator::start(&["--write", "0"]);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    let key = emulator
        .signed_in("alice")
        .await
        .1
        .create("doc", "r", 60)
        .await;
    for name in PEOPLE {
        let reply = emulator.signed_in(name).await.1.accept("doc", &key).await;
        assert_eq!(reply["reply"], "r", "{name}");
    }
    assert_eq!(present(&emulator).await, 8);
}

struct Staged {
    emulator: Emulator,
    bob: Socket,
    keys: [String; 3],
}

/// bob has accepted `r`, has been seen by the cache with it, and has accepted `w`.
async fn staged(cache: &str) -> Staged {
    let emulator = Emulator::start(&["--cache", cache]);
    emulator.webstrate("doc", &[("alice", "arw")]).await;
    let mut alice = emulator.signed_in("alice").await.1;
    let keys = [
        alice.create("doc", "r", 60).await,
        alice.create("doc", "w", 60).await,
        alice.create("doc", "a", 60).await,
    ];
    let mut bob = emulator.socket_at("bob", "doc").await;
    for (key, answer) in [(&keys[0], "r"), (&keys[0], "r"), (&keys[1], "rw")] {
        assert_eq!(bob.accept("doc", key).await["reply"], answer);
    }
    assert_eq!(emulator.permissions("doc", "bob").await.unwrap(), "rw");
    Staged {
        emulator,
        bob,
        keys,
    }
}

async fn edit(socket: &mut Socket, attribute: &str) -> Value {
    let component = json!({ "p": [1, attribute], "oi": "[]" });
    socket
        .send(&json!({ "a": "op", "c": "webstrates", "d": "doc", "v": 9, "seq": 1, "op": [component] }))
        .await;
    crate::support::json_of(socket.next().await.unwrap())
}

#[tokio::test]
async fn the_cache_does_not_notice_an_accept_and_the_next_one_loses_a_letter() {
    let Staged {
        emulator,
        mut bob,
        keys,
    } = staged("300").await;
    // What he was given does not act, and the refusal of getInvites shows why.
    let reply = edit(&mut bob, "data-x").await;
    assert_eq!(
        reply["error"]["message"],
        "Forbidden, write permissions required"
    );
    let reply = bob.call(json!({ "wa": "getInvites", "d": "doc" })).await;
    assert_eq!(
        error(&reply),
        "Need admin permissions to manage invites. User only has r on doc."
    );
    // Accepting w again cannot mend it, and accepting a loses w.
    assert_eq!(bob.accept("doc", &keys[1]).await["reply"], "rw");
    assert_eq!(bob.accept("doc", &keys[2]).await["reply"], "ra");
    assert_eq!(emulator.permissions("doc", "bob").await.unwrap(), "ra");
}

#[tokio::test]
async fn accepting_what_one_has_takes_the_newer_letter_away() {
    let Staged {
        emulator,
        mut bob,
        keys,
    } = staged("300").await;
    assert_eq!(bob.accept("doc", &keys[0]).await["reply"], "r");
    assert_eq!(emulator.permissions("doc", "bob").await.unwrap(), "r");
}

#[tokio::test]
async fn once_the_cache_forgets_nothing_is_lost() {
    let Staged {
        emulator,
        mut bob,
        keys,
    } = staged("0.4").await;
    // The event to wait for is the time itself.
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert!(edit(&mut bob, "data-x").await["error"].is_null());
    assert_eq!(bob.accept("doc", &keys[2]).await["reply"], "rwa");
    assert_eq!(emulator.permissions("doc", "bob").await.unwrap(), "rwa");
}

#[tokio::test]
async fn an_edit_of_data_auth_clears_the_cache_and_an_admin_in_it_shows_no_letters() {
    let Staged {
        emulator,
        mut bob,
        keys,
    } = staged("300").await;
    emulator
        .webstrate("doc", &[("alice", "arw"), ("bob", "a")])
        .await;
    assert_eq!(bob.list("doc").await, [] as [Value; 0]);
    assert_eq!(bob.accept("doc", &keys[1]).await["reply"], "aw");
    // As admin he is not refused, so nothing says that the cache lacks the w.
    assert_eq!(bob.list("doc").await, [] as [Value; 0]);
    assert_eq!(bob.accept("doc", &keys[0]).await["reply"], "ar");
    assert_eq!(emulator.permissions("doc", "bob").await.unwrap(), "ar");
}

#[tokio::test]
async fn a_document_is_edited_by_admins_and_only_on_its_own_socket() {
    let emulator = Emulator::start(&[]);
    emulator
        .webstrate("doc", &[("alice", "arw"), ("bob", "rw")])
        .await;
    let mut bob = emulator.socket_at("bob", "doc").await;
    assert!(edit(&mut bob, "data-x").await["error"].is_null());
    let reply = edit(&mut bob, "data-auth").await;
    assert_eq!(
        reply["error"]["message"],
        "Forbidden, admin permission required"
    );
    // Elsewhere nothing comes back: the next frame answers the next call.
    let mut elsewhere = emulator.socket_at("alice", "other").await;
    elsewhere
        .send(&json!({ "a": "op", "c": "webstrates", "d": "doc", "v": 9, "op": [] }))
        .await;
    elsewhere.list("doc").await;
    let mut alice = emulator.socket_at("alice", "doc").await;
    let component = json!({ "p": [1, "data-auth"], "od": "", "oi": "[{\"username\":\"alice\",\"provider\":\"test\",\"permissions\":\"ar\"}]" });
    let frame =
        json!({ "a": "op", "c": "webstrates", "d": "doc", "v": 3, "seq": 7, "op": [component] });
    alice.send(&frame).await;
    let ack = loop {
        let frame = crate::support::json_of(alice.next().await.unwrap());
        // The other socket of hers makes noise.
        if frame["a"] == "op" {
            break frame;
        }
    };
    assert_eq!(ack["seq"], 7);
    assert_eq!(emulator.permissions("doc", "alice").await.unwrap(), "ar");
    assert_eq!(emulator.permissions("doc", "bob").await, None);
}
