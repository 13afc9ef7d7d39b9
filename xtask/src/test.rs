//! `cargo xtask test`: every check, stage by stage, to one verdict.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::files::cargo;
use crate::node_tests::node_tests;
use crate::process::{heading, run_listening, seconds, timed};
use crate::tally::Tally;
use crate::{demo, dialects, locks, operations, process, size, tools, wasm};

/// A group of checks with a name one can type.
struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn(&Tally) -> Result<()>,
    /// Runs against what `build` makes.
    needs_build: bool,
    /// Takes so long, or needs so much, that only `--full` or its name asks for it.
    full: bool,
}

const fn stage(name: &'static str, about: &'static str, run: fn(&Tally) -> Result<()>) -> Stage {
    Stage {
        name,
        about,
        run,
        needs_build: false,
        full: false,
    }
}

const fn stage_of_full(
    name: &'static str,
    about: &'static str,
    run: fn(&Tally) -> Result<()>,
) -> Stage {
    Stage {
        name,
        about,
        run,
        needs_build: false,
        full: true,
    }
}

const fn stage_after_build(
    name: &'static str,
    about: &'static str,
    run: fn(&Tally) -> Result<()>,
) -> Stage {
    Stage {
        name,
        about,
        run,
        needs_build: true,
        full: false,
    }
}

/// In this order: what fails fast comes first.
const STAGES: [Stage; 17] = [
    stage("locks", "lock files without download addresses", |_| {
        locks::check()
    }),
    stage("fmt", "rustfmt", fmt),
    stage(
        "clippy",
        "clippy, warnings denied, native and wasm32",
        clippy,
    ),
    stage(
        "dialects",
        "a new dialect is a folder and a line in a list",
        |_| dialects::check(),
    ),
    stage(
        "native",
        "Rust tests (cargo-nextest when installed)",
        native,
    ),
    stage("doctests", "the examples in Rust documentation", doctests),
    stage(BUILD, "the SDK's wasm, the server and the emulator", |_| {
        build()
    }),
    stage_after_build("size", "byte budgets", |_| size::check()),
    stage_after_build("types", "the package's TypeScript declarations", |tally| {
        node_tests("types", tally)
    }),
    stage_after_build(
        "openapi",
        "the server against its own OpenAPI document, by schemathesis",
        |tally| {
            tools::python()?;
            node_tests("openapi", tally)
        },
    ),
    stage_after_build("interop", "signed keys against other libraries", |tally| {
        tools::python()?;
        node_tests("interop", tally)
    }),
    stage_after_build(
        "packaging",
        "the packed npm package, each way it is used",
        |tally| node_tests("packaging", tally),
    ),
    stage_after_build(
        "conformance",
        "every operation and answer, in Chromium",
        |tally| node_tests("conformance", tally),
    ),
    stage_after_build(
        "webstrates",
        "the original Webstrates, emulated with its faults, in Chromium",
        |tally| node_tests("webstrates", tally),
    ),
    stage_after_build("browser", "two people in two windows", |tally| {
        node_tests("browser", tally)
    }),
    stage_of_full(
        "failover",
        "a replicated PostgreSQL (Patroni, etcd) fails over under load; --full only",
        failover,
    ),
    stage_of_full(
        "operations",
        "full and failing disks, dead lines, poolers, proxies, kills, clocks, under load; --full only",
        operations::run,
    ),
];

const BUILD: &str = "build";

/// Whether `--full` was asked for: more of what costs time, the same otherwise.
static FULL: AtomicBool = AtomicBool::new(false);

/// See [`FULL`].
pub(crate) fn is_full() -> bool {
    FULL.load(Ordering::Relaxed)
}

/// All that is ours, with what stands behind a feature.
const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// The stages for `--help`.
pub(crate) fn help() -> String {
    STAGES
        .iter()
        .map(|stage| format!("  {:<12} {}\n", stage.name, stage.about))
        .collect()
}

struct Outcome {
    name: &'static str,
    time: Duration,
    passed: u64,
    failed: u64,
    remark: &'static str,
}

/// Runs the stages named, or all; an error when anything failed.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (options, names): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .partition(|argument| argument.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| **option != "--full") {
        bail!("`cargo xtask test` does not know `{unknown}`; it takes --full and names of stages");
    }
    FULL.store(!options.is_empty(), Ordering::Relaxed);
    let stages = select(&names)?;
    let start = Instant::now();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for stage in stages {
        let build_failed = outcomes
            .iter()
            .any(|outcome| outcome.name == BUILD && outcome.failed > 0);
        outcomes.push(if stage.needs_build && build_failed {
            Outcome {
                name: stage.name,
                time: Duration::ZERO,
                passed: 0,
                failed: 1,
                remark: "NOT RUN: build failed",
            }
        } else {
            run_stage(stage)
        });
    }
    conclude(&outcomes, start.elapsed())
}

fn select(arguments: &[&str]) -> Result<Vec<&'static Stage>> {
    if let Some(unknown) = arguments
        .iter()
        .find(|name| !STAGES.iter().any(|stage| stage.name == **name))
    {
        bail!("there is no stage `{unknown}`; the stages are\n{}", help());
    }
    let wanted = |stage: &&Stage| {
        let all = arguments.is_empty() && (is_full() || !stage.full);
        all || arguments.contains(&stage.name)
    };
    let needs_build = STAGES.iter().filter(wanted).any(|stage| stage.needs_build);
    Ok(STAGES
        .iter()
        .filter(|stage| wanted(stage) || (needs_build && stage.name == BUILD))
        .collect())
}

