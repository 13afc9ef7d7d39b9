//! Proxies in front of the server whose word counts.

use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;

/// Which proxies in front are believed.
#[derive(Debug, Clone, Default, Args)]
pub struct ProxyOptions {
    /// Addresses or networks of the reverse proxies in front, as in 10.0.0.5,192.168.7.0/24. Only what they write into
    /// X-Forwarded-For and the --trust-header is believed; from anybody else these headers count for nothing
    #[arg(
        long,
        value_name = "ADDRESS,…",
        env = "INVITE_SERVER_TRUST_PROXY",
        value_delimiter = ',',
        value_parser = network,
        help_heading = "Behind a proxy or load balancer"
    )]
    pub trust_proxy: Vec<IpNet>,
}

fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "write an address like 10.0.0.5 or a network like 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in ["", "proxy", "10.0.0.0/40", "10.0.0"] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }
}
