//! Which addresses webhooks may go to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Addresses of the internet.
    Public,
    /// And this machine, where http:// will do.
    Loopback,
    /// And the networks around it (10.0.0.0/8, 192.168.0.0/16, fd00::/8 and the like).
    Private,
}

impl Reach {
    /// All of them, from the least on.
    const ALL: [Reach; 3] = [Reach::Public, Reach::Loopback, Reach::Private];

    /// The least that reaches this host; `None` where nothing ever does. What a name stands for is found out when it is
    /// connected to, but for those of this machine.
    pub fn least(host: &Host<&str>) -> Option<Reach> {
        let address = match host {
            Host::Ipv4(address) => IpAddr::V4(*address),
            Host::Ipv6(address) => IpAddr::V6(*address),
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                let is_here = name == "localhost" || name.ends_with(".localhost");
                return Some(if is_here {
                    Reach::Loopback
                } else {
                    Reach::Public
                });
            }
        };
        Reach::ALL.into_iter().find(|reach| reach.allows(address))
    }

    /// The name of it as an option's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Reach::Public => "public",
            Reach::Loopback => "loopback",
            Reach::Private => "private",
        }
    }

    /// Whether this address may be connected to. Never one that names no machine, or only the wire it is on: that is
    /// where clouds keep their machines' credentials.
    pub fn allows(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.allows_v4(address),
            IpAddr::V6(address) => self.allows_v6(address),
        }
    }

    fn allows_v4(self, address: Ipv4Addr) -> bool {
        let [first, second, third, _] = address.octets();
        if address.is_loopback() {
            return self >= Reach::Loopback;
        }
        if address.is_private() || (first == 100 && (64..128).contains(&second)) {
            return self >= Reach::Private;
        }
        // This network, protocol assignments, the old 6to4 relay, benchmarks, reserved.
        let special = first == 0
            || first >= 240
            || (first == 198 && (second == 18 || second == 19))
            || matches!((first, second, third), (192, 0, 0) | (192, 88, 99));
        !(special
            || address.is_link_local()
            || address.is_multicast()
            || address.is_documentation())
    }

    fn allows_v6(self, address: Ipv6Addr) -> bool {
        if address.is_loopback() {
            return self >= Reach::Loopback;
        }
        let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
        let v4 = |high: u16, low: u16| {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            self.allows_v4(Ipv4Addr::new(a, b, c, d))
        };
        match (first, second) {
            // Those that stand for an IPv4 address: as themselves, through NAT64, through 6to4.
            (0, 0) if (third, fourth, fifth) == (0, 0, 0) && sixth == 0xffff => v4(seventh, eighth),
            (0x64, 0xff9b) if (third, fourth, fifth, sixth) == (0, 0, 0, 0) => v4(seventh, eighth),
            (0x2002, high) => v4(high, third),
            // Teredo and other protocols', documentation.
            (0x2001, 0..0x200) | (0x2001, 0xdb8) | (0x3fff, 0..0x1000) => false,
            _ if address.is_unique_local() => self >= Reach::Private,
            // What is global is in 2000::/3.
            _ => first & 0xe000 == 0x2000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_operator_allows_is_reached() {
        use Reach::{Loopback, Private, Public};
        for (from, addresses) in [
            (
                Some(Public),
                "1.1.1.1 93.184.216.34 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1",
            ),
            (
                Some(Loopback),
                "127.0.0.1 127.8.8.8 ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::",
            ),
            (
                Some(Private),
                "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 fd00::1 fc00::1 ::ffff:10.0.0.1",
            ),
            (
                None,
                "0.0.0.0 0.1.2.3 169.254.169.254 224.0.0.1 255.255.255.255 240.0.0.1 192.0.0.8 192.0.2.1 198.18.0.1 \
                 198.51.100.1 203.0.113.1 192.88.99.1 :: ::a00:1 fe80::1 fec0::1 ff02::1 2001::1 2001:db8::1 100::1 \
                 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b:1::1 3fff::1",
            ),
        ] {
            for address in addresses.split_whitespace() {
                for reach in [Public, Loopback, Private] {
                    let expected = from.is_some_and(|from| reach >= from);
                    let address = address.parse().unwrap();
                    assert_eq!(reach.allows(address), expected, "{address} {reach:?}");
                }
            }
        }
    }
}