fn run_stage(stage: &'static Stage) -> Outcome {
    heading(&format!("{}: {}", stage.name, stage.about));
    let start = Instant::now();
    let tally = Tally::default();
    let outcome = (stage.run)(&tally);
    let time = start.elapsed();
    if let Err(error) = &outcome {
        println!("error: {error:#}");
    }
    let (passed, failed) = tally.counts(outcome.is_ok());
    let remark = if failed == 0 { "ok" } else { "FAILED" };
    println!("    {}: {remark} in {}", stage.name, seconds(time));
    Outcome {
        name: stage.name,
        time,
        passed,
        failed,
        remark,
    }
}

fn conclude(outcomes: &[Outcome], time: Duration) -> Result<()> {
    heading("result");
    println!(
        "{:<12} {:>14} {:>7} {:>7}",
        "stage", "time", "passed", "failed"
    );
    for Outcome {
        name,
        time,
        passed,
        failed,
        remark,
    } in outcomes
    {
        println!(
            "{name:<12} {:>14} {passed:>7} {failed:>7}  {remark}",
            seconds(*time)
        );
    }
    let passed: u64 = outcomes.iter().map(|outcome| outcome.passed).sum();
    let failed: u64 = outcomes.iter().map(|outcome| outcome.failed).sum();
    println!("{:<12} {:>14}", "all", seconds(time));
    let again: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| outcome.failed > 0)
        .map(|outcome| outcome.name)
        .collect();
    if failed > 0 {
        println!("\nOnly what failed: cargo xtask test {}", again.join(" "));
    }
    println!("\n{passed} passed, {failed} failed");
    if failed > 0 {
        Err(crate::Reported.into())
    } else {
        Ok(())
    }
}

fn fmt(tally: &Tally) -> Result<()> {
    tools::rustfmt()?;
    listening(&mut cargo(&["fmt", "--all", "--check"]), tally)
}

fn clippy(tally: &Tally) -> Result<()> {
    tools::clippy()?;
    tools::wasm_target()?;
    let deny = ["--", "--deny", "warnings"];
    let mut native = cargo(&["clippy", "--all-targets"]);
    listening(native.args(EVERYTHING).args(deny), tally)?;
    let mut wasm = cargo(&[
        "clippy",
        "--package",
        "invite-keys",
        "--package",
        "invite-key",
        "--lib",
    ]);
    listening(
        wasm.args(["--target", "wasm32-unknown-unknown"]).args(deny),
        tally,
    )?;
    // The other modules, and the library without anything.
    for features in [
        "--features=wasm-offline",
        "--features=wasm-find",
        "--features=wasm-qr",
        "--no-default-features",
    ] {
        let mut alone = cargo(&["clippy", "--package", "invite-key", "--lib", features]);
        listening(
            alone
                .args(["--target", "wasm32-unknown-unknown"])
                .args(deny),
            tally,
        )?;
    }
    let mut docs = cargo(&[
        "doc",
        "--no-deps",
        "--package",
        "invite-key",
        "--all-features",
    ]);
    listening(docs.env("RUSTDOCFLAGS", "--deny warnings"), tally)
}

fn native(tally: &Tally) -> Result<()> {
    tools::postgresql()?;
    if tools::has_nextest() {
        let quiet = ["--status-level", "slow", "--hide-progress-bar"];
        listening(
            seeded(&mut cargo(&["nextest", "run", "--no-fail-fast"]))
                .args(EVERYTHING)
                .args(quiet),
            tally,
        )
    } else {
        listening(
            seeded(&mut cargo(&["test", "--all-targets", "--no-fail-fast"])).args(EVERYTHING),
            tally,
        )
    }
}

fn failover(tally: &Tally) -> Result<()> {
    listening(&mut failover_command()?, tally)
}

/// What runs the stage `failover`, once what it needs is there.
pub(crate) fn failover_command() -> Result<Command> {
    tools::postgresql()?;
    tools::patroni()?;
    let mut command = cargo(&["test", "--package", "invite-server", "--test", "failover"]);
    command.args(["--", "--ignored", "--nocapture"]);
    Ok(command)
}

/// Property tests take the same cases every time; `PROPTEST_RNG_SEED` asks for others.
fn seeded(command: &mut Command) -> &mut Command {
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        command.env("PROPTEST_RNG_SEED", "20261121");
    }
    command
}

fn doctests(tally: &Tally) -> Result<()> {
    listening(
        cargo(&["test", "--doc", "--no-fail-fast"]).args(EVERYTHING),
        tally,
    )
}

fn build() -> Result<()> {
    wasm::build(wasm::Mode::Release)?;
    demo::build_server()?;
    let mut emulator = cargo(&["build", "--package", "webstrates-emulator"]);
    timed("tests: compile webstrates-emulator", || {
        process::run(&mut emulator)
    })
}

/// Runs a command and counts the tests it reports.
pub(crate) fn listening(command: &mut Command, tally: &Tally) -> Result<()> {
    if is_full() {
        command.env("INVITE_FULL", "1");
    }
    run_listening(command, |line| tally.listen(line))
}
