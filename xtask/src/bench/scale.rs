//! `bench scale`: the server as it is released on PostgreSQL, with many invites beside few. What is measured, and how, is
//! in `tests/bench/scale.mjs`.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Row, server};
use crate::files::{cargo, root, target};
use crate::process::{self, timed};
use crate::tools;

/// How many are many.
pub(super) const INVITES: u64 = 10_000_000;

pub(super) fn run(invites: u64) -> Result<Vec<Row>> {
    tools::node()?;
    tools::postgresql()?;
    let oha = server::oha()?;
    timed("scale: compile invite-server as it is released", || {
        process::run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "invite-server",
        ]))
    })?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let rows = folder.join("scale.jsonl");
    fs::write(&rows, "")?;
    process::run(
        Command::new("node")
            .current_dir(root())
            .arg("tests/bench/scale.mjs")
            .env("INVITE_SERVER_BIN", server::released("invite-server"))
            .env("OHA", oha)
            .env("BENCH_ROWS", &rows)
            .env("BENCH_INVITES", invites.to_string()),
    )?;
    fs::read_to_string(&rows)?.lines().map(Row::parse).collect()
}
