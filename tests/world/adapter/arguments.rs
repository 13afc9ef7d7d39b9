//! Arguments and answers, from this world's terms to the SDK's and back.

use invite_keys::error::Error;
use invite_keys::json::Json;
use invite_keys::operation;
use serde_json::{Value, json};

use crate::ledger::{Call, Policy, What};

pub type Read = fn(Vec<Json>) -> Result<operation::Call, Error>;

/// The arguments as JavaScript passes them.
pub fn arguments(call: &Call) -> (Read, Vec<Value>, Policy) {
    let place = json!(call.resource);
    let mut policy = Policy::Default;
    let (read, mut arguments): (Read, _) = match &call.what {
        What::Create {
            letters,
            max_age,
            message,
            email,
        } => {
            let mut options = json!({"permissions": letters, "maxAge": max_age});
            if *message {
                options["message"] = "Welcome".into();
            }
            if *email {
                options["email"] = "bob@example.org".into();
            }
            (operation::Call::create, vec![options, place])
        }
        What::Get => (operation::Call::get, vec![place]),
        What::Check(key) => (operation::Call::check, vec![json!(key), place]),
        What::Accept(key) => (operation::Call::accept, vec![json!(key), place]),
        What::Remove(key) => (operation::Call::remove, vec![json!(key), place]),
        What::RemoveId(id) => (operation::Call::remove, vec![json!({"id": id}), place]),
        What::ListPage { status, token } => {
            let filter = status.map_or(json!({}), |status| json!({"status": status}));
            (operation::Call::list_page, vec![filter, json!(token)])
        }
        What::Preview(key) => (operation::Call::preview, vec![json!(key)]),
        What::Members => (operation::Call::members, vec![]),
        What::Link(key) => (operation::Call::link, vec![json!(key), json!({})]),
        What::Supports(feature) => (operation::Call::supports, vec![json!(feature)]),
        What::Identify => (operation::Call::identify, vec![]),
        What::AcceptInvite(key, asked) => {
            policy = *asked;
            let asked = match asked {
                Policy::Default => Value::Null,
                Policy::SignedIn => json!("signed-in"),
                Policy::Confirm => json!("confirm"),
                Policy::Off => json!("off"),
                _ => json!(true),
            };
            (operation::Call::offer, vec![json!(key), place, asked])
        }
        What::Watch => (operation::Call::watch, vec![]),
        What::Park(key) => (
            operation::Call::park,
            vec![json!(key), place, json!("/join")],
        ),
        What::Parked => (operation::Call::parked, vec![]),
        What::Unpark(key) => (operation::Call::unpark, vec![json!(key)]),
    };
    let mut options = json!({});
    if let Some(timeout) = call.timeout {
        options["timeout"] = timeout.into();
    }
    if let Some(name) = &call.idempotency {
        options["idempotencyKey"] = name.as_str().into();
    }
    arguments.push(options);
    (read, arguments, policy)
}

pub fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(items) => Json::List(items.iter().map(json_of).collect()),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (name.clone(), json_of(value));
            Json::Object(members.iter().map(member).collect())
        }
    }
}

pub fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            (*number as i64).into()
        }
        Json::Number(number) => (*number).into(),
        Json::Text(text) => text.as_str().into(),
        Json::List(items) => Value::Array(items.iter().map(value_of).collect()),
        Json::Object(members) => {
            let member = |(name, value): &(String, Json)| (name.clone(), value_of(value));
            Value::Object(members.iter().map(member).collect())
        }
    }
}
