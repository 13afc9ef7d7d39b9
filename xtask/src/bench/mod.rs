//! `cargo xtask bench`: how fast, always as a ratio to something else that does the same work in the same run, since
//! machines are shared and noisy. Never part of `cargo xtask test`.

mod failover;
mod row;
mod scale;
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
    run: fn(&Options) -> Result<Vec<Row>>,
    /// Takes so long that only its name asks for it.
    named: bool,
}

/// What one may choose.
struct Options {
    /// How many invites the large database of `scale` holds.
    invites: u64,
}

const BENCHES: [Bench; 4] = [
    Bench {
        name: "server",
        about: "invite-server beside an equal Express + better-sqlite3 server, beside what axum and SQLite alone can do, as \
                its invites grow, and beside bad neighbours",
        run: |_| server::run(),
        named: false,
    },
    Bench {
        name: "verify",
        about: "signed keys beside jose, WebCrypto and dalek; the first call and the import beside others",
        run: |_| verify::run(),
        named: false,
    },
    Bench {
        name: "scale",
        about: "invite-server on PostgreSQL with ten million invites (--invites N), plain and partitioned, beside ten \
                thousand; only by its name",
        run: |options| scale::run(options.invites),
        named: true,
    },
    Bench {
        name: "failover",
        about: "how long service is away when a part of a replicated PostgreSQL is killed; only by its name",
        run: |_| failover::run(),
        named: true,
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
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (options, names) = read(arguments)?;
    if let Some(unknown) = names
        .iter()
        .find(|name| !BENCHES.iter().any(|bench| bench.name == **name))
    {
        bail!("there is no bench `{unknown}`.\n{}", help());
    }
    let mut measured: Vec<(&Bench, Vec<Row>, Duration)> = Vec::new();
    for bench in &BENCHES {
        if (names.is_empty() && !bench.named) || names.contains(&bench.name) {
            heading(&format!("bench {}: {}", bench.name, bench.about));
            let start = Instant::now();
            let rows = (bench.run)(&options).with_context(|| format!("bench {}", bench.name))?;
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

fn read<'a>(arguments: &[&'a str]) -> Result<(Options, Vec<&'a str>)> {
    let (mut invites, mut names) = (scale::INVITES, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if *argument == "--invites" {
            let number = rest.next().context("--invites needs a number")?;
            invites = number
                .parse()
                .with_context(|| format!("--invites {number} is not a number"))?;
        } else {
            names.push(*argument);
        }
    }
    Ok((Options { invites }, names))
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
