//! Arguments and answers, from this world's terms to the SDK's and back.

use invite_keys::json::Json;
use invite_keys::operation::Method;
use serde_json::{Value, json};

use crate::ledger::{Call, Policy, What};

/// What stands for a function that JavaScript passes.
pub const HELD: &str = "<held>";

/// The arguments as JavaScript passes them.
pub fn arguments(call: &Call) -> (Method, Vec<Value>, Policy) {
    let place = json!(call.resource);
    let mut policy = Policy::Default;
    let (method, mut arguments) = match &call.what {
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
            (Method::Create, vec![options, place])
        }
        What::Get => (Method::Get, vec![place]),
        What::Check(key) => (Method::Check, vec![json!(key), place]),
        What::Accept(key) => (Method::Accept, vec![json!(key), place]),
        What::Remove(key) => (Method::Remove, vec![json!(key), place]),
        What::RemoveId(id) => (Method::Remove, vec![json!({"id": id}), place]),
        What::ListPage { status, token } => {
            let filter = status.map_or(json!({}), |status| json!({"status": status}));
            (Method::ListPage, vec![filter, json!(token)])
        }
        What::Preview(key) => (Method::Preview, vec![json!(key)]),
        What::Members => (Method::Members, vec![]),
        What::Link(key) => (Method::Link, vec![json!(key), json!({})]),
        What::Supports(feature) => (Method::Supports, vec![json!(feature)]),
        What::Identify => (Method::Identify, vec![]),
        What::AcceptInvite(key, asked) => {
            policy = *asked;
            let asked = match asked {
                Policy::Default => Value::Null,
                Policy::SignedIn => json!("signed-in"),
                Policy::Confirm => json!("confirm"),
                Policy::Off => json!("off"),
                _ => json!(HELD),
            };
            (Method::AcceptInvite, vec![json!(key), place, asked])
        }
        What::Watch => (Method::Watch, vec![]),
        What::Park(key) => (Method::Park, vec![json!(key), place, json!("/join")]),
        What::Parked => (Method::Parked, vec![]),
        What::Unpark(key) => (Method::Unpark, vec![json!(key)]),
    };
    let mut options = json!({});
    if let Some(timeout) = call.timeout {
        options["timeout"] = timeout.into();
    }
    if let Some(name) = &call.idempotency {
        options["idempotencyKey"] = name.as_str().into();
    }
    arguments.push(options);
    (method, arguments, policy)
}

pub fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) if text == HELD => Json::HELD,
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
