//! JSON being written: the one writer for keys, verdicts and, in the browser, all that is sent. `serde_json` would be
//! most of a module there.

use alloc::string::String;

use crate::hex;
use crate::text::push_integer;

/// Appends a string as JSON writes it, with as few escapes as possible, so that one value has one text.
///
/// ```
/// let mut json = String::new();
/// invite_key::json::push_string(&mut json, "\"\u{7}\\ø");
/// assert_eq!(json, r#""\"\u0007\\ø""#);
/// ```
pub fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.push('\\'),
            '\0'..' ' => {
                json.push_str("\\u00");
                hex::push(json, &[character as u8]);
                continue;
            }
            _ => {}
        }
        json.push(character);
    }
    json.push('"');
}

/// Appends a number as its shortest text that reads back the same; `null` if it is not finite, as JavaScript does.
///
/// ```
/// let mut json = String::new();
/// invite_key::json::push_number(&mut json, 604_800.0);
/// json.push(',');
/// invite_key::json::push_number(&mut json, -0.1);
/// json.push(',');
/// invite_key::json::push_number(&mut json, f64::NAN);
/// assert_eq!(json, "604800,-0.1,null");
/// ```
pub fn push_number(json: &mut String, number: f64) {
    if !number.is_finite() {
        json.push_str("null");
        return;
    }
    let whole = number as i64;
    if whole.unsigned_abs() <= MAX_INTEGER && whole as f64 == number {
        if whole < 0 {
            json.push('-');
        }
        push_integer(json, whole.unsigned_abs());
    } else {
        push_other(json, number);
    }
}

/// The largest integer that every JSON reader keeps exactly: 2⁵³ − 1.
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Appends a finite number that is not whole, or is larger than all that are written with digits alone.
#[cfg(not(all(feature = "js", target_arch = "wasm32")))]
fn push_other(json: &mut String, number: f64) {
    use core::fmt::Write as _;
    // `Debug` has an exponent where that is shorter.
    let _ = write!(json, "{number:?}");
}

/// The same by JavaScript, for Rust's way to write such numbers would be kilobytes of a module.
#[cfg(all(feature = "js", target_arch = "wasm32"))]
fn push_other(json: &mut String, number: f64) {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = String)]
        fn text_of(number: f64) -> String;
    }
    json.push_str(&text_of(number));
}

/// An object being written.
///
/// ```
/// use invite_key::json::Object;
///
/// let mut object = Object::new();
/// object.text("kind", "opaque");
/// object.integer("at", 7);
/// assert_eq!(object.finish(), r#"{"kind":"opaque","at":7}"#);
/// ```
#[derive(Debug)]
pub struct Object {
    text: String,
}

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

impl Object {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            text: String::from("{"),
        }
    }

    /// A member that is JSON already.
    pub fn json(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.text.push_str(value);
        self
    }

    /// A member that is a text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        push_string(&mut self.text, value);
        self
    }

    /// A member that is a whole number.
    pub fn integer(&mut self, name: &str, value: u64) -> &mut Self {
        self.name(name);
        push_integer(&mut self.text, value);
        self
    }

    /// The object as text.
    pub fn finish(&mut self) -> String {
        let mut text = core::mem::take(&mut self.text);
        text.push('}');
        text
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        push_string(&mut self.text, name);
        self.text.push(':');
    }
}

/// An array of what is JSON already.
pub fn array(items: impl IntoIterator<Item = String>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&item);
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn string(text: &str) -> String {
        let mut json = String::new();
        push_string(&mut json, text);
        json
    }

    fn number(number: f64) -> String {
        let mut json = String::new();
        push_number(&mut json, number);
        json
    }

    #[test]
    fn strings_have_as_few_escapes_as_may_be() {
        for character in (0..=0x10FFFF).filter_map(char::from_u32) {
            let text = String::from(character);
            let json = string(&text);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            let is_escaped = character < ' ' || character == '"' || character == '\\';
            assert_eq!(json != format!("\"{text}\""), is_escaped, "{json}");
        }
        assert_eq!(string("\n\u{1F}"), r#""\u000a\u001f""#);
    }

    #[test]
    fn numbers_are_what_javascript_writes_or_as_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (604_800.0, "604800"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (-9_007_199_254_740_991.0, "-9007199254740991"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-7, "1e-7"),
            (1.5e300, "1.5e300"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            assert_eq!(number(value), text);
        }
        for value in [
            9_007_199_254_740_992.0,
            -1e16,
            1e21,
            i64::MAX as f64,
            i64::MIN as f64,
            1e19,
        ] {
            let text = number(value);
            assert_eq!(text.parse::<f64>().unwrap(), value, "{text}");
            assert!(
                serde_json::from_str::<serde_json::Value>(&text)
                    .unwrap()
                    .is_number(),
                "{text}"
            );
        }
    }

    #[test]
    fn objects_and_arrays_are_read_by_others() {
        assert_eq!(Object::new().finish(), "{}");
        let mut object = Object::new();
        object
            .text("a\"", "\u{1}")
            .integer("b", u64::MAX)
            .json("c", &array([]))
            .json("d", &array([String::from("1"), string("x")]));
        assert_eq!(
            object.finish(),
            r#"{"a\"":"\u0001","b":18446744073709551615,"c":[],"d":[1,"x"]}"#
        );
    }
}
