//! Whom the operator is told of who are over a limit: each once a minute at most, and not too many.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Who;
use crate::conditions::OVER_LIMIT;

/// How long nothing more is said of somebody of whom something was said.
const QUIET: Duration = Duration::from_secs(60);
/// So many lines in that time: under an attack from everywhere, the log says enough by then.
const LINES: u32 = 30;
/// So many are remembered.
const MOST: usize = 1000;

/// Who is over a limit, as far as the log may know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Culprit {
    /// A person's id, or an app's name.
    account: Option<String>,
    /// Not the address itself: the network that it is of.
    network: Option<Network>,
}

impl Culprit {
    /// Somebody at an address.
    pub fn at(address: Option<IpAddr>) -> Culprit {
        Culprit {
            account: None,
            network: address.map(Network::of),
        }
    }

    /// With a person's id.
    pub fn person(self, id: String) -> Culprit {
        Culprit {
            account: Some(id),
            ..self
        }
    }

    /// With an app's name.
    pub fn app(self, name: &str) -> Culprit {
        self.person(format!("app {name}"))
    }
}

impl From<&Who> for Culprit {
    fn from(who: &Who) -> Culprit {
        let at = Culprit::at(who.address);
        match (&who.app, &who.user) {
            (Some(app), _) => at.app(app),
            (None, Some(user)) => at.person(user.user_id()),
            (None, None) => at,
        }
    }
}

/// What an address is of: with IPv4 its /24, with IPv6 its /48, which is what one customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl Network {
    fn of(address: IpAddr) -> Network {
        Network(match address.to_canonical() {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !0xff).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 80 << 80).into(),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = if self.0.is_ipv4() { 24 } else { 48 };
        write!(formatter, "{}/{length}", self.0)
    }
}

/// Those of whom something was said lately, in this process.
static TOLD: LazyLock<Mutex<Told>> = LazyLock::new(|| Mutex::new(Told::new(Instant::now())));

#[derive(Debug)]
struct Told {
    all: HashMap<(&'static str, Culprit), Since>,
    minute: Instant,
    lines: u32,
}

#[derive(Debug)]
struct Since {
    told: Option<Instant>,
    refused: u64,
}

impl Told {
    fn new(now: Instant) -> Told {
        Told {
            all: HashMap::new(),
            minute: now,
            lines: 0,
        }
    }

    /// How often they were refused since it was last told, where it is told now.
    fn refused(&mut self, limit: &'static str, culprit: &Culprit, now: Instant) -> Option<u64> {
        if now.duration_since(self.minute) >= QUIET {
            (self.minute, self.lines) = (now, 0);
            let lately = |since: &Since| {
                let told = since.told;
                told.is_some_and(|told| now.duration_since(told) < 2 * QUIET)
            };
            self.all.retain(|_, since| lately(since));
        }
        let who = (limit, culprit.clone());
        if self.all.len() >= MOST && !self.all.contains_key(&who) {
            return None;
        }
        let since = self.all.entry(who).or_insert(Since {
            told: None,
            refused: 0,
        });
        since.refused += 1;
        let is_quiet = since
            .told
            .is_some_and(|told| now.duration_since(told) < QUIET);
        if is_quiet || self.lines >= LINES {
            return None;
        }
        self.lines += 1;
        since.told = Some(now);
        Some(std::mem::take(&mut since.refused))
    }
}

/// Tells the operator of somebody whom a limit has refused, unless that was told a moment ago.
pub(super) fn tell(limit: &'static str, culprit: &Culprit) {
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(refused) = told.refused(limit, culprit, Instant::now()) else {
        return;
    };
    drop(told);
    let account = culprit.account.as_deref().unwrap_or("nobody in particular");
    let network = culprit.network.map(|one| one.to_string());
    let network = network.as_deref().unwrap_or("anywhere");
    OVER_LIMIT.met_often(network, format_args!("{limit} of {account}"), refused);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Culprit {
        Culprit::at(address.parse().ok())
    }

    #[test]
    fn an_address_is_told_as_its_network() {
        for (address, network) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ] {
            assert_eq!(at(address).network.unwrap().to_string(), network);
        }
    }

    #[test]
    fn each_is_told_of_once_a_minute_and_how_often_it_was_meanwhile() {
        let begun = Instant::now();
        let mut told = Told::new(begun);
        let (one, other) = (at("192.0.2.1"), at("198.51.100.1"));
        let mut refused = |limit, who: &Culprit, seconds| {
            told.refused(limit, who, begun + Duration::from_secs(seconds))
        };
        assert_eq!(refused("address", &one, 0), Some(1));
        assert_eq!(refused("address", &one, 1), None);
        assert_eq!(refused("address", &one, 59), None);
        assert_eq!(refused("address", &other, 59), Some(1));
        assert_eq!(refused("user", &one, 59), Some(1));
        assert_eq!(refused("address", &one, 60), Some(3));
    }

    #[test]
    fn an_attack_from_everywhere_floods_neither_log_nor_memory() {
        let begun = Instant::now();
        let mut told = Told::new(begun);
        let mut lines = 0;
        for number in 0..10_000_u32 {
            let who = Culprit::at(Some(Ipv4Addr::from_bits(number << 8).into()));
            lines += u32::from(told.refused("address", &who, begun).is_some());
        }
        assert_eq!(lines, LINES);
        assert!(told.all.len() <= MOST);
        // And who comes a while after it is heard of.
        let later = begun + 2 * QUIET;
        assert_eq!(told.refused("address", &at("203.0.113.1"), later), Some(1));
        assert_eq!(told.all.len(), 1);
    }
}
