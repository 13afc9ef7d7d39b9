//! `bench verify`: signed keys in Chromium beside `jose` and WebCrypto, the first call and the import beside others, and
//! signed keys natively beside `ed25519-dalek`. What is measured in the browser, and how, is in `tests/bench/verify.mjs`.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Goal, Row};
use crate::files::{cargo, root, target};
use crate::process::{self, timed};
use crate::{tools, wasm};

pub(super) fn run() -> Result<Vec<Row>> {
    let mut rows = in_chromium()?;
    rows.extend(natively()?);
    Ok(rows)
}

fn in_chromium() -> Result<Vec<Row>> {
    tools::node_for_tests()?;
    tools::npm_packages("tests/bench/browser")?;
    let chromium = tools::chromium()?;
    wasm::build(wasm::Mode::Release)?;
    timed("verify: compile invite-server as it is released", || {
        process::run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "invite-server",
        ]))
    })?;
    let server = target()
        .join("release")
        .join(format!("invite-server{}", std::env::consts::EXE_SUFFIX));
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let rows = folder.join("verify.jsonl");
    fs::write(&rows, "")?;
    process::run(
        Command::new("node")
            .current_dir(root())
            .arg("tests/bench/verify.mjs")
            .env("INVITE_SERVER_BIN", server)
            .env("CHROMIUM", chromium)
            .env("BENCH_ROWS", &rows),
    )?;
    fs::read_to_string(&rows)?.lines().map(Row::parse).collect()
}

/// What a row of ours is measured beside, and how many a second it should be.
const NATIVE: [(&str, &str, &str, Option<f64>); 3] = [
    (
        "whole key, warm",
        "dalek verify_strict",
        "verify natively, one core, warm",
        Some(30_000.0),
    ),
    (
        "whole key, plain",
        "dalek verify_strict",
        "verify natively, one core, the first of an issuer",
        None,
    ),
    (
        "whole key, batch of 1000",
        "dalek verify_batch of 1000",
        "verify natively, one core, 1,000 at once",
        Some(100_000.0),
    ),
];

fn natively() -> Result<Vec<Row>> {
    let output = cargo(&[
        "bench",
        "--quiet",
        "--package",
        "invite-key",
        "--features",
        "issue",
        "--bench",
        "verify",
        "--",
        "--json",
    ])
    .output()
    .context("cargo bench could not be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let list: Vec<Value> = serde_json::from_str(text.trim()).with_context(|| {
        format!(
            "cargo bench gave no list: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let rate = |name: &str| {
        let row = list
            .iter()
            .find(|row| row.get("name").and_then(Value::as_str) == Some(name));
        row.and_then(|row| row.get("perSecond"))
            .and_then(Value::as_f64)
            .with_context(|| format!("cargo bench has no row `{name}`"))
    };
    let mut rows = Vec::new();
    for (name, peer, what, goal) in NATIVE {
        let (ours, peer_rate) = (rate(name)?, rate(peer)?);
        let row = |what: String, peer, goal| Row {
            what,
            unit: "/s".to_owned(),
            ours,
            peer,
            ratio: peer.map(|peer| ours / peer),
            goal,
        };
        if let Some(goal) = goal {
            rows.push(row(what.to_owned(), None, Goal::AtLeast(goal)));
        }
        let beside = format!("{what}, beside {peer}");
        rows.push(row(beside, Some(peer_rate), Goal::None));
    }
    Ok(rows)
}
