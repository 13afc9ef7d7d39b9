//! What the operator watches, and how the server leaves.

use std::net::SocketAddr;

use clap::Args;

/// What the operator watches, and how the server leaves.
#[derive(Debug, Clone, Default, Args)]
pub struct OperationOptions {
    /// Answer GET /metrics there, as text for Prometheus: requests, calls, latencies, sockets, webhooks, mail,
    /// and what of these still waits. A loopback address,
    /// as in 127.0.0.1:9187. No metric names a key, a person or a resource [default: no metrics]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "INVITE_SERVER_METRICS",
        help_heading = "Logs and metrics"
    )]
    pub metrics: Option<SocketAddr>,

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
