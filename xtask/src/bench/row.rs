//! One line of the table.

use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// What was measured, with its peer beside it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What did the work.
    pub(crate) what: String,
    /// Of `ours` and `peer`: `/s`, `ms`, …
    pub(crate) unit: String,
    /// The median of ours.
    pub(crate) ours: f64,
    /// The median of what is measured beside it, in the same run.
    pub(crate) peer: Option<f64>,
    /// The median of the rounds' ratios; greater is better for `/s`.
    pub(crate) ratio: Option<f64>,
    /// What it should be.
    pub(crate) goal: Goal,
}

/// What the ratio should be, or where there is no ratio, our own number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    /// Nothing was promised.
    None,
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Row {
    /// From what a program wrote: `{"what", "unit", "ours", "peer"?, "ratio"?, "atLeast"?|"atMost"?}`.
    pub(crate) fn parse(line: &str) -> Result<Row> {
        let value: Value = serde_json::from_str(line).context("a row is no JSON")?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        let missing = |name: &str| format!("a row without `{name}`: {line}");
        Ok(Row {
            what: text("what").with_context(|| missing("what"))?,
            unit: text("unit").with_context(|| missing("unit"))?,
            ours: number("ours").with_context(|| missing("ours"))?,
            peer: number("peer"),
            ratio: number("ratio"),
            goal: match (number("atLeast"), number("atMost")) {
                (Some(least), _) => Goal::AtLeast(least),
                (None, Some(most)) => Goal::AtMost(most),
                (None, None) => Goal::None,
            },
        })
    }

    /// For `target/bench.json`.
    pub(crate) fn to_json(&self) -> Value {
        let mut value = json!({
            "what": self.what, "unit": self.unit, "ours": self.ours, "peer": self.peer, "ratio": self.ratio,
            "goal": self.goal.to_string(),
        });
        if let (Some(met), Some(members)) = (self.meets_goal(), value.as_object_mut()) {
            members.insert("met".to_owned(), met.into());
        }
        value
    }

    /// What stands above the columns.
    pub(crate) fn titles() -> String {
        format!(
            "  {:<52} {:>14} {:>14} {:>8} {:>8}",
            "what", "ours", "peer", "ratio", "goal"
        )
    }

    fn meets_goal(&self) -> Option<bool> {
        let measured = self.ratio.unwrap_or(self.ours);
        match self.goal {
            Goal::None => None,
            Goal::AtLeast(least) => Some(measured >= least),
            Goal::AtMost(most) => Some(measured <= most),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |number: f64| match number.abs() {
            100.0.. => format!("{number:.0} {}", self.unit),
            1.0.. => format!("{number:.2} {}", self.unit),
            _ => format!("{number:.3} {}", self.unit),
        };
        write!(
            formatter,
            "{:<52} {:>14} {:>14} {:>8} {:>8}  {}",
            self.what,
            shown(self.ours),
            self.peer.map_or_else(|| "-".to_owned(), shown),
            self.ratio
                .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2} x")),
            self.goal.to_string(),
            match self.meets_goal() {
                None => "",
                Some(true) => "ok",
                Some(false) => "MISSED",
            }
        )
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::None => formatter.write_str("-"),
            Goal::AtLeast(least) => write!(formatter, ">= {least}"),
            Goal::AtMost(most) => write!(formatter, "<= {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_whether_they_meet_their_goal() {
        let row = |goal: &str| {
            Row::parse(&format!(
                r#"{{"what":"read","unit":"/s","ours":60000,"peer":10000,"ratio":6.0{goal}}}"#
            ))
            .unwrap()
        };
        assert!(row(r#","atLeast":6"#).to_string().ends_with("ok"));
        assert!(row(r#","atMost":1.5"#).to_string().ends_with("MISSED"));
        assert_eq!(row("").meets_goal(), None);
        let alone = Row::parse(r#"{"what":"verify","unit":"/s","ours":31000,"atLeast":30000}"#);
        assert_eq!(alone.unwrap().meets_goal(), Some(true));
    }

    #[test]
    fn a_row_without_its_number_is_refused() {
        assert!(Row::parse(r#"{"what":"read","unit":"/s"}"#).is_err());
        assert!(Row::parse("no JSON").is_err());
    }
}
