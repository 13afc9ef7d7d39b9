//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// Webstrates 1.8 with its documented faults, for tests. Everything is in memory; loopback only.
#[derive(Debug, Clone, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Options {
    /// Address and port to listen on, on loopback; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,

    /// The package for `/sdk/`
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pkg"),
          hide_default_value = true)]
    pub(super) sdk: PathBuf,

    /// How long permissions are remembered after they were looked up
    #[arg(long, value_name = "SECONDS", default_value_t = 300.0, value_parser = duration)]
    pub(super) cache: f64,

    /// How long after a socket opens its `init` comes; a signed-in user's messages before it are lost
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 3.0, value_parser = duration)]
    pub(super) init_delay: f64,

    /// How long writing a document takes; accepts that overlap collide
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 4.0, value_parser = duration)]
    pub(super) write: f64,

    /// Up to so long an answer is late by chance, which brings answers out of order
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2.0, value_parser = duration)]
    pub(super) jitter: f64,

    /// Share of colliding accepts that overwrite the one before instead of failing, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, value_parser = share)]
    pub(super) overwrite: f64,

    /// Where chance starts; the same seed makes the same choices
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(super) seed: u64,
}

fn duration(text: &str) -> Result<f64, String> {
    number(text, 0.0..=1e6)
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 0.0..=1.0)
}

fn number(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("a number from {} to {}", range.start(), range.end()))
}
