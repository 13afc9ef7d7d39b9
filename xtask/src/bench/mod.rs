//! `cargo xtask bench`: how fast, always as a ratio to something else that does the same work in the same run, since
//! machines are shared and noisy. Never part of `cargo xtask test`.

mod row;
mod server;
mod verify;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

pub(crate) use row::{Goal, Row};

use crate::files::target;
use crate::process::{heading, seconds};

/// A group of measurements with a name one can type.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Vec<Row>>,
}

const BENCHES: [Bench; 2] = [
    Bench {
        name: "server",
        about: "invite-server beside an equal Express + better-sqlite3 server, and as its invites grow",
        run: server::run,
    },
    Bench {
        name: "verify",
        about: "signed keys beside jose, WebCrypto and dalek; the first call and the import beside others",
        run: verify::run,
    },
];

/// The benches for `--help`.
pub(crate) fn help() -> String {
    let lines: String = BENCHES
        .iter()
        .map(|bench| format!("  {:<12} {}\n", bench.name, bench.about))
        .collect();
    format!(
        "The benches of `bench`, each of which takes minutes; leave the machine alone meanwhile:\n{lines}"
    )
}

/// Runs the benches named, or all; prints the table and writes `target/bench.json`. A goal that is missed is said, and
/// is no error: only what cannot be measured is.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !BENCHES.iter().any(|bench| bench.name == **name))
    {
        bail!("there is no bench `{unknown}`.\n{}", help());
    }
    let mut measured: Vec<(&Bench, Vec<Row>, Duration)> = Vec::new();
    for bench in &BENCHES {
        if names.is_empty() || names.contains(&bench.name) {
            heading(&format!("bench {}: {}", bench.name, bench.about));
            let start = Instant::now();
            let rows = (bench.run)().with_context(|| format!("bench {}", bench.name))?;
            measured.push((bench, rows, start.elapsed()));
        }
    }
    heading("result");
    println!("{}", Row::titles());
    for (bench, rows, time) in &measured {
        println!("{} ({})", bench.name, seconds(*time));
        rows.iter().for_each(|row| println!("  {row}"));
    }
    write(&measured)
}

/// A bench that was not run this time keeps what it measured before.
fn write(measured: &[(&Bench, Vec<Row>, Duration)]) -> Result<()> {
    let path = file();
    let before = fs::read(&path).unwrap_or_default();
    let mut all = match serde_json::from_slice(&before) {
        Ok(Value::Object(all)) => all,
        _ => serde_json::Map::new(),
    };
    for (bench, rows, time) in measured {
        let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
        all.insert(
            bench.name.to_owned(),
            json!({ "seconds": time.as_secs(), "rows": rows }),
        );
    }
    let text = serde_json::to_string_pretty(&all)?;
    fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nWritten to target/bench.json.");
    Ok(())
}

fn file() -> PathBuf {
    target().join("bench.json")
}
