//! Many calls over one socket, and what becomes of them when it breaks, closes, falls silent. The clock jumps, so
//! nobody waits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use std::rc::Rc;

use invite_keys::error::Code;
use invite_keys::json::{self, Json};
use invite_keys::transport::Platform as _;
use scripted::socket::{client, code, key, start, turns};
use scripted::{Method, run};

#[test]
fn a_hundred_outstanding_calls_each_get_their_own_answer() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.silent.set(true);
        let calls: Vec<_> = (0..100)
            .map(|number| start(&client, Method::Get, vec![format!("doc{number}").into()]))
            .collect();
        turns().await;
        assert_eq!(server.sent("getInvites"), 100);
        let frames = server.frames.take();
        // Backwards, and each twice.
        for frame in frames.iter().rev().flat_map(|frame| [frame, frame]) {
            server.answer(frame);
        }
        for (number, call) in calls.into_iter().enumerate() {
            let invites = call.await.unwrap().unwrap();
            assert_eq!(
                invites.items()[0].text("webstrateId").unwrap(),
                format!("doc{number}")
            );
        }
        assert_eq!(server.opened.get(), 1);
    });
}

#[test]
fn calls_before_init_are_held_back_and_none_is_lost() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.mute.set(true);
        let calls: Vec<_> = (0..30)
            .map(|_| start(&client, Method::Check, vec![key()]))
            .collect();
        turns().await;
        assert_eq!(server.frames.borrow().len(), 0);
        server.peers.borrow()[0].init();
        for call in calls {
            assert!(call.await.unwrap().is_ok());
        }
    });
}

#[test]
fn a_lost_answer_is_asked_for_again_but_for_a_create() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.drops.set(1);
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        assert_eq!((server.sent("getInvites"), server.opened.get()), (2, 2));

        server.drops.set(1);
        assert_eq!(
            code(client.call(Method::Create, vec![]).await),
            Code::UnknownOutcome
        );
        assert_eq!(server.sent("createInvite"), 1);
        assert!(client.world.events.borrow().is_empty());
    });
}

#[test]
fn a_create_that_never_left_is_sent_once_the_server_is_back() {
    run(async {
        let client = client();
        let server = Rc::clone(&client.world.server);
        server.down.set(true);
        let call = start(&client, Method::Create, vec![]);
        turns().await;
        server.down.set(false);
        assert!(call.await.unwrap().is_ok());
        assert_eq!((server.sent("createInvite"), server.opened.get()), (1, 2));
    });
}

#[test]
fn a_server_that_is_gone_ends_every_call_as_offline() {
    run(async {
        let client = client();
        client.world.server.down.set(true);
        for (method, arguments) in [
            (Method::Create, vec![]),
            (Method::Get, vec![]),
            (Method::Check, vec![key()]),
            (Method::Accept, vec![key()]),
            (Method::Remove, vec![key()]),
        ] {
            let error = client.call(method, arguments).await.unwrap_err();
            assert_eq!(error.code, Code::Offline);
            assert!(error.retryable());
        }
    });
}

#[test]
fn a_remove_that_is_found_done_after_a_lost_answer_is_done() {
    run(async {
        let client = client();
        let server = &client.world.server;
        *server.refusal.borrow_mut() = Some("Unable to delete invite");
        // It was there when it was asked for again: it is not the caller's, and nothing is claimed.
        server.drops.set(1);
        assert_eq!(
            code(client.call(Method::Remove, vec![key()]).await),
            Code::CannotRemove
        );
        // It is not there: it may never have been.
        server.gone.set(true);
        server.drops.set(1);
        assert_eq!(
            code(client.call(Method::Remove, vec![key()]).await),
            Code::UnknownOutcome
        );
        // It was there, says the invite itself, and is gone: that is what was asked for, by whomever.
        server.drops.set(1);
        let invite = Json::object().with("key", key()).with("webstrateId", "doc");
        let done = client.call(Method::Remove, vec![invite]).await.unwrap();
        assert_eq!(
            done,
            Json::object()
                .with("acknowledged", true)
                .with("deletedCount", 0.0)
        );
        assert_eq!(
            code(client.call(Method::Remove, vec![key()]).await),
            Code::CannotRemove
        );
    });
}

#[test]
fn close_ends_what_is_under_way_and_the_next_call_connects_again() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.silent.set(true);
        let calls: Vec<_> = [Method::Create, Method::Get]
            .map(|method| start(&client, method, vec![]))
            .into();
        turns().await;
        let unborn = client.call(Method::Get, vec![]);
        client.connection.close();
        for call in calls {
            assert_eq!(code(call.await.unwrap()), Code::Closed);
        }
        // Not polled once before `close`, and ended all the same.
        assert_eq!(code(unborn.await), Code::Closed);
        assert_eq!((server.opened.get(), server.closed.get() > 0), (1, true));
        server.silent.set(false);
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        assert_eq!(server.opened.get(), 2);
    });
}

#[test]
fn silence_ends_at_the_deadline() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.silent.set(true);
        let begin = client.world.now();
        let options = json::parse(r#"{"timeout":250}"#).unwrap();
        assert_eq!(
            code(client.call(Method::Get, vec![options.clone()]).await),
            Code::Timeout
        );
        assert_eq!((client.world.now() - begin).round(), 250.0);
        assert_eq!(
            code(client.call(Method::Create, vec![Json::Null, options]).await),
            Code::UnknownOutcome
        );
        assert_eq!(
            code(client.call(Method::Check, vec![key()]).await),
            Code::Timeout
        );
        assert_eq!((client.world.now() - begin).round(), 10_500.0);
        // Each line from which nothing came was given up, and the last call has tried several.
        assert!(server.opened.get() > 3);
        // An answer that comes too late is nobody's.
        let frames = server.frames.take();
        frames.iter().for_each(|frame| server.answer(frame));
        server.silent.set(false);
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        client.connection.close();
        assert_eq!(server.opened.get(), server.closed.get());
    });
}

#[test]
fn an_idle_socket_closes_after_half_a_minute() {
    run(async {
        let client = client();
        let server = &client.world.server;
        for _ in 0..3 {
            assert!(client.call(Method::Get, vec![]).await.is_ok());
            tokio::time::sleep(std::time::Duration::from_secs(29)).await;
        }
        assert_eq!((server.opened.get(), server.closed.get()), (1, 0));
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(server.closed.get(), 1);
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        assert_eq!(server.opened.get(), 2);
    });
}

#[test]
fn a_refused_token_is_told_by_the_servers_words() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.mute.set(true);
        let call = start(&client, Method::Get, vec![]);
        turns().await;
        server.peers.borrow()[0].close(1002, "Invalid access token.");
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (Code::BadCredentials, "Invalid access token.")
        );
    });
}

#[test]
fn who_is_not_signed_in_gets_a_new_socket_and_with_it_a_new_identity() {
    run(async {
        let client = client();
        let server = &client.world.server;
        *server.refusal.borrow_mut() = Some("Must be logged in to handle invites");
        assert_eq!(
            code(client.call(Method::Get, vec![]).await),
            Code::NotSignedIn
        );
        assert_eq!(server.closed.get(), 1);
        *server.refusal.borrow_mut() = None;
        assert!(client.call(Method::Get, vec![]).await.is_ok());
        assert_eq!(server.opened.get(), 2);
    });
}
