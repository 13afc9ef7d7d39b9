//! The program's `apps` commands, beside running copies.

use std::process::{Command, Stdio};

pub fn run(database: &str, secret: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_invite-server"))
        .args(["--database", database, "--secret-file", secret, "apps"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let done = output.status.success();
    // Beside an answer the log may say something else.
    let said = if done { output.stdout } else { output.stderr };
    let said = String::from_utf8(said).unwrap();
    (done, said.trim().to_owned())
}
