//! What the operator watches, and how the server leaves.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::ConfigError;
use super::secret::{SecretUnusable, secret};

/// The environment variable with the bearer that reads the metrics. It is no option, as others can read a command line.
pub(super) const BEARER: &str = "INVITE_SERVER_METRICS_BEARER";
/// The shortest bearer that nobody guesses.
const BEARER_CHARACTERS: usize = 16;

/// What the operator watches, and how the server leaves.
#[derive(Debug, Clone, Default, Args)]
pub struct OperationOptions {
    /// Answer GET /metrics there, as text for Prometheus: requests, calls, refusals, latencies, sockets, streams,
    /// the database, webhooks and mail, and what of these still waits. A loopback address, as in 127.0.0.1:9187; any
    /// other asks for a bearer, which --metrics-bearer-file or the environment variable INVITE_SERVER_METRICS_BEARER has.
    /// No metric names a key, a person or a resource [default: no metrics]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "INVITE_SERVER_METRICS",
        help_heading = "Logs and metrics"
    )]
    pub metrics: Option<SocketAddr>,

    /// File that holds the bearer which reads the metrics, and nothing else
    #[arg(
        long,
        value_name = "PATH",
        env = "INVITE_SERVER_METRICS_BEARER_FILE",
        requires = "metrics",
        help_heading = "Logs and metrics"
    )]
    pub metrics_bearer_file: Option<PathBuf>,

    /// Seconds between the word to stop and stopping, in which /readyz answers 503 and everything else as ever: time for
    /// a load balancer to send people elsewhere
    #[arg(
        long,
        value_name = "SECONDS",
        env = "INVITE_SERVER_DRAIN_SECONDS",
        default_value_t = 0,
        help_heading = "Behind a proxy or load balancer"
    )]
    pub drain_seconds: u32,
}

/// Why the metrics are not served.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MetricsUnusable {
    /// Without a bearer, or with one that can be guessed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file with the bearer.
    #[error(transparent)]
    Secret(#[from] SecretUnusable),
}

impl OperationOptions {
    /// The bearer that reads the metrics; anybody may where there is none, which is on loopback alone.
    ///
    /// # Errors
    /// [`MetricsUnusable`], a sentence for the operator.
    pub fn metrics_bearer(&self) -> Result<Option<Zeroizing<String>>, MetricsUnusable> {
        let Some(address) = self.metrics else {
            return Ok(None);
        };
        let bearer = secret(
            "metrics-bearer-file",
            self.metrics_bearer_file.as_deref(),
            BEARER,
        )?;
        match &bearer {
            None if !address.ip().is_loopback() => {
                Err(ConfigError::MetricsOffLoopback(address.ip()).into())
            }
            Some(bearer) if bearer.chars().count() < BEARER_CHARACTERS => {
                Err(ConfigError::MetricsBearerShort(BEARER_CHARACTERS).into())
            }
            _ => Ok(bearer),
        }
    }
}
