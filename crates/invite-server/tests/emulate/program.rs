//! The command line: loopback only.

use std::process::Output;

use crate::support::command;

fn run(arguments: &[&str]) -> Output {
    command(&[&["--emulate", "webstrates-1.8"], arguments].concat())
        .output()
        .unwrap()
}

fn refused(arguments: &[&str], sentence: &str) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains(sentence),
        "{arguments:?}: {said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn faults_never_leave_the_machine() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        refused(&["--listen", address], "loopback only");
        refused(&["--demo", "--listen", address], "loopback only");
        refused(
            &["--listen", address, "--public-url", "https://a.example"],
            "cannot be used with",
        );
    }
    refused(&["--public-url", "http://127.0.0.1"], "cannot be used with");
    refused(&["--database", "invites.db"], "cannot be used with");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for arguments in [
        ["--emulate-cache=-1", "--demo"],
        ["--emulate-cache", "soon"],
        ["--emulate-cache", "NaN"],
        ["--emulate-overwrite", "2"],
        ["--emulate-write", "1e9"],
    ] {
        refused(&arguments, &arguments[0][..15]);
    }
    let output = command(&["--emulate", "webstrates-0.9"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("webstrates-1.8"));
    let output = command(&["--emulate-cache", "2"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("--emulate <SERVER>"));
}
