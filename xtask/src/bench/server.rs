//! `bench server`: the server as it is released, beside an equal one in Express over better-sqlite3 and beside what axum
//! and SQLite alone can do (`limits.rs`), under the load of one and the same tool. What is measured, and how, is in
//! `tests/bench/server.mjs`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::Row;
use crate::files::{cargo, root, target};
use crate::process::{self, ask, timed};
use crate::tools;

/// The load tool, from crates.io.
const OHA: &str = "1.16.0";

pub(super) fn run() -> Result<Vec<Row>> {
    let oha = oha()?;
    tools::npm_packages("tests/bench/express")?;
    compile_sqlite()?;
    timed(
        "server: compile invite-server as it is released, and the limits beside it",
        || {
            let mut build = cargo(&["build", "--release", "--package", "invite-server"]);
            build.args(["--package", "xtask", "--features", "xtask/limits"]);
            process::run(build.args(["--bin", "invite-server", "--bin", "xtask-limits"]))
        },
    )?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let rows = folder.join("server.jsonl");
    fs::write(&rows, "")?;
    run_driver(&rows, &oha)?;
    neighbours(&rows)?;
    fs::read_to_string(&rows)?.lines().map(Row::parse).collect()
}

fn run_driver(rows: &PathBuf, oha: &PathBuf) -> Result<()> {
    process::run(
        Command::new("node")
            .current_dir(root())
            .arg("tests/bench/server.mjs")
            .env("INVITE_SERVER_BIN", released("invite-server"))
            .env("LIMITS_BIN", released("xtask-limits"))
            .env("OHA", oha)
            .env("BENCH_ROWS", rows)
            // Beside the build and not in /tmp, which may be memory, where a sync costs nothing.
            .env("BENCH_FOLDER", rows.parent().context("no folder")?),
    )
}

/// The suite prints more, and fails where a goal is missed: here that is said in its row.
fn neighbours(rows: &PathBuf) -> Result<()> {
    tools::postgresql()?;
    let mut suite = cargo(&["test", "--package", "invite-server", "--test", "neighbours"]);
    timed("server: what a bad neighbour costs everybody else", || {
        let _ = process::run(suite.args(["--", "--nocapture"]).env("BENCH_ROWS", rows));
        Ok(())
    })
}

/// A program as it is released.
pub(super) fn released(name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target().join("release").join(name)
}

/// Compiled once into the target directory.
pub(super) fn oha() -> Result<PathBuf> {
    let place = target().join("bench-tools");
    let program = place
        .join("bin")
        .join(format!("oha{}", std::env::consts::EXE_SUFFIX));
    let version = program
        .to_str()
        .and_then(|program| ask(program, &["--version"]));
    if version.is_some_and(|version| version.ends_with(OHA)) {
        return Ok(program);
    }
    timed(
        &format!("install oha {OHA}, the load tool (some minutes, once)"),
        || {
            let plain = [
                "install",
                "oha",
                "--version",
                OHA,
                "--locked",
                "--force",
                "--root",
            ];
            process::run(cargo(&plain).arg(&place))
        },
    )?;
    Ok(program)
}

/// better-sqlite3's native part, from its source: a package's install scripts are not run by themselves, and what this
/// one would download comes from elsewhere than npm.
fn compile_sqlite() -> Result<()> {
    let place = root().join("tests/bench/express");
    if place
        .join("node_modules/better-sqlite3/build/Release/better_sqlite3.node")
        .is_file()
    {
        return Ok(());
    }
    timed(
        "compile better-sqlite3 (two minutes, once; needs Python, make and a C++ compiler)",
        || {
            let mut command = Command::new(tools::npm());
            command.current_dir(&place).args([
                "rebuild",
                "better-sqlite3",
                "--build-from-source",
                "--foreground-scripts",
            ]);
            // Node's own headers, where the system has them beside Node: nothing is downloaded then.
            if let Some(prefix) = ask("node", &["-p", HEADERS]).filter(|prefix| !prefix.is_empty())
            {
                command.env("npm_config_nodedir", prefix);
            }
            process::run_quietly(&mut command).map(drop)
        },
    )
}

/// Prints the folder whose include/node has Node's headers, or nothing.
const HEADERS: &str = "const p = require('node:path'), d = p.dirname(p.dirname(process.execPath)); \
                       require('node:fs').existsSync(p.join(d, 'include/node/node.h')) ? d : ''";
