//! Proxies in front of the server whose word counts.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";
/// So many addresses are looked through, from the end.
const HOPS: usize = 16;

/// The proxies in front that are believed. Cheap enough to clone.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Those at these addresses.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this address is one of the proxies.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Where a request comes from that this peer has sent: the last address in X-Forwarded-For that is no proxy of
    /// ours. What stands before it anybody may have written.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let lines: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .into_iter()
            .map(|value| value.to_str().unwrap_or("unreadable"))
            .collect();
        let mut nearest = peer;
        for hop in lines
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(','))
            .take(HOPS)
        {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                return nearest;
            };
            nearest = address.to_canonical();
            if !self.trusts(nearest) {
                return nearest;
            }
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(trusted: &str) -> Proxies {
        let network = |one: &str| {
            let address = || one.parse::<IpAddr>().map(IpNet::from);
            one.parse().or_else(|_| address()).unwrap()
        };
        Proxies::new(trusted.split(',').map(network).collect())
    }

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        proxies(trusted)
            .client(peer.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn only_a_proxy_is_believed_and_only_its_own_word() {
        let trusted = "10.0.0.0/8,fd00::1";
        for (peer, lines, from) in [
            ("192.0.2.7", &["198.51.100.1"] as &[&str], "192.0.2.7"),
            ("10.0.0.5", &[], "10.0.0.5"),
            ("10.0.0.5", &["198.51.100.1"], "198.51.100.1"),
            ("fd00::1", &["2001:db8::9"], "2001:db8::9"),
            ("::ffff:10.0.0.5", &["198.51.100.1"], "198.51.100.1"),
            // Whoever calls may write what they like before it.
            ("10.0.0.5", &["203.0.113.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.5", &["203.0.113.1", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.5", &["198.51.100.1, 10.1.1.1"], "198.51.100.1"),
            ("10.0.0.5", &["198.51.100.1, nonsense"], "10.0.0.5"),
            ("10.0.0.5", &["10.0.0.9"], "10.0.0.9"),
        ] {
            assert_eq!(client(trusted, peer, lines), from, "{peer} {lines:?}");
        }
    }
}
