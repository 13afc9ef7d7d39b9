//! Webstrates 1.8 as it is, faults and all, so that clients can be tested against what they will really meet.
//!
//! Everything here is kept in memory and nothing of it is shared with our own server's rules: an emulator that ran on
//! them would have their virtues. What it must do is in the recorded frames (`tests/fixtures/webstrates-1.8.jsonl`) and
//! in the protocol's description; how our own server differs from it is in `crates/invite-server/DIFFERENCES.md`. It
//! accepts on GET, checks nothing and takes orders from tests, so it listens on loopback only, and no release has it.

mod answer;
mod control;
mod document;
mod emulator;
mod javascript;
mod options;
mod package;
mod pages;
mod people;
mod random;
mod serve;
mod settings;
mod share;
mod socket;
mod webstrates;
mod world;

use std::process::ExitCode;

use clap::Parser as _;

use options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    match serve::serve(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("webstrates-emulator: {error}.");
            ExitCode::FAILURE
        }
    }
}
