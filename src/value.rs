//! JavaScript values in and out.

use js_sys::{Array, Function, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::json::{self, Json};

/// A property; `undefined` where there is none, or nothing to have one.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// A global.
pub(crate) fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name)
}

/// Sets a property, where it can be set.
pub(crate) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}

/// Calls a function; fails where it is none. One way for all that is called: each number of arguments would have an
/// import of its own.
pub(crate) fn apply(
    function: &JsValue,
    this: &JsValue,
    arguments: &[&JsValue],
) -> Result<JsValue, JsValue> {
    let function: &Function = function.unchecked_ref();
    function.apply(this, &arguments.iter().collect())
}

/// Calls a method.
pub(crate) fn call(
    object: &JsValue,
    method: &str,
    arguments: &[&JsValue],
) -> Result<JsValue, JsValue> {
    apply(&get(object, method), object, arguments)
}

/// Makes an object of a class.
pub(crate) fn construct(class: &JsValue, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    let class: &Function = class.unchecked_ref();
    Reflect::construct(class, &arguments.iter().collect())
}

/// Json → a plain object. Each member becomes the object's own, `__proto__` too.
pub(crate) fn write(value: &Json) -> JsValue {
    match value {
        Json::Null => JsValue::NULL,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => (*number).into(),
        Json::Text(text) => text.as_str().into(),
        Json::List(items) => items.iter().map(write).collect::<Array>().into(),
        Json::Object(members) => {
            let entry = |(name, value): &(String, Json)| -> Array {
                [JsValue::from(name), write(value)].iter().collect()
            };
            let entries: Array = members.iter().map(entry).collect();
            Object::from_entries(&entries)
                .map(JsValue::from)
                .unwrap_or_default()
        }
    }
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
    } else if value.is_object() {
        let mut members = Vec::new();
        for name in Object::keys(value.unchecked_ref::<Object>()) {
            members.push((
                name.as_string().unwrap_or_default(),
                from_parsed(&Reflect::get(value, &name).unwrap_or_default()),
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
    let unreadable = |_| Error::invalid("argument", " cannot be read.");
    let is_list = value.is_object()
        && call(&global("Array"), "isArray", &[value]).map_err(unreadable)? == true;
    if !value.is_object() || is_list {
        return plain("argument", value);
    }
    // A Map, a Date and their like have no members, and would be no options.
    let prototype = get(&global("Object"), "prototype");
    let tag = apply(&get(&prototype, "toString"), value, &[]).map_err(unreadable)?;
    if tag.as_string().is_none_or(|tag| tag != "[object Object]") {
        return Err(Error::invalid("argument", " must be a plain object."));
    }
    // Each may be a Proxy that throws at any look.
    let names = call(&global("Object"), "keys", &[value]).map_err(unreadable)?;
    let mut members = Vec::new();
    for name in names.unchecked_into::<Array>() {
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
    // JSON has no NaN, and none of it is valid here; nor is -Infinity, which nobody takes for `Json::HELD`.
    if let Some(number) = value.as_f64() {
        return Ok(Json::Number(number.max(f64::NEG_INFINITY)));
    }
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    text.and_then(|text| json::parse(&text))
        .ok_or_else(|| Error::invalid(name, " cannot be sent as JSON."))
}

/// An error as JavaScript reads it: of which `index.js` makes the `InviteError`. Member by member: for a map of its own
/// `serde-wasm-bindgen` is 300 bytes.
pub(crate) fn error(error: &Error) -> JsValue {
    let text = |text: &str| serde_wasm_bindgen::to_value(text).ok();
    let details = JsValue::from(Object::new());
    let members = [
        ("code", text(error.code_text())),
        ("message", text(&error.message)),
        ("field", error.field.as_deref().and_then(text)),
        ("retryable", Some(error.retryable().into())),
        ("final", Some(error.is_final().into())),
        ("status", error.status.map(JsValue::from)),
        ("retryAfter", error.retry_after.map(JsValue::from)),
        ("cause", error.cause.clone()),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            set(&details, name, &value);
        }
    }
    details
}
