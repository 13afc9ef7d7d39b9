//! `bench failover`: the stage `failover` of `cargo xtask test`, for how long service was away.

use std::fs;

use anyhow::{Context as _, Result};

use super::Row;
use crate::files::target;
use crate::process;
use crate::test;

pub(super) fn run() -> Result<Vec<Row>> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let rows = folder.join("failover.jsonl");
    fs::write(&rows, "")?;
    process::run(test::failover_command()?.env("BENCH_ROWS", &rows))
        .context("a promise was broken")?;
    fs::read_to_string(&rows)?.lines().map(Row::parse).collect()
}
