//! The project's commands: `cargo xtask --help` lists them.

mod files;
mod process;
mod size;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
The project's commands.

cargo xtask demo [--port N] [--no-open]   Build everything, start the demo server, say what to try
cargo xtask test [STAGE…] [--full]        Run every check, or only the stages named
cargo xtask build [--dev]                 Build the SDK's wasm into pkg/wasm (--dev: quick, large, with names)
cargo xtask size                          Weigh what a page downloads against its ceilings
cargo xtask check-tools                   Install what the other commands need, and say what is there

Every command installs what it misses: the wasm32 target, rustfmt and clippy by rustup, npm packages by npm, and
Chromium by apt-get when it runs as root. Needed before: Rust with rustup, and Node 20 or newer with npm.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<()> {
    match arguments {
        [] | ["help" | "--help" | "-h", ..] | [_, "--help" | "-h"] => print!("{HELP}"),
        ["build"] => wasm::build(wasm::Mode::Release)?,
        ["build", "--dev"] => wasm::build(wasm::Mode::Dev)?,
        ["size"] => {
            wasm::build(wasm::Mode::Release)?;
            size::check()?;
        }
        ["check-tools"] => tools::check_all()?,
        _ => bail!(
            "`cargo xtask {}` is not a command; `cargo xtask --help` lists them",
            arguments.join(" ")
        ),
    }
    Ok(())
}
