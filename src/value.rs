//! JavaScript values in and out.

use js_sys::{Array, Function, JSON, Object, Reflect};
use serde::Serialize as _;
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::json::{self, Json};

/// A property; `undefined` where there is none, or nothing to have one.
pub(crate) fn get(object: &JsValue, name: impl Into<JsValue>) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// A global.
pub(crate) fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name)
}

/// Calls a method.
pub(crate) fn call(object: &JsValue, method: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    get(object, method)
        .dyn_into::<Function>()?
        .apply(object, arguments)
}

/// Json → a plain object.
pub(crate) fn write(value: &Json) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or_default()
}

/// What `JSON.parse` gave → Json. By hand: `serde-wasm-bindgen`'s reader brings the formatting of numbers for its error
/// messages with it, a quarter of the whole module.
pub(crate) fn from_parsed(value: &JsValue) -> Json {
    if let Some(text) = value.as_string() {
        Json::Text(text)
    } else if let Some(number) = value.as_f64() {
        Json::Number(number)
    } else if let Some(flag) = value.as_bool() {
        Json::Bool(flag)
    } else if let Some(items) = value.dyn_ref::<Array>() {
        Json::List(items.iter().map(|item| from_parsed(&item)).collect())
    } else if let Some(object) = value.dyn_ref::<Object>() {
        let mut members = Vec::new();
        for name in Object::keys(object) {
            members.push((
                name.as_string().unwrap_or_default(),
                from_parsed(&get(value, &name)),
            ));
        }
        Json::Object(members)
    } else {
        Json::Null
    }
}

/// Reads an argument. An object is read member by member: `take` gets those that JSON cannot hold and says what
/// stands in their place.
pub(crate) fn read(
    value: &JsValue,
    take: &mut dyn FnMut(&str, &JsValue) -> Option<Json>,
) -> Result<Json, Error> {
    if !value.is_object() || Array::is_array(value) {
        return plain("argument", value);
    }
    let mut members = Vec::new();
    for name in Object::keys(value.unchecked_ref::<Object>()) {
        let Some(name) = name.as_string() else {
            continue;
        };
        // A getter that throws is no option left out.
        let member = Reflect::get(value, &name.as_str().into())
            .map_err(|_| Error::invalid(&name, " cannot be read."))?;
        if member.is_undefined() {
            continue;
        }
        let member = match take(&name, &member) {
            Some(stand_in) => stand_in,
            None => plain(&name, &member)?,
        };
        members.push((name, member));
    }
    Ok(Json::Object(members))
}

/// By way of JSON text: it knows dates and addresses, and refuses circles.
fn plain(name: &str, value: &JsValue) -> Result<Json, Error> {
    if value.is_undefined() {
        return Ok(Json::Null);
    }
    // JSON has no NaN, and none of it is valid here.
    if let Some(number) = value.as_f64() {
        return Ok(Json::Number(number));
    }
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    text.and_then(|text| json::parse(&text))
        .ok_or_else(|| Error::invalid(name, " cannot be sent as JSON."))
}

/// What `index.js` makes the `InviteError` of.
pub(crate) fn error(error: &Error) -> JsValue {
    let mut details = Json::object()
        .with("code", error.code_text())
        .with("message", error.message.as_str())
        .with("retryable", error.retryable())
        .with("final", error.is_final());
    let numbers = [
        ("status", error.status.map(f64::from)),
        ("retryAfter", error.retry_after),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            details.set(name, number.into());
        }
    }
    if let Some(field) = &error.field {
        details.set("field", field.as_str().into());
    }
    let details = write(&details);
    if let Some(cause) = &error.cause {
        let _ = Reflect::set(&details, &"cause".into(), cause);
    }
    details
}
