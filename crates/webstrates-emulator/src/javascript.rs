//! What JavaScript makes of values that nobody checked: the original's validation consists of it.

use serde_json::Value;

/// `Number(value)`; `None` is `undefined`.
pub(super) fn number(value: Option<&Value>) -> f64 {
    match value {
        None | Some(Value::Object(_)) => f64::NAN,
        Some(Value::Null) => 0.0,
        Some(Value::Bool(bool)) => f64::from(u8::from(*bool)),
        Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
        Some(Value::String(text)) => number_of_text(text.trim()),
        Some(Value::Array(_)) => number_of_text(string(value).trim()),
    }
}

fn number_of_text(text: &str) -> f64 {
    // Rust reads more than JavaScript does: "nan", "inf", "infinity".
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
    };
    match text {
        "" => 0.0,
        text if digits(text) => text.parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// `String(value)`; `None` is `undefined`.
pub(super) fn string(value: Option<&Value>) -> String {
    match value {
        None => "undefined".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_)) => "[object Object]".into(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match item {
                    Value::Null => String::new(),
                    item => string(Some(item)),
                })
                .collect();
            items.join(",")
        }
        Some(other) => other.to_string(),
    }
}

/// `value[name]`; the error is the message of the `TypeError`.
pub(super) fn property<'a>(
    value: Option<&'a Value>,
    name: &str,
) -> Result<Option<&'a Value>, String> {
    let nothing = match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(value) => return Ok(value.get(name)),
    };
    Err(format!(
        "Cannot read properties of {nothing} (reading '{name}')"
    ))
}

/// `[...new Set(text)].join('')`.
pub(super) fn distinct(text: &str) -> String {
    let mut seen = String::new();
    for letter in text.chars() {
        if !seen.contains(letter) {
            seen.push(letter);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_what_javascript_says() {
        for (value, expected) in [
            (json!(5), 5.0),
            (json!("2"), 2.0),
            (json!(" 2 "), 2.0),
            (json!(""), 0.0),
            (json!(null), 0.0),
            (json!(true), 1.0),
            (json!([]), 0.0),
            (json!([60]), 60.0),
            (json!("1e3"), 1000.0),
            (json!("-5"), -5.0),
        ] {
            assert_eq!(number(Some(&value)), expected, "{value}");
        }
        for value in [
            json!("abc"),
            json!("nan"),
            json!("inf"),
            json!({}),
            json!([1, 2]),
            json!("--1"),
        ] {
            assert!(number(Some(&value)).is_nan(), "{value}");
        }
        assert!(number(None).is_nan());
    }

    #[test]
    fn texts_are_what_javascript_says() {
        for (value, expected) in [
            (json!("rw"), "rw"),
            (json!(null), "null"),
            (json!(false), "false"),
            (json!(7), "7"),
            (json!(["r", null, "w"]), "r,,w"),
            (json!({}), "[object Object]"),
        ] {
            assert_eq!(string(Some(&value)), expected);
        }
        assert_eq!(string(None), "undefined");
        assert_eq!(distinct("rawr"), "raw");
        assert_eq!(
            property(None, "key"),
            Err("Cannot read properties of undefined (reading 'key')".into())
        );
        assert_eq!(property(Some(&json!(7)), "key"), Ok(None));
    }
}
