//! Frames of the socket: what comes in, what goes out.

use serde_json::{Map, Value, json};

/// The document type that Webstrates 1.8 names in `init`.
const DOCUMENT_TYPE: &str = "http://sharejs.org/types/JSONv0";
/// Longest token of a caller that is answered.
const LONGEST_TOKEN: usize = 128;

/// A frame from a client. No `Debug`: it may hold a key.
pub(super) enum Incoming {
    /// One of the five operations.
    Call(Call),
    /// `{"a":"s","d":…}`: subscribe, which is how a client learns who it is.
    Subscribe(String),
    /// Anything else. Webstrates does not answer it, and neither do we.
    Nothing,
}

/// One of the five operations, as sent.
pub(super) struct Call {
    pub(super) operation: Operation,
    /// `d`, if it is a string.
    pub(super) resource: Option<String>,
    /// `options`, if it is an object.
    pub(super) options: Option<Map<String, Value>>,
    /// Comes back in the reply.
    pub(super) token: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Get,
    Remove,
    Check,
    Accept,
}

impl Operation {
    /// Whether the answer may be long.
    pub(super) fn lists(self) -> bool {
        self == Self::Get
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "createInvite" => Self::Create,
            "getInvites" => Self::Get,
            "removeInvite" => Self::Remove,
            "checkInvite" => Self::Check,
            "acceptInvite" => Self::Accept,
            _ => return None,
        })
    }
}

/// Reads a text frame.
pub(super) fn read(text: &str) -> Incoming {
    let Ok(Value::Object(mut frame)) = serde_json::from_str(text) else {
        return Incoming::Nothing;
    };
    if frame.get("a").and_then(Value::as_str) == Some("s") {
        return match frame.remove("d") {
            Some(Value::String(document)) => Incoming::Subscribe(document),
            _ => Incoming::Nothing,
        };
    }
    let Some(operation) = frame
        .get("wa")
        .and_then(Value::as_str)
        .and_then(Operation::named)
    else {
        return Incoming::Nothing;
    };
    // Nobody could be told how a call without a token went, so it is not begun.
    let token = match frame.remove("token") {
        Some(Value::String(token)) if token.len() <= LONGEST_TOKEN => Value::String(token),
        Some(Value::Number(token)) => Value::Number(token),
        _ => return Incoming::Nothing,
    };
    let resource = match frame.remove("d") {
        Some(Value::String(resource)) => Some(resource),
        _ => None,
    };
    let options = match frame.remove("options") {
        Some(Value::Object(options)) => Some(options),
        _ => None,
    };
    Incoming::Call(Call {
        operation,
        resource,
        options,
        token,
    })
}

/// The first frame on every socket.
pub(super) fn init(connection: &str) -> String {
    json!({ "a": "init", "protocol": 1, "protocolMinor": 2, "id": connection, "type": DOCUMENT_TYPE }).to_string()
}

/// The answer to a subscription: who is connected.
pub(super) fn hello(connection: &str, document: &str, user: Value) -> String {
    json!({ "wa": "hello", "id": connection, "d": document, "user": user, "clients": [] })
        .to_string()
}

/// The answer to one of the five operations, which is JSON already. It may be long: what goes around it is put there.
pub(super) fn reply(token: &Value, outcome: Result<String, String>) -> String {
    let (member, mut frame) = match outcome {
        Ok(content) => ("reply", content),
        Err(text) => ("error", Value::String(text).to_string()),
    };
    frame.insert_str(0, &format!(r#"{{"wa":"reply","token":{token},"{member}":"#));
    frame.push('}');
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_call_is_nothing() {
        for text in [
            "",
            "{",
            "null",
            "[]",
            "7",
            r#""createInvite""#,
            "{}",
            r#"{"type":"alive"}"#,
            r#"{"wa":1,"token":"t"}"#,
            r#"{"wa":"noSuchInvite","d":"doc","token":"t"}"#,
            r#"{"wa":"getInvites","d":"doc"}"#,
            r#"{"wa":"getInvites","d":"doc","token":null}"#,
            r#"{"wa":"getInvites","d":"doc","token":{}}"#,
            r#"{"a":"s","c":"webstrates"}"#,
            r#"{"a":"op"}"#,
        ] {
            assert!(matches!(read(text), Incoming::Nothing), "{text}");
        }
        let nested = "[".repeat(60_000);
        assert!(matches!(read(&nested), Incoming::Nothing));
        let long = format!(r#"{{"wa":"getInvites","token":"{}"}}"#, "t".repeat(129));
        assert!(matches!(read(&long), Incoming::Nothing));
    }

    #[test]
    fn a_reply_is_one_object_whatever_the_token() {
        for token in [json!("a\"b"), json!(7), json!(0.5)] {
            for (outcome, member, content) in [
                (
                    Ok(r#"[{"key":"k"}]"#.to_owned()),
                    "reply",
                    json!([{ "key": "k" }]),
                ),
                (
                    Err("no \"admin\"".to_owned()),
                    "error",
                    json!("no \"admin\""),
                ),
            ] {
                let frame: Value = serde_json::from_str(&reply(&token, outcome)).unwrap();
                let expected = json!({ "wa": "reply", "token": token, member: content });
                assert_eq!(frame, expected);
            }
        }
    }

    #[test]
    fn a_call_keeps_only_what_has_the_right_shape() {
        let Incoming::Call(call) = read(r#"{"wa":"acceptInvite","d":7,"options":"x","token":"t"}"#)
        else {
            panic!()
        };
        assert_eq!(
            (call.operation, call.resource, call.options),
            (Operation::Accept, None, None)
        );
        assert_eq!(call.token, "t");
    }
}
