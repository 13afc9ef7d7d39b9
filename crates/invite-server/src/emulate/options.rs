//! The command line of the emulator.

use clap::{Args, ValueEnum};

/// Which server to show instead of our own, and how its faults are timed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Emulation (for tests; loopback only)")]
pub struct EmulateOptions {
    /// Show another server's behaviour, its documented faults included. Everything is in memory
    #[arg(id = "emulate", long = "emulate", value_name = "SERVER",
          conflicts_with_all = ["database", "secret_file", "public_url"])]
    pub server: Option<Emulated>,

    /// How long permissions are remembered after they were looked up
    #[arg(long = "emulate-cache", value_name = "SECONDS", default_value_t = 300.0, value_parser = duration,
          requires = "emulate")]
    pub cache: f64,

    /// How long after a socket opens its `init` comes; a signed-in user's messages before it are lost
    #[arg(long = "emulate-init-delay", value_name = "MILLISECONDS", default_value_t = 3.0, value_parser = duration,
          requires = "emulate")]
    pub init_delay: f64,

    /// How long writing a document takes; accepts that overlap collide
    #[arg(long = "emulate-write", value_name = "MILLISECONDS", default_value_t = 4.0, value_parser = duration,
          requires = "emulate")]
    pub write: f64,

    /// Up to so long an answer is late by chance, which brings answers out of order
    #[arg(long = "emulate-jitter", value_name = "MILLISECONDS", default_value_t = 2.0, value_parser = duration,
          requires = "emulate")]
    pub jitter: f64,

    /// Share of colliding accepts that overwrite the one before instead of failing, from 0 to 1
    #[arg(long = "emulate-overwrite", value_name = "SHARE", default_value_t = 0.01, value_parser = share,
          requires = "emulate")]
    pub overwrite: f64,

    /// Where chance starts; the same seed makes the same choices
    #[arg(
        long = "emulate-seed",
        value_name = "NUMBER",
        default_value_t = 1,
        requires = "emulate"
    )]
    pub seed: u64,
}

/// A server that can be emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Emulated {
    /// Webstrates 1.8.0.
    #[value(name = "webstrates-1.8")]
    Webstrates18,
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
