//! The program `invite-key`, run as people run it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod keys;
mod texts;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const OPAQUE: &str = "inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw";

/// What a run gave.
struct Answer {
    code: i32,
    out: String,
    err: String,
}

impl Answer {
    /// Each line of the output as JSON.
    fn objects(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Runs the program with this on its standard input.
fn run_in(directory: &Path, arguments: &[&str], input: &[u8]) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_invite-key"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without having read.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(arguments: &[&str], input: &str) -> Answer {
    run_in(Path::new("."), arguments, input.as_bytes())
}

#[test]
fn help_says_how_without_a_word_too_many_to_learn() {
    for arguments in [&["--help"][..], &["help"]] {
        let help = run(arguments, "");
        assert_eq!((help.code, help.err.as_str()), (0, ""));
        for word in [
            "inspect",
            "find",
            "verify",
            "generate",
            "--json",
            "Exit codes",
            "standard input",
        ] {
            assert!(help.out.contains(word), "{word} is not in\n{}", help.out);
        }
    }
    assert!(run(&["--version"], "").out.starts_with("invite-key "));
    let nothing = run(&[], "");
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("Usage"));
}

#[test]
fn no_error_repeats_what_was_given() {
    // What people type by mistake: the key where something else belongs.
    for arguments in [
        &[OPAQUE][..],
        &["inspct", OPAQUE],
        &["inspect", "--key", OPAQUE],
        &["inspect", OPAQUE, OPAQUE],
        &["find", OPAQUE],
        &["generate", OPAQUE],
        &["generate", "--count", OPAQUE],
        &["generate", "--kind", OPAQUE],
        &[
            "verify",
            "--jwks",
            OPAQUE,
            "--audience",
            "https://invites.example",
        ],
        &["verify", OPAQUE],
        &["verify", "--now", OPAQUE, "--jwks", "x", "--audience", "y"],
        &["--json", OPAQUE],
    ] {
        let answer = run(arguments, "");
        assert!(answer.code == 2 || answer.code == 3, "{arguments:?}");
        assert!(answer.err.starts_with("error: "), "{}", answer.err);
        let shown = answer.out + &answer.err;
        assert!(!shown.contains(OPAQUE), "{shown}");
    }
}

#[test]
fn whoever_reads_only_the_beginning_breaks_nothing() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_invite-key"))
        .args(["generate", "--count", "100000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}
