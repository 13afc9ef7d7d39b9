//! The tests in JavaScript, one directory of `tests/` at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::files::root;
use crate::tally::Tally;
use crate::test::{is_full, listening};
use crate::{demo, tools};

/// Runs the `*.test.mjs` of one directory of `tests/`, each of which starts a server of its own.
pub(crate) fn node_tests(directory: &str, tally: &Tally) -> Result<()> {
    tools::node_for_tests()?;
    let chromium = tools::chromium()?;
    let mut files = Vec::new();
    find_tests(&root().join("tests").join(directory), &mut files)?;
    if files.is_empty() {
        bail!("tests/{directory} has no *.test.mjs");
    }
    files.sort();
    let mut failed = Vec::new();
    for file in &files {
        if !node_test(file, &chromium, tally)? {
            failed.push(file.strip_prefix(root()).unwrap_or(file).display());
        }
    }
    if !failed.is_empty() {
        let names: Vec<String> = failed.iter().map(ToString::to_string).collect();
        bail!("failed twice: {}", names.join(", "));
    }
    Ok(())
}

/// Runs one file. What fails is run once more, and counts only then: browsers and servers share the machine with others.
fn node_test(file: &Path, chromium: &Path, tally: &Tally) -> Result<bool> {
    let attempt = || {
        let counts = Tally::default();
        let mut command = Command::new("node");
        command
            .current_dir(root().join("tests"))
            // What hangs ends as a failure with a name.
            .args(["--test", "--test-reporter=spec"])
            .arg(format!("--test-timeout={}", patience().as_millis()))
            .arg(file)
            .env("INVITE_SERVER_BIN", demo::server_binary())
            .env("CHROMIUM", chromium);
        let passed = listening(&mut command, &counts).is_ok();
        (passed, counts)
    };
    let (passed, counts) = attempt();
    if passed {
        tally.add(&counts);
        return Ok(true);
    }
    println!("    failed, so once more: {}", file.display());
    let (passed, counts) = attempt();
    if passed {
        println!(
            "    FLAKY: {} failed and then passed; that is still a defect",
            file.display()
        );
    }
    tally.add(&counts);
    Ok(passed)
}

/// For one file.
fn patience() -> Duration {
    Duration::from_secs(if is_full() { 1800 } else { 300 })
}

fn find_tests(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = directory.read_dir() else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            find_tests(&path, found)?;
        } else if path.to_string_lossy().ends_with(".test.mjs") {
            found.push(path);
        }
    }
    Ok(())
}
