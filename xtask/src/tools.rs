//! What the commands need from outside: found, or installed, or named with the command that installs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::files::{Stamp, cargo, fingerprint, root};
use crate::process::{ask, run, timed};

const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// Major and minor version: what the SDK is tested with, and what the tests' own packages ask for.
const OLDEST_NODE: (u32, u32) = (20, 0);
const OLDEST_NODE_FOR_TESTS: (u32, u32) = (20, 19);
/// In the order in which `tests/support/chromium.mjs` looks for them.
const CHROMIUM_NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Detects and installs everything, and says what is there (`cargo xtask check-tools`).
pub(crate) fn check_all() -> Result<()> {
    wasm_target()?;
    rustfmt()?;
    clippy()?;
    npm_packages("xtask")?;
    node_for_tests()?;
    let chromium = chromium()?;
    postgresql()?;
    python()?;

    let version = |program: &str, arguments: &[&str]| {
        ask(program, arguments).unwrap_or_else(|| "missing".to_owned())
    };
    println!(
        "rustc     {}, with {WASM_TARGET}",
        version("rustc", &["--version"])
    );
    println!("rustfmt   {}", version("cargo", &["fmt", "--version"]));
    println!("clippy    {}", version("cargo", &["clippy", "--version"]));
    println!(
        "nextest   {}",
        if has_nextest() {
            "installed"
        } else {
            "not installed; `cargo test` is used instead"
        }
    );
    println!(
        "node      {}, npm {}",
        version("node", &["--version"]),
        version(npm(), &["--version"])
    );
    println!("chromium  {}", chromium.display());
    println!("Nothing is missing.");
    Ok(())
}

/// The standard library for wasm32.
pub(crate) fn wasm_target() -> Result<()> {
    let installed = ask(
        "rustc",
        &["--print", "target-libdir", "--target", WASM_TARGET],
    )
    .is_some_and(|directory| Path::new(&directory).is_dir());
    if installed {
        Ok(())
    } else {
        rustup(
            &format!("the {WASM_TARGET} target"),
            &["target", "add", WASM_TARGET],
        )
    }
}

/// rustfmt.
pub(crate) fn rustfmt() -> Result<()> {
    if cargo_has("fmt") {
        Ok(())
    } else {
        rustup("rustfmt", &["component", "add", "rustfmt"])
    }
}

/// clippy.
pub(crate) fn clippy() -> Result<()> {
    if cargo_has("clippy") {
        Ok(())
    } else {
        rustup("clippy", &["component", "add", "clippy"])
    }
}

/// cargo-nextest is used when it is there; it is not worth compiling.
pub(crate) fn has_nextest() -> bool {
    cargo_has("nextest")
}

fn cargo_has(subcommand: &str) -> bool {
    cargo(&[subcommand, "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}

fn rustup(what: &str, arguments: &[&str]) -> Result<()> {
    if ask("rustup", &["--version"]).is_none() {
        bail!(
            "{what} is missing, and there is no rustup to add it: install it the way Rust was installed here"
        );
    }
    timed(&format!("install {what}"), || {
        run(Command::new("rustup").current_dir(root()).args(arguments))
    })
}

/// Node, new enough to build, and npm.
pub(crate) fn node() -> Result<()> {
    node_since(OLDEST_NODE)
}

/// Node, new enough for the tests, their packages, and npm.
pub(crate) fn node_for_tests() -> Result<()> {
    node_since(OLDEST_NODE_FOR_TESTS)?;
    npm_packages("tests")
}

fn node_since(oldest: (u32, u32)) -> Result<()> {
    let wanted = format!(
        "version {}.{} or newer is needed (Debian 13: apt-get install nodejs npm)",
        oldest.0, oldest.1
    );
    let Some(version) = ask("node", &["--version"]) else {
        bail!("Node is missing: {wanted}");
    };
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(|text| text.parse().unwrap_or(0));
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < oldest {
        bail!("Node is {version}: {wanted}");
    }
    if ask(npm(), &["--version"]).is_none() {
        bail!("npm is missing: install it (Debian: apt-get install npm)");
    }
    Ok(())
}

/// npm's program: a script with another name on Windows.
pub(crate) fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// The packages of a directory's `package-lock.json`, exactly.
pub(crate) fn npm_packages(directory: &str) -> Result<()> {
    node()?;
    let place = root().join(directory);
    let inputs = [place.join("package.json"), place.join("package-lock.json")];
    // Inside node_modules: who deletes that starts afresh.
    let stamp = Stamp::new(
        place.join("node_modules/.xtask-stamp"),
        fingerprint(&inputs, &[])?,
    );
    if stamp.is_current() {
        return Ok(());
    }
    timed(&format!("install the npm packages of {directory}/"), || {
        run(Command::new(npm()).current_dir(&place).args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]))
    })?;
    stamp.write()
}

/// A Chromium or Chrome, for the tests in a browser.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    let by_hand = "Chromium is missing. Install it (Debian: sudo apt-get install chromium), or set CHROMIUM to its path";
    install("Chromium", "chromium", by_hand)?;
    find_chromium().context(by_hand)
}

