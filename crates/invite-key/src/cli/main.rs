//! `invite-key`: what can be said about invite keys offline, on the command line. `--help` says how.

mod arguments;
mod commands;
mod failure;
mod input;
mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match arguments.command {
        Command::Inspect(options) => commands::inspect(options, arguments.json, &mut out),
        Command::Find(options) => commands::find(&options, arguments.json, &mut out),
        Command::Verify(options) => commands::verify(options, arguments.json, &mut out),
        Command::Generate(options) => commands::generate(&options, arguments.json, &mut out),
    };
    let done = done.and_then(|is_good| {
        out.flush()?;
        Ok(is_good)
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Who closes the pipe, as `head` does, has read enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

/// Prints help, or what is wrong with the command line: never what was given, which may be a key in the wrong place.
fn explain(error: &clap::Error) -> ExitCode {
    let text = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            "There is no such command: there are inspect, find, verify and generate."
        }
        ErrorKind::UnknownArgument => "There is no such option, or there is an argument too many.",
        ErrorKind::MissingRequiredArgument => {
            "Something is missing: verify needs --jwks FILE and --audience URL."
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            "An option has a value that it cannot have, or none."
        }
        ErrorKind::ArgumentConflict => "An option is given twice.",
        _ => {
            // Help and version. All else clap describes without its context, for the feature for that is off.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let _ = writeln!(
        io::stderr(),
        "error: {text}\n`invite-key --help` says how, `invite-key verify --help` more about one command."
    );
    ExitCode::from(2)
}
