//! Proxies in front of the server whose word counts.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";
/// So many addresses are looked through, from the end.
const HOPS: usize = 16;

/// The proxies in front that are believed. Cheap enough to clone.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    networks: Vec<IpNet>,
    /// Whether it was said that one of them says what is no address.
    said: Arc<AtomicBool>,
}

impl Proxies {
    /// Those at these addresses.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self {
            networks,
            said: Arc::default(),
        }
    }

    /// Whether this address is one of the proxies.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks
            .iter()
            .any(|network| network.contains(&address))
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
            let Some(address) = address(hop.trim()) else {
                // Where it is the first, a proxy of ours wrote it: all that it passes on counts as its own.
                if nearest == peer && !self.said.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        proxy = %peer,
                        "a trusted proxy writes something into {FORWARDED_FOR} that is no address: everybody behind it \
                         shares its limits"
                    );
                }
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

/// An address as proxies write it: some with a port, and those of IPv6 in brackets then.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.parse().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || {
        let inside = text.strip_prefix('[')?.strip_suffix(']')?;
        inside.parse::<Ipv6Addr>().ok().map(IpAddr::from)
    };
    bare().or_else(with_port).or_else(in_brackets)
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
            // With a port, and in brackets.
            ("10.0.0.5", &["198.51.100.1:5555"], "198.51.100.1"),
            ("10.0.0.5", &["[2001:db8::2]:443"], "2001:db8::2"),
            ("10.0.0.5", &["[2001:db8::2]"], "2001:db8::2"),
            ("10.0.0.5", &["[::ffff:198.51.100.1]:1"], "198.51.100.1"),
            (
                "10.0.0.5",
                &["198.51.100.1:1, 10.1.1.1:2, [fd00::1]:3"],
                "198.51.100.1",
            ),
            ("10.0.0.5", &["198.51.100.1:"], "10.0.0.5"),
            ("10.0.0.5", &["198.51.100.1:99999"], "10.0.0.5"),
            ("10.0.0.5", &["[198.51.100.1]"], "10.0.0.5"),
            ("10.0.0.5", &["2001:db8::2]:1"], "10.0.0.5"),
        ] {
            assert_eq!(client(trusted, peer, lines), from, "{peer} {lines:?}");
        }
    }
}
