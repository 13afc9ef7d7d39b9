//! What is wrong with a configuration.

use std::net::IpAddr;

use crate::address::NotAnOrigin;

/// A configuration that cannot be meant, in a sentence that says what to change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The test sign-in lets anybody be anybody.
    #[error(
        "--demo lets anybody sign in as anybody, so it listens on loopback only: use --listen 127.0.0.1:PORT, not {0}"
    )]
    DemoOffLoopback(IpAddr),
    /// A proxy in front would bring the test sign-in to the internet.
    #[error(
        "--demo lets anybody sign in as anybody, so --public-url cannot be {0:?}: leave it out, or leave --demo out"
    )]
    DemoPublic(String),
    /// Whoever reads them learns how many invites there are.
    #[error(
        "metrics are for this machine alone unless they ask for a bearer: use --metrics 127.0.0.1:PORT, not {0}, or name a file with one by --metrics-bearer-file"
    )]
    MetricsOffLoopback(IpAddr),
    /// Whoever guesses it reads them.
    #[error(
        "the bearer of the metrics has fewer than {0} characters: make a random one, as `openssl rand -hex 32` does"
    )]
    MetricsBearerShort(usize),
    /// Anybody could be anybody.
    #[error(
        "--trust-header is believed from every address in --trust-proxy, and {0} is most of the internet, so that anybody could be anybody: name the proxies that stand in front, as in --trust-proxy 10.0.0.5"
    )]
    TrustsTheInternet(ipnet::IpNet),
    /// Off loopback the address people see cannot be known.
    #[error(
        "listening on {0} needs --public-url, the address people will see, as in https://invites.example.com"
    )]
    PublicUrlMissing(IpAddr),
    /// Not an origin.
    #[error("--public-url {0}")]
    PublicUrl(#[from] NotAnOrigin),
}
