//! The command line: loopback only.

use crate::support::command;

fn refused(arguments: &[&str], sentence: &str) {
    let output = command(arguments).output().unwrap();
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
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for arguments in [
        &["--cache=-1"][..],
        &["--cache", "soon"],
        &["--cache", "NaN"],
        &["--overwrite", "2"],
        &["--write", "1e9"],
        &["--public-url", "http://127.0.0.1"],
        &["--database", "invites.db"],
    ] {
        refused(arguments, arguments[0].split('=').next().unwrap());
    }
}
