//! One small JSON type: every message, option and result is made of it.
//!
//! The browser's own parser reads the text; natively `serde_json` does. One type crosses the boundary, because each
//! further one costs bytes.

use invite_key::json;
#[cfg(not(target_arch = "wasm32"))]
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroize as _;

/// How deep a document may nest. The reader recurses, and a page's stack is small.
const MAX_DEPTH: u32 = 64;

/// Any JSON value. Members keep the order they came in.
#[derive(Clone)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq))]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number; NaN is [`Json::HELD`].
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What stands in the place of a function or a signal, which stays in JavaScript. No caller can write it: JSON has no
    /// NaN, and `value::read` gives none.
    pub const HELD: Json = Json::Number(f64::NAN);

    /// Whether this stands for something in JavaScript.
    pub fn is_held(&self) -> bool {
        matches!(self, Json::Number(number) if number.is_nan())
    }

    /// An empty object.
    pub fn object() -> Json {
        Json::Object(Vec::new())
    }

    /// This object with one more member.
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Json {
        self.set(name, value.into());
        self
    }

    /// Sets a member, in place where it stands already. Does nothing to what is no object.
    pub fn set(&mut self, name: &str, value: Json) {
        if let Json::Object(members) = self {
            match members.iter_mut().find(|member| member.0 == name) {
                Some(member) => member.1 = value,
                None => members.push((name.to_owned(), value)),
            }
        }
    }

    /// Sets a member where there is something to set.
    pub(crate) fn set_if(&mut self, name: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.set(name, value.into());
        }
    }

    /// The member of this name; `None` too where this is no object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members()
            .iter()
            .find(|member| member.0 == name)
            .map(|member| &member.1)
    }

    /// Takes a member out.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        let Json::Object(members) = self else {
            return None;
        };
        // Not `remove`, which can say in numbers what is wrong: that alone writes numbers here, and is 1 KB of code.
        let mut found = None;
        for member in core::mem::take(members) {
            if member.0 == name {
                found = Some(member.1);
            } else {
                members.push(member);
            }
        }
        found
    }

    /// Overwrites its texts, where one of them is a key.
    pub fn wipe(&mut self) {
        match self {
            Json::Text(text) => text.zeroize(),
            Json::List(items) => items.iter_mut().for_each(Json::wipe),
            Json::Object(members) => members.iter_mut().for_each(|member| member.1.wipe()),
            _ => {}
        }
    }

    /// The member of this name, where it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// This value, where it is a string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The member of this name, where it is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The members of an object, none of anything else.
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of a list, none of anything else.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// Whether this is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Json::Object(_))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}

impl From<f64> for Json {
    fn from(number: f64) -> Json {
        Json::Number(number)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Json {
        Json::Bool(flag)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Json {
        Json::List(items)
    }
}

/// Reads a JSON text; `None` where it is none or nests too deep.
pub fn parse(text: &str) -> Option<Json> {
    first_value(text)?;
    #[cfg(target_arch = "wasm32")]
    return Some(crate::value::from_parsed(&js_sys::JSON::parse(text).ok()?));
    #[cfg(not(target_arch = "wasm32"))]
    return serde_json::from_str(text).ok();
}

/// Writes a value as JSON text. By hand: it passes through no JavaScript object, on which `__proto__` would be no member.
pub fn write(value: &Json) -> String {
    let mut text = String::new();
    push(&mut text, value);
    text
}

fn push(text: &mut String, value: &Json) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Json::Number(number) => json::push_number(text, *number),
        Json::Text(value) => json::push_string(text, value),
        Json::List(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                push(text, item);
            }
            text.push(']');
        }
        Json::Object(members) => {
            text.push('{');
            for (place, (name, value)) in members.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                json::push_string(text, name);
                text.push(':');
                push(text, value);
            }
            text.push('}');
        }
    }
}

/// The first object of a text that begins with `["name",`: the attributes of a document's root, for which the rest, a
/// megabyte perhaps, need not be read.
pub fn root_attributes(text: &str) -> Option<Json> {
    let before = text.get(..text.bytes().position(|byte| byte == b'{')?)?;
    if before.bytes().filter(|byte| *byte == b'[').count() != 1 {
        return None;
    }
    let rest = text.get(before.len()..)?;
    parse(rest.get(..first_value(rest)?)?)
}

/// Where the first list or object ends; `None` where it nests too deep.
fn first_value(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0u32, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
            }
            b']' | b'}' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    Some(text.len())
}

#[cfg(not(target_arch = "wasm32"))]
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

#[cfg(not(target_arch = "wasm32"))]
struct JsonVisitor;

#[cfg(not(target_arch = "wasm32"))]
impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = source.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = source.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_a_round_trip() {
        let text = r#"{"b":[1,2.5,"x",null,true],"a":{"n":-3}}"#;
        assert_eq!(write(&parse(text).unwrap()), text);
    }

    #[test]
    fn deep_nesting_is_refused_but_brackets_in_strings_are_not_counted() {
        assert_eq!(parse(&"[".repeat(100_000)), None);
        assert!(parse(&[r#"["\""#, &"[".repeat(1000), r#""]"#].concat()).is_some());
    }

    #[test]
    fn the_attributes_of_a_root_are_found_without_reading_the_rest() {
        let deep = ["[\"html\", {\"a\":\"}\\\"\"}, ", &"[".repeat(1000)].concat();
        assert_eq!(
            root_attributes(&deep),
            Some(Json::object().with("a", "}\""))
        );
        assert_eq!(
            root_attributes(r#"["html",["body",{"data-auth":"[]"}]]"#),
            None
        );
        assert_eq!(root_attributes("<html>"), None);
    }

    #[test]
    fn members_are_set_read_and_taken() {
        let mut object = Json::object().with("a", "x").with("b", 1.0).with("a", "y");
        assert_eq!(object.text("a"), Some("y"));
        assert_eq!(object.number("b"), Some(1.0));
        assert_eq!(object.take("a"), Some(Json::from("y")));
        assert_eq!(object.members().len(), 1);
    }
}
