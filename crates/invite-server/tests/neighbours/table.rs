//! The table: before, during, ratio.

use std::time::Duration;

use serde_json::json;

use crate::bench::hand_over;
use crate::measure::Waited;

pub struct Row {
    pub neighbour: String,
    pub engine: String,
    pub call: String,
    pub before: Waited,
    pub during: Waited,
    pub ratio: f64,
    pub holds: bool,
}

/// Prints all, and fails where somebody else had to pay.
pub fn judge(rows: &[Row]) {
    let mut table = format!(
        "\n{:<11} {:<34} {:<9} {:>9} {:>9} {:>7} {:>8}\n",
        "database", "neighbour", "call", "before", "during", "ratio", "refused"
    );
    for row in rows {
        table.push_str(&format!(
            "{:<11} {:<34} {:<9} {:>9} {:>9} {:>7} {:>3} of {:<3}{}\n",
            row.engine,
            row.neighbour,
            row.call,
            milliseconds(row.before.median),
            milliseconds(row.during.median),
            ratio(row),
            row.during.refused,
            row.during.asked,
            if row.holds { "" } else { "  <- everybody pays" },
        ));
    }
    println!("{table}");
    rows.iter().for_each(hand_to_bench);
    assert!(
        rows.iter().all(|row| row.holds),
        "a bad neighbour costs everybody else\n{table}"
    );
}

fn hand_to_bench(row: &Row) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    hand_over(&json!({
        "what": format!("{}, {}: others' {}", row.engine, row.neighbour, row.call),
        "unit": "ms", "atMost": 2,
        "ours": milliseconds(row.during.median), "peer": milliseconds(row.before.median), "ratio": row.ratio,
    }));
}

fn ratio(row: &Row) -> String {
    if row.during.median == Duration::MAX {
        return "-".to_owned();
    }
    format!("{:.2}×", row.ratio)
}

fn milliseconds(time: Duration) -> String {
    if time == Duration::MAX {
        return "never".to_owned();
    }
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
