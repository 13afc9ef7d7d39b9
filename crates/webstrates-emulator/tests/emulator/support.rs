//! The emulator, our own server beside it, and people who talk to either.

use std::process::{Command, Stdio};

use clap::Parser as _;
use invite_server::app::Server as Own;
use invite_server::config::Config;

#[path = "../../../invite-server/tests/support/people.rs"]
mod people;
#[path = "../../../invite-server/tests/support/running.rs"]
mod running;

pub use people::*;
pub use running::Server;

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webstrates-emulator"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Our own server as `invite-server --demo`, for as long as the test runs.
pub async fn own() -> Place {
    let config = Config::parse_from(["invite-server", "--demo", "--listen", "127.0.0.1:0"]);
    let server = Own::start(&config).await.unwrap();
    let url = format!("http://{}", server.address());
    tokio::spawn(server.run(async || std::future::pending().await));
    Place { url }
}
