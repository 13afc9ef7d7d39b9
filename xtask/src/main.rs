//! The project's commands: `cargo xtask --help` lists them.

mod bench;
mod bundle;
mod demo;
mod dialects;
mod files;
mod fuzz;
mod locks;
mod node_tests;
mod operations;
mod process;
mod size;
mod soak;
mod tally;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

const HELP: &str = "\
The project's commands.

cargo xtask demo [--port N] [--no-open]   Build everything, start the demo server, say what to try
cargo xtask test [STAGE…] [--full]        Run every check, or only the stages named; --full does more of what takes
                                          long: 50 kills of the server instead of 10, 2,000 calls that its OpenAPI
                                          document leads to instead of 300, and the stages `failover` and `operations`
cargo xtask build [--dev]                 Build the SDK: pkg/wasm, elements.js, inline.js (--dev: quick, large, with names)
cargo xtask bench [NAME…] [--invites N]   Measure time beside others that do the same, into target/bench.json
cargo xtask size                          Weigh what a page downloads against its ceilings
cargo xtask fuzz [TARGET] [--runs N]      Look for texts that break the parsers (needs nightly Rust and cargo-fuzz)
cargo xtask soak [NAME] [--seed S]        Run for long what runs by lot: `world` unless NAME says otherwise
cargo xtask check-tools                   Install what the other commands need, and say what is there

Every command installs what it misses: the wasm32 target, rustfmt and clippy by rustup, npm packages by npm, and
Chromium, PostgreSQL, Patroni, etcd, PgBouncer, nginx, Caddy and faketime by apt-get when it runs as root. Needed before: Rust with rustup, and Node 20 or newer with npm.

The stages of `test`:
";

/// A failure that has been explained already: only the exit code is left to say it.
#[derive(Debug)]
struct Reported;

impl std::fmt::Display for Reported {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("failed, as said above")
    }
}

impl std::error::Error for Reported {}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<Reported>() {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<()> {
    if arguments.is_empty()
        || arguments
            .iter()
            .any(|argument| ["help", "--help", "-h"].contains(argument))
    {
        print!(
            "{HELP}{}\n{}\nWhat `soak` runs, and how many unless an option says otherwise:\n{}",
            test::help(),
            bench::help(),
            soak::help()
        );
        return Ok(());
    }
    match arguments {
        ["demo", options @ ..] => demo_with(options),
        ["test", stages @ ..] => test::run(stages),
        ["build"] => wasm::build(wasm::Mode::Release),
        ["build", "--dev"] => wasm::build(wasm::Mode::Dev),
        ["bench", names @ ..] => bench::run(names),
        ["size"] => {
            wasm::build(wasm::Mode::Release)?;
            size::check()
        }
        ["fuzz", options @ ..] => fuzz::start(options),
        ["soak", options @ ..] => soak::start(options),
        ["check-tools"] => tools::check_all(),
        [demo::ANNOUNCE, options @ ..] => demo::announce(options.is_empty()),
        _ => bail!(
            "`cargo xtask {}` is not a command; `cargo xtask --help` lists them",
            arguments.join(" ")
        ),
    }
}

fn demo_with(options: &[&str]) -> Result<()> {
    let mut port = demo::PORT;
    // A machine that runs a pipeline has nobody in front of it.
    let mut open = std::env::var_os("CI").is_none();
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match *option {
            "--no-open" => open = false,
            "--port" => {
                let number = rest.next().context("--port needs a number")?;
                port = number
                    .parse()
                    .with_context(|| format!("--port {number} is not a port"))?;
            }
            _ => bail!(
                "`cargo xtask demo` does not know `{option}`; it takes --port N and --no-open"
            ),
        }
    }
    demo::start(port, open)
}
