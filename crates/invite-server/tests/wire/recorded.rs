//! Comparing what comes with what was recorded, where the recording has a placeholder for what differs each time.

use std::collections::BTreeMap;

use serde_json::Value;

/// The keys seen so far, by their number in the recording.
pub struct Keys(pub BTreeMap<String, String>);

impl Keys {
    /// What was recorded, with the keys of this run in it.
    pub fn fill(&self, value: &Value) -> Value {
        let mut text = value.to_string();
        for (number, key) in &self.0 {
            text = text
                .replace(&format!("<key:{number}>"), key)
                .replace(&format!("<KEY:{number}>"), &key.to_uppercase());
        }
        assert!(
            !text.to_lowercase().contains("<key:"),
            "a key nobody has seen: {text}"
        );
        serde_json::from_str(&text).unwrap()
    }

    /// Fails unless it came as recorded, members in the recorded order too.
    pub fn compare(&mut self, case: &str, recorded: &Value, came: &Value) {
        assert!(
            self.matches(recorded, came),
            "{case}\nrecorded {recorded}\ncame     {came}"
        );
    }

    /// Whether it came as recorded.
    pub fn matches(&mut self, recorded: &Value, came: &Value) -> bool {
        match (recorded, came) {
            (Value::Object(recorded), Value::Object(came)) => {
                recorded.keys().eq(came.keys())
                    && recorded
                        .iter()
                        .zip(came.values())
                        .all(|((_, recorded), came)| self.matches(recorded, came))
            }
            (Value::Array(recorded), Value::Array(came)) => {
                recorded.len() == came.len()
                    && recorded
                        .iter()
                        .zip(came)
                        .all(|(recorded, came)| self.matches(recorded, came))
            }
            (Value::String(recorded), Value::String(came)) => self.matches_text(recorded, came),
            _ => recorded == came,
        }
    }

    fn matches_text(&mut self, recorded: &str, came: &str) -> bool {
        let hex = |length| {
            came.len() == length
                && came
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        match recorded {
            "<token>" => true,
            "<date>" => {
                came.len() == 24 && came.ends_with('Z') && came.parse::<jiff::Timestamp>().is_ok()
            }
            "<oid>" => hex(24),
            "<hex32>" => hex(32),
            _ => match recorded
                .strip_prefix("<key:")
                .and_then(|rest| rest.strip_suffix('>'))
            {
                Some(number) => {
                    hex(64)
                        && self
                            .0
                            .entry(number.to_owned())
                            .or_insert_with(|| came.to_owned())
                            == came
                }
                None => recorded == came,
            },
        }
    }
}
