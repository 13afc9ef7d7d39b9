//! `bench server`: the server as it is released, beside an equal one in Express over better-sqlite3, under the load of
//! one and the same tool. What is measured, and how, is in `tests/bench/server.mjs`.

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
    timed("server: compile invite-server as it is released", || {
        process::run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "invite-server",
        ]))
    })?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let rows = folder.join("server.jsonl");
    fs::write(&rows, "")?;
    run_driver(&rows, &oha)?;
    fs::read_to_string(&rows)?.lines().map(Row::parse).collect()
}

fn run_driver(rows: &PathBuf, oha: &PathBuf) -> Result<()> {
    let server = target()
        .join("release")
        .join(format!("invite-server{}", std::env::consts::EXE_SUFFIX));
    process::run(
        Command::new("node")
            .current_dir(root())
            .arg("tests/bench/server.mjs")
            .env("INVITE_SERVER_BIN", server)
            .env("OHA", oha)
            .env("BENCH_ROWS", rows)
            // Beside the build and not in /tmp, which may be memory, where a sync costs nothing.
            .env("BENCH_FOLDER", rows.parent().context("no folder")?),
    )
}

/// Compiled once into the target directory.
fn oha() -> Result<PathBuf> {
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
            process::run_quietly(&mut command)
        },
    )
}

/// Prints the folder whose include/node has Node's headers, or nothing.
const HEADERS: &str = "const p = require('node:path'), d = p.dirname(p.dirname(process.execPath)); \
                       require('node:fs').existsSync(p.join(d, 'include/node/node.h')) ? d : ''";
