//! Frames of the server's socket: what is taken as a call says so for others too, and every answer is one JSON object.

#![no_main]

// The server would take minutes to compile for this.
#[path = "../../../invite-server/src/webstrates/frame.rs"]
#[allow(dead_code, unreachable_pub)]
mod frame;

use frame::{Incoming, Operation};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &str| {
    match frame::read(text) {
        Incoming::Call(call) => {
            let sent: Value = serde_json::from_str(text).expect("a call is JSON");
            let name = match call.operation {
                Operation::Create => "createInvite",
                Operation::Get => "getInvites",
                Operation::Remove => "removeInvite",
                Operation::Check => "checkInvite",
                Operation::Accept => "acceptInvite",
            };
            assert_eq!(sent["wa"], name);
            assert_ne!(sent["a"], "s");
            assert_eq!(sent["token"], call.token);
            assert_eq!(
                sent.get("d").and_then(Value::as_str),
                call.resource.as_deref()
            );
            assert_eq!(
                sent.get("options").and_then(Value::as_object),
                call.options.as_ref()
            );
            for outcome in [Ok(sent.clone()), Err(text.to_owned())] {
                let answer = frame::reply(call.token.clone(), outcome);
                let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
                assert_eq!(
                    (&answer["wa"], &answer["token"]),
                    (&"reply".into(), &call.token)
                );
            }
        }
        Incoming::Subscribe(document) => {
            let hello = frame::hello("1", &document, Value::Null);
            let hello: Value = serde_json::from_str(&hello).expect("an answer is JSON");
            assert_eq!(hello["d"], document);
        }
        Incoming::Nothing => {}
    }
});
