//! Accepting over the socket: once for all who ask, as who one is now, and never with a key in an event or error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod scripted;

use invite_key::InviteKey;
use invite_keys::error::{Code, Error};
use invite_keys::json::{self, Json};
use invite_keys::later::Later;
use invite_keys::transport::Platform as _;
use scripted::socket::{client, code, key, start, turns};
use scripted::{Method, run};
use tokio::task::spawn_local;

#[test]
fn an_accept_takes_a_socket_of_after_the_page_came_into_view() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.silent.set(true);
        let old = start(&client, Method::Get, vec![]);
        turns().await;
        client.world.visible.set(client.world.monotonic() + 1.0);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        server.stranger.set(true);
        let accept = start(&client, Method::Accept, vec![key()]);
        turns().await;
        // The old socket stays for the call that waits on it.
        assert_eq!((server.opened.get(), server.closed.get()), (2, 0));
        let get = server.frames.borrow()[0].clone();
        let peer = server.peers.borrow()[0].clone();
        peer.send(&json::write(
            &Json::object()
                .with("wa", "reply")
                .with("token", get.text("token").unwrap())
                .with("reply", vec![]),
        ));
        assert!(old.await.unwrap().is_ok());
        assert_eq!(server.closed.get(), 1);
        let frame = server.frames.borrow()[1].clone();
        server.silent.set(false);
        server.answer(&frame);
        assert_eq!(accept.await.unwrap().unwrap(), "rw".into());
    });
}

#[test]
fn two_accepts_of_one_key_are_one() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.silent.set(true);
        server.stranger.set(true);
        let calls: Vec<_> = (0..3)
            .map(|_| start(&client, Method::Accept, vec![key()]))
            .collect();
        let other = start(
            &client,
            Method::Accept,
            vec![
                InviteKey::webstrates(&[8; 32]).reveal().into(),
                "other".into(),
            ],
        );
        // One document takes one at a time, whatever the key.
        let later = start(
            &client,
            Method::Accept,
            vec![InviteKey::webstrates(&[9; 32]).reveal().into()],
        );
        turns().await;
        assert_eq!(server.sent("acceptInvite"), 2);
        server.silent.set(false);
        let frames = server.frames.take();
        frames.iter().for_each(|frame| server.answer(frame));
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap(), "rw".into());
        }
        assert!(other.await.unwrap().is_ok());
        assert!(later.await.unwrap().is_ok());
        let events = client.world.events.take();
        assert_eq!(
            events
                .iter()
                .filter(|event| event.0 == "inviteaccepted")
                .count(),
            3
        );
    });
}

#[test]
fn an_accept_that_takes_long_on_a_line_that_lives_is_left_to_it() {
    run(async {
        for seconds in [3, 6, 9] {
            let client = client();
            let server = &client.world.server;
            server.silent.set(true);
            server.stranger.set(true);
            let other = InviteKey::webstrates(&[9; 32]).reveal().to_owned();
            let calls =
                [key(), key(), other.into()].map(|key| start(&client, Method::Accept, vec![key]));
            // What asks for a sign of life is answered.
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            assert_eq!(server.sent("acceptInvite"), 1, "after {seconds} s");
            server.silent.set(false);
            let frame = server.frames.borrow()[0].clone();
            server.answer(&frame);
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap(), "rw".into());
            }
            assert_eq!(server.opened.get(), 1);
        }
    });
}

#[test]
fn who_waits_for_anothers_accept_still_gets_its_answer_when_that_is_given_up() {
    run(async {
        let client = client();
        let server = &client.world.server;
        server.silent.set(true);
        server.stranger.set(true);
        let signal = Later::default();
        let first =
            spawn_local(client.call_until(Method::Accept, vec![key()], Some(signal.clone())));
        turns().await;
        let second = start(&client, Method::Accept, vec![key()]);
        turns().await;
        assert_eq!(server.sent("acceptInvite"), 1);
        server.silent.set(false);
        signal.set(Err(Error::new(Code::Aborted, "enough")));
        assert_eq!(code(first.await.unwrap()), Code::Aborted);
        let frame = server.frames.borrow()[0].clone();
        server.answer(&frame);
        assert_eq!(second.await.unwrap().unwrap(), "rw".into());
        assert_eq!(server.sent("acceptInvite"), 1);
    });
}

#[test]
fn no_event_and_no_error_holds_a_key() {
    run(async {
        let client = client();
        client.world.server.stranger.set(true);
        let options = json::parse(r#"{"permissions":"r"}"#).unwrap();
        client.call(Method::Create, vec![options]).await.unwrap();
        let invite = Json::object()
            .with("id", "invite_1")
            .with("key", key())
            .with("webstrateId", "doc");
        client
            .call(Method::Accept, vec![invite.clone()])
            .await
            .unwrap();
        client.call(Method::Remove, vec![invite]).await.unwrap();
        let events = client.world.events.take();
        assert_eq!(
            events
                .iter()
                .map(|event| event.0.as_str())
                .collect::<Vec<_>>(),
            ["invitecreated", "inviteaccepted", "inviteremoved"]
        );
        let key = InviteKey::webstrates(&[7; 32]);
        for (_, detail) in events.iter() {
            let text = json::write(detail);
            assert!(
                !text.contains(key.reveal())
                    && !text.contains("a key")
                    && text.contains("\"resource\":\"doc\""),
                "{text}"
            );
        }
        let almost = format!("{}!", key.reveal());
        let error = client
            .call(Method::Check, vec![almost.as_str().into()])
            .await
            .unwrap_err();
        assert!(!format!("{error:?}").contains(key.reveal()));
    });
}
