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

/// No network of anybody's own is wider, but for the private ones.
const WIDEST: u8 = 8;

impl ProxyOptions {
    /// A network that is most of the internet, if one is listed.
    pub(super) fn internet(&self) -> Option<IpNet> {
        let is_private = |network: &IpNet| match network {
            IpNet::V4(_) => false,
            IpNet::V6(network) => network.prefix_len() >= 7 && network.addr().is_unique_local(),
        };
        let mut wide = self.trust_proxy.iter();
        wide.find(|network| network.prefix_len() < WIDEST && !is_private(network))
            .copied()
    }
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
