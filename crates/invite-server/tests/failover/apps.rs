//! The program's `apps` commands, beside running copies.

use std::process::{Command, Stdio};

pub fn run(database: &str, secret: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_invite-server"))
        .args(["--database", database, "--secret-file", secret, "apps"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    (output.status.success(), said.trim().to_owned())
}
