//! Lines that die without a word: sleep, NAT, a proxy that swallows bytes. No `close` comes, and no answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use std::rc::Rc;
use std::time::Duration;

use invite_keys::error::Code;
use invite_keys::json::{self, Json};
use invite_keys::transport::Platform as _;
use scripted::socket::{client, code, key, start, turns};
use scripted::{Method, run};

#[test]
fn a_socket_that_went_silent_is_found_out_by_the_first_call() {
    run(async {
        let client = client();
        let server = &client.world.server;
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        server.dead.set(1);
        let begin = client.world.monotonic();
        for _ in 0..12 {
            assert!(client.call(Method::Get, vec![]).await.is_ok());
        }
        assert_eq!(server.opened.get(), 2);
        // By a sign of life that did not come, long before the call's deadline.
        assert!(client.world.monotonic() - begin < 5_000.0);
    });
}

#[test]
fn all_that_wait_on_a_dead_socket_are_asked_again_on_another() {
    run(async {
        let client = client();
        let server = &client.world.server;
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        server.dead.set(1);
        let calls: Vec<_> = (0..20)
            .map(|number| match number % 3 {
                0 => start(&client, Method::Get, vec![]),
                1 => start(&client, Method::Check, vec![key()]),
                _ => start(&client, Method::Remove, vec![key()]),
            })
            .collect();
        for call in calls {
            assert!(call.await.unwrap().is_ok());
        }
        assert_eq!(server.opened.get(), 2);
    });
}

#[test]
fn a_deadline_shorter_than_the_sign_of_life_retires_the_socket_too() {
    run(async {
        let client = client();
        let server = &client.world.server;
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        server.dead.set(1);
        let short = || json::parse(r#"{"timeout":500}"#).unwrap();
        assert_eq!(
            code(client.call(Method::Get, vec![short()]).await),
            Code::Timeout
        );
        assert!(client.call(Method::Get, vec![short()]).await.is_ok());
        assert_eq!(server.opened.get(), 2);
    });
}

#[test]
fn an_upgrade_that_is_never_answered_is_tried_again() {
    run(async {
        let client = client();
        let server = Rc::clone(&client.world.server);
        server.mute.set(true);
        let call = start(&client, Method::Get, vec![]);
        turns().await;
        server.mute.set(false);
        assert!(call.await.unwrap().is_ok());
        assert_eq!(server.opened.get(), 2);

        let client = scripted::socket::client();
        let server = &client.world.server;
        server.mute.set(true);
        for _ in 0..4 {
            let reply = client.call(Method::Get, vec![]).await;
            assert!(matches!(code(reply), Code::Timeout | Code::Offline));
        }
        server.mute.set(false);
        for _ in 0..8 {
            assert!(client.call(Method::Get, vec![]).await.is_ok());
        }
    });
}

#[test]
fn a_create_on_a_dead_socket_says_that_nobody_knows_and_the_next_is_carried_out() {
    run(async {
        let client = client();
        let server = &client.world.server;
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        server.dead.set(1);
        assert_eq!(
            code(client.call(Method::Create, vec![]).await),
            Code::UnknownOutcome
        );
        assert_eq!(server.sent("createInvite"), 0);
        assert!(client.call(Method::Create, vec![]).await.is_ok());
        assert_eq!(server.sent("createInvite"), 1);
    });
}

#[test]
fn a_create_waits_for_the_sign_of_life_that_its_line_owes() {
    run(async {
        let client = client();
        let server = &client.world.server;
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        server.dead.set(1);
        let get = start(&client, Method::Get, vec![]);
        // Asked for after 2 s, and given up after 4 s.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(client.call(Method::Create, vec![]).await.is_ok());
        assert!(get.await.unwrap().is_ok());
        assert_eq!((server.opened.get(), server.sent("createInvite")), (2, 1));
    });
}

#[test]
fn a_slow_server_that_is_alive_is_waited_for() {
    run(async {
        let client = client();
        let server = Rc::clone(&client.world.server);
        server.silent.set(true);
        let call = start(&client, Method::Check, vec![key()]);
        for second in 0..8 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // A frame of somebody else's now and then.
            if second % 2 == 1 {
                server.peers.borrow()[0].send(r#"{"wa":"userClientJoin"}"#);
            }
        }
        let frame: Json = server.frames.borrow()[0].clone();
        server.answer(&frame);
        assert!(call.await.unwrap().is_ok());
        assert_eq!((server.opened.get(), server.sent("checkInvite")), (1, 1));
    });
}
