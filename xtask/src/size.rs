//! `cargo xtask size`: what a page downloads, against its ceilings.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::files::root;
use crate::tools;

/// One budget: brotli bytes, and 1 KB is 1,000 of them.
struct Row {
    what: &'static str,
    /// The files, as `xtask/brotli.mjs` takes them.
    files: &'static str,
    ceiling: u64,
    goal: u64,
}

const ROWS: [Row; 8] = [
    Row {
        what: "a page before its first call",
        files: "graph:pkg/index.js",
        // With the core's glue: a browser may never ask again for a module that did not come.
        ceiling: 7_000,
        goal: 5_500,
    },
    Row {
        what: "auto.js alone",
        files: "pkg/auto.js",
        ceiling: 2_500,
        goal: 1_500,
    },
    Row {
        what: "the <head> snippet",
        files: "pkg/head.js",
        ceiling: 400,
        goal: 300,
    },
    Row {
        // In English; a page in Danish or German loads elements-languages.js besides.
        what: "elements.js",
        files: "graph:pkg/elements.js",
        ceiling: 18_000,
        goal: 14_000,
    },
    Row {
        what: "first call: all JavaScript, core.wasm",
        files: "graph:pkg/index.js+pkg/wasm/core_bg.wasm",
        ceiling: 60_000,
        goal: 52_000,
    },
    Row {
        what: "offline.wasm and its glue",
        files: "pkg/wasm/offline.js+pkg/wasm/offline_bg.wasm",
        ceiling: 34_000,
        goal: 30_000,
    },
    // These two stood in offline.wasm; apart, a page pays for what it uses. All three together weigh 10 KB more.
    Row {
        what: "find.wasm and its glue",
        files: "pkg/wasm/find.js+pkg/wasm/find_bg.wasm",
        ceiling: 25_000,
        goal: 22_000,
    },
    Row {
        what: "qr.wasm and its glue",
        files: "pkg/wasm/qr.js+pkg/wasm/qr_bg.wasm",
        ceiling: 7_000,
        goal: 6_500,
    },
];

/// Prints the table; an error when a row is above its ceiling.
pub(crate) fn check() -> Result<()> {
    tools::npm_packages("xtask")?;
    println!(
        "brotli 11, bytes {:>25} {:>9} {:>9}",
        "now", "goal", "ceiling"
    );
    let mut above = 0;
    for row in &ROWS {
        let (bytes, files) = weigh(row)?;
        let verdict = match bytes {
            bytes if bytes > row.ceiling => "ABOVE THE CEILING",
            bytes if bytes > row.goal => "above the goal",
            _ => "ok",
        };
        above += u32::from(bytes > row.ceiling);
        println!(
            "{:<37} {bytes:>6} {:>9} {:>9}  {verdict}",
            row.what, row.goal, row.ceiling
        );
        println!("    {files}");
    }
    if above > 0 {
        bail!("{above} of {} rows are above their ceiling", ROWS.len());
    }
    Ok(())
}

fn weigh(row: &Row) -> Result<(u64, String)> {
    let output = Command::new("node")
        .current_dir(root())
        .args(["xtask/brotli.mjs", row.files])
        .output()?;
    if !output.status.success() {
        bail!(
            "cannot weigh {}: {}",
            row.files,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let line = String::from_utf8(output.stdout)?;
    let (bytes, files) = line
        .trim()
        .split_once(' ')
        .context("brotli.mjs printed no size")?;
    Ok((bytes.parse()?, files.to_owned()))
}
