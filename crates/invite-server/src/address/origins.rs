//! The addresses that count as this server itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What is no origin, in words that go on from the name of an option.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is not an address like https://invites.example.com: scheme http or https, host, optional port, nothing after it"
)]
pub struct NotAnOrigin(String);

/// The origins that count as this server itself: one, or on loopback all of loopback's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    all: Vec<String>,
}

impl Origins {
    /// The one that people see.
    ///
    /// # Errors
    /// [`NotAnOrigin`] unless it is scheme, host and optional port.
    pub fn public(url: &str) -> Result<Self, NotAnOrigin> {
        let wrong = || NotAnOrigin(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => return Err(wrong()),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        let parsed: Option<axum::http::uri::Authority> = authority.parse().ok();
        if authority.is_empty()
            || !authority.chars().all(plain)
            || parsed.is_none_or(|a| a.host().is_empty())
        {
            return Err(wrong());
        }
        // Browsers leave the default port out of Origin.
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        Ok(Self {
            all: vec![format!("{scheme}://{authority}")],
        })
    }

    /// From the address that was bound, on loopback. People type `localhost` as readily as the number.
    pub fn loopback(bound: SocketAddr) -> Self {
        let port = bound.port();
        let own = format!("http://{bound}");
        let mut all = vec![own, format!("http://localhost:{port}")];
        let v4 = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
        if !all.contains(&v4) {
            all.push(v4);
        }
        if port == 80 {
            all = all
                .iter()
                .map(|origin| origin.trim_end_matches(":80").to_owned())
                .collect();
        }
        Self { all }
    }

    /// The one that links are made with.
    pub fn first(&self) -> &str {
        self.all.first().map_or("", String::as_str)
    }

    /// Whether an `Origin` header names this server.
    pub fn contains(&self, origin: &str) -> bool {
        self.all.iter().any(|own| own == origin)
    }

    /// Whether browsers reach it over TLS, so that cookies can be `Secure`.
    pub fn is_secure(&self) -> bool {
        self.first().starts_with("https://")
    }

    /// Whether it is reached from this machine alone.
    pub fn is_loopback(&self) -> bool {
        let host = self
            .first()
            .split_once("://")
            .map_or("", |(_, authority)| authority);
        let host = match host.strip_prefix('[') {
            Some(address) => address.split(']').next(),
            None => host.split(':').next(),
        };
        host.is_some_and(|host| {
            host == "localhost"
                || host
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        })
    }

    /// The same origins as WebSocket addresses, for the page's policy.
    pub fn sockets(&self) -> impl Iterator<Item = String> + '_ {
        self.all
            .iter()
            .map(|origin| origin.replacen("http", "ws", 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_address_is_an_origin_and_nothing_else() {
        assert_eq!(
            Origins::public("HTTPS://A.example:443/").unwrap().first(),
            "https://a.example"
        );
        assert_eq!(
            Origins::public("http://a.example:8080").unwrap().first(),
            "http://a.example:8080"
        );
        assert_eq!(
            Origins::public("http://[::1]:80").unwrap().first(),
            "http://[::1]"
        );
        for bad in [
            "",
            "a.example",
            "ftp://a.example",
            "https://",
            "https://a.example/x",
            "https://u:p@a.example",
            "https://a b",
            "https://a?x",
            "https://:80",
        ] {
            assert!(Origins::public(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_goes_by_all_its_names() {
        let origins = Origins::loopback("127.0.0.1:7007".parse().unwrap());
        assert!(
            origins.contains("http://127.0.0.1:7007") && origins.contains("http://localhost:7007")
        );
        for stranger in [
            "null",
            "",
            "http://localhost:7008",
            "https://localhost:7007",
            "http://evil.localhost:7007",
        ] {
            assert!(!origins.contains(stranger), "{stranger}");
        }
        assert!(
            origins
                .sockets()
                .any(|socket| socket == "ws://localhost:7007")
        );
    }
}