/// PostgreSQL's programs, for the tests of the server's other store: they start a server of their own.
pub(crate) fn postgresql() -> Result<()> {
    if has_postgresql() {
        return Ok(());
    }
    let by_hand = "PostgreSQL is missing. Install it (Debian: sudo apt-get install postgresql)";
    install("PostgreSQL", "postgresql", by_hand)?;
    if has_postgresql() {
        Ok(())
    } else {
        bail!(by_hand)
    }
}

/// What keeps three PostgreSQL servers one database: Patroni, and the etcd by which it agrees with itself.
pub(crate) fn patroni() -> Result<()> {
    let by_hand = "Patroni and etcd are needed. Install them (Debian: sudo apt-get install patroni etcd-server; they need \
                   not run: the tests start their own)";
    for (program, what, package) in [
        ("patroni", "Patroni", "patroni"),
        ("etcd", "etcd", "etcd-server"),
    ] {
        let is_there = || ask(program, &["--version"]).is_some();
        if is_there() {
            continue;
        }
        install(what, package, &format!("{what} is missing. {by_hand}"))?;
        if !is_there() {
            bail!("{what} is missing. {by_hand}");
        }
    }
    Ok(())
}

/// A program that a package of Debian's brings.
pub(crate) fn package(program: &str, package: &str) -> Result<()> {
    let is_there = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        folders.extend(["/usr/sbin".into(), "/sbin".into()]);
        folders.iter().any(|folder| folder.join(program).is_file())
    };
    if is_there() {
        return Ok(());
    }
    let by_hand =
        format!("{program} is missing. Install it (Debian: sudo apt-get install {package})");
    install(program, package, &by_hand)?;
    if is_there() { Ok(()) } else { bail!(by_hand) }
}

/// Python that can make virtual environments, for the tests with programs from there. Debian's `python3` alone has `venv`
/// without what it installs, so both are asked for.
pub(crate) fn python() -> Result<()> {
    let is_there = || ask("python3", &["-c", "import ensurepip, venv"]).is_some();
    if is_there() {
        return Ok(());
    }
    let by_hand =
        "Python with venv is missing. Install it (Debian: sudo apt-get install python3-venv)";
    install("Python", "python3-venv", by_hand)?;
    if is_there() { Ok(()) } else { bail!(by_hand) }
}

/// Where Debian keeps them, a folder for each version, and where the tests look.
fn has_postgresql() -> bool {
    std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions
            .flatten()
            .any(|version| version.path().join("bin/initdb").is_file())
    })
}

/// Installs a package of Debian's, where that is possible.
fn install(what: &str, package: &str, by_hand: &str) -> Result<()> {
    if ask("apt-get", &["--version"]).is_none() || ask("id", &["-u"]).as_deref() != Some("0") {
        bail!("{by_hand}");
    }
    timed(&format!("install {what} (apt-get)"), || {
        let apt = |arguments: &[&str]| {
            run(Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .arg("--quiet")
                .args(arguments))
        };
        apt(&["update"])?;
        apt(&["install", "--yes", "--no-install-recommends", package])
    })
}

fn find_chromium() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM") {
        return Some(chosen.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    CHROMIUM_NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}
