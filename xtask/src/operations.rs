//! The stage `operations`: a year of operation in minutes, and the table of what each state came to.

use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::files::{cargo, root};
use crate::process::heading;
use crate::tally::Tally;
use crate::{test, tools};

/// Debian's packages, by the programs of theirs that are used.
const PROGRAMS: [(&str, &str); 6] = [
    ("pgbouncer", "pgbouncer"),
    ("nginx", "nginx-light"),
    ("caddy", "caddy"),
    ("faketime", "faketime"),
    ("mkfs.ext4", "e2fsprogs"),
    ("mount", "mount"),
];

/// Does all that can be done here, and says what was left out.
pub(crate) fn run(tally: &Tally) -> Result<()> {
    tools::postgresql()?;
    for (program, package) in PROGRAMS {
        if let Err(error) = tools::package(program, package) {
            println!("    left out: what needs {program}: {error:#}");
        }
    }
    let rows = root().join("target/operations.jsonl");
    fs::write(&rows, "").with_context(|| format!("{} cannot be written", rows.display()))?;
    let mut command = cargo(&["test", "--package", "invite-server", "--test", "year"]);
    // One after the other: each measures how long it takes.
    command
        .args(["--", "--ignored", "--nocapture", "--test-threads=1"])
        .env("BENCH_ROWS", &rows);
    let outcome = test::listening(&mut command, tally);
    heading("operations: what each state came to");
    let held = show(&fs::read_to_string(&rows).unwrap_or_default());
    outcome?;
    if !held {
        bail!("something is missing, or not as it should be");
    }
    Ok(())
}

/// Prints the table; whether everything held.
fn show(rows: &str) -> bool {
    println!(
        "{:<36} {:>12} {:>7} {:>11}  refused",
        "state", "acknowledged", "missing", "ready after"
    );
    let (mut held, mut skipped) = (true, 0);
    for row in rows.lines() {
        let Ok(row) = serde_json::from_str::<Value>(row) else {
            continue;
        };
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let count = |name: &str| {
            let count = row.get(name).and_then(Value::as_u64);
            count.map_or_else(|| "-".to_owned(), |count| count.to_string())
        };
        let state = text("state");
        if row.get("skipped").is_some() {
            skipped += 1;
            println!("{state:<36} skipped: {}", text("skipped"));
            continue;
        }
        let ready = row.get("ours").and_then(Value::as_f64);
        let ready = ready.map_or_else(|| "-".to_owned(), |ready| format!("{ready:.1} s"));
        let this = row.get("held").and_then(Value::as_bool) == Some(true);
        println!(
            "{state:<36} {:>12} {:>7} {ready:>11}  {}{}",
            count("acknowledged"),
            count("missing"),
            text("refused"),
            if this { "" } else { "  FAILED" }
        );
        println!("    {}", text("said"));
        held &= this;
    }
    if skipped > 0 {
        println!("{skipped} skipped, as said there");
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_hold_is_seen() {
        let row = |held| format!(r#"{{"state":"a","held":{held}}}"#);
        assert!(show(&row(true)));
        assert!(!show(&format!("{}\n{}", row(true), row(false))));
        assert!(show(r#"{"state":"a","skipped":"no root"}"#));
    }
}
