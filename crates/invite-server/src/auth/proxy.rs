//! A reverse proxy in front that has signed people in and names them in a header.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};

use super::Proxies;
use super::names;
use crate::core::{Claimed, Subject, proxy_issuer};
use crate::dialect::{Twice, once};

/// The proxies whose headers are believed, and which headers.
#[derive(Debug, Clone)]
pub struct TrustedProxy {
    /// Who is believed.
    pub proxies: Proxies,
    /// The header that says who is asking.
    pub username: HeaderName,
    /// The one with the name to show.
    pub shown_name: Option<HeaderName>,
    /// The one with the e-mail address, which counts as verified.
    pub email: Option<HeaderName>,
    /// What the proxy's people are called behind the colon.
    pub provider: String,
}

/// What the proxy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The request is not the proxy's, or it names nobody.
    Nothing,
    /// Somebody.
    Somebody(Claimed),
    /// Several people at once, or what cannot be a name: most likely it lets the header of a client through.
    Nonsense,
}

impl TrustedProxy {
    /// Whom a request from this address is from.
    pub(super) fn read(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Said {
        if !peer.is_some_and(|peer| self.proxies.trusts(peer)) {
            return Said::Nothing;
        }
        self.say(headers).unwrap_or_else(|header| {
            tracing::warn!(%header, "the proxy's header does not hold one value");
            Said::Nonsense
        })
    }

    /// The error is the header at fault.
    fn say<'a>(&'a self, headers: &HeaderMap) -> Result<Said, &'a HeaderName> {
        let one = |name: &'a HeaderName| once(headers, name).map_err(|Twice| name);
        let text = |name: &'a Option<HeaderName>| -> Result<Option<&str>, &'a HeaderName> {
            let Some(name) = name else { return Ok(None) };
            // Proxies send names as they are, in UTF-8, which `to_str` refuses.
            let text = one(name)?.and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
            Ok(text)
        };
        let (shown, email) = (text(&self.shown_name)?, text(&self.email)?);
        let username = match one(&self.username)?
            .map(|value| value.to_str().unwrap_or("unreadable/").trim())
        {
            None | Some("") => return Ok(Said::Nothing),
            Some(name) if names::is_account_name(name) => name.to_owned(),
            Some(_) => return Err(&self.username),
        };
        let subject = Subject {
            iss: proxy_issuer(&self.provider),
            sub: username.clone(),
        };
        let user = names::user(username, &self.provider, shown);
        // Two that somebody has joined are one value with a comma.
        if let (Some(name), Some(text)) = (&self.email, email)
            && text.contains(',')
        {
            return Err(name);
        }
        Ok(Said::Somebody(Claimed {
            subject,
            user,
            email: email.and_then(names::email).map(str::to_owned),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn proxy() -> TrustedProxy {
        let trusted = ["10.0.0.0/24", "::1/128"].map(|one| one.parse().unwrap());
        TrustedProxy {
            proxies: Proxies::new(trusted.to_vec()),
            username: HeaderName::from_static("x-user"),
            shown_name: Some(HeaderName::from_static("x-name")),
            email: Some(HeaderName::from_static("x-email")),
            provider: "proxy".into(),
        }
    }

    fn said(headers: &[(&'static str, &str)], peer: &str) -> Said {
        let headers = headers.iter().map(|(name, value)| {
            (
                name.parse().unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )
        });
        let mut all = HeaderMap::new();
        headers.for_each(|(name, value): (HeaderName, _)| {
            all.append(name, value);
        });
        proxy().read(&all, peer.parse().ok())
    }

    #[test]
    fn the_header_counts_from_the_proxy_alone() {
        let alice = [
            ("x-user", "alice"),
            ("x-name", "Alice Åberg"),
            ("x-email", "a@b.example"),
        ];
        for peer in ["10.0.0.7", "::ffff:10.0.0.7", "::1"] {
            let Said::Somebody(claimed) = said(&alice, peer) else {
                panic!("{peer}")
            };
            assert_eq!(claimed.user.user_id(), "alice:proxy");
            assert_eq!(claimed.subject.iss, "urn:invite-keys:proxy:proxy");
            assert_eq!(claimed.user.display_name.as_deref(), Some("Alice Åberg"));
            assert_eq!(claimed.email.as_deref(), Some("a@b.example"));
        }
        for peer in ["10.0.1.7", "127.0.0.1", "::2", "nowhere"] {
            assert_eq!(said(&alice, peer), Said::Nothing, "{peer}");
        }
    }

    #[test]
    fn what_comes_twice_is_nonsense() {
        let alice = ("x-user", "alice");
        for twice in [
            [("x-email", "mallory@b.example"), ("x-email", "a@b.example")],
            [("x-name", "Mallory"), ("x-name", "Alice")],
            [("x-email", ""), ("x-email", "a@b.example")],
            // Some proxies join them into one line.
            [
                ("x-name", "Alice"),
                ("x-email", "mallory@b.example, a@b.example"),
            ],
            [
                ("x-name", "Alice"),
                ("x-email", "mallory@b.example,a@b.example"),
            ],
        ] {
            let [first, second] = twice;
            let headers = [alice, first, second];
            assert_eq!(said(&headers, "::1"), Said::Nonsense, "{headers:?}");
            assert_eq!(said(&headers, "10.0.1.7"), Said::Nothing, "{headers:?}");
        }
        let headers = [alice, ("x-name", "Doe, Alice"), ("x-email", "")];
        assert!(matches!(said(&headers, "::1"), Said::Somebody(_)));
    }

    #[test]
    fn two_names_or_none_that_can_be_are_nonsense() {
        assert_eq!(said(&[], "::1"), Said::Nothing);
        assert_eq!(said(&[("x-user", "")], "::1"), Said::Nothing);
        for headers in [
            &[("x-user", "mallory"), ("x-user", "alice")][..],
            &[("x-user", ""), ("x-user", "alice")],
            &[("x-user", "mallory, alice")],
            &[("x-user", "a:b")],
            &[("x-user", "Åse")],
        ] {
            assert_eq!(said(headers, "::1"), Said::Nonsense, "{headers:?}");
        }
    }
}
