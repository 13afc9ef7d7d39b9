//! `cargo xtask fuzz`: the fuzz targets, one after the other.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::files::root;
use crate::process::{ask, heading, run};

const FOLDER: &str = "crates/invite-key/fuzz";
/// Each target with the words that its inputs are made of.
const TARGETS: [(&str, &str); 6] = [
    ("key", "texts.dict"),
    ("link", "texts.dict"),
    ("find", "texts.dict"),
    ("jws", "json.dict"),
    ("jwks", "json.dict"),
    ("frame", "json.dict"),
];
const RUNS: u64 = 100_000;
const LONGEST_INPUT: u32 = 1500;

/// Runs the target named, or all.
pub(crate) fn start(options: &[&str]) -> Result<()> {
    let mut runs = RUNS;
    let mut target = None;
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match *option {
            "--runs" => {
                let number = rest.next().context("--runs needs a number")?;
                runs = number
                    .parse()
                    .with_context(|| format!("--runs {number} is not a number"))?;
            }
            name if TARGETS.iter().any(|(known, _)| *known == name) => target = Some(name),
            other => bail!(
                "there is no fuzz target `{other}`; there are key, link, find, jws, jwks and frame, and --runs N"
            ),
        }
    }
    if ask("cargo", &["+nightly", "fuzz", "--version"]).is_none() {
        bail!(
            "fuzzing needs nightly Rust and cargo-fuzz: `rustup toolchain install nightly --profile minimal` and \
             `cargo install cargo-fuzz --locked`"
        );
    }
    for (name, dictionary) in TARGETS {
        if target.is_none_or(|wanted| wanted == name) {
            heading(&format!("fuzz {name}: {runs} executions"));
            one(name, dictionary, runs)?;
        }
    }
    Ok(())
}

fn one(name: &str, dictionary: &str, runs: u64) -> Result<()> {
    let corpus = format!("{FOLDER}/corpus/{name}");
    fs::create_dir_all(root().join(&corpus)).with_context(|| format!("cannot make {corpus}"))?;
    // Through rustup: the cargo that runs us knows no other toolchain.
    let mut command = Command::new("cargo");
    command
        .current_dir(root())
        // Nothing of ours is unsafe, so the address sanitizer would only make it slow.
        .args(["+nightly", "fuzz", "run", "--sanitizer", "none"])
        .args(["--fuzz-dir", FOLDER, name, &corpus])
        .args([&format!("{FOLDER}/seeds/{name}"), "--"])
        .arg(format!("-dict={FOLDER}/{dictionary}"))
        .arg(format!("-runs={runs}"))
        .arg(format!("-max_len={LONGEST_INPUT}"))
        .args(["-timeout=20", "-print_final_stats=1", "-verbosity=0"]);
    run(&mut command)
}
