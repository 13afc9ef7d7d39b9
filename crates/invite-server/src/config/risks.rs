//! What the operator has switched on that takes away from safety: said at every start, and by `invite-server config`.

use super::{Config, WebhooksTo};
use crate::address::{DatabaseAddress, is_loopback_host, is_loopback_url};

/// More addresses than one has proxies.
const MANY: u8 = 16;

impl Config {
    /// Each risk that is switched on, in a sentence that begins with the option.
    pub fn risks(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut risk = |sentence: String| all.push(sentence);
        if self.demo {
            risk(
                "demo: anybody on this machine signs in as anybody, and gives anybody any right"
                    .into(),
            );
        }
        if let Some(url) = self.public_url.as_deref().and_then(web)
            && url.scheme() == "http"
            && !is_loopback_url(&url)
        {
            risk("public-url: without https, whoever is in between reads sessions and keys".into());
        }
        self.sign_in_risks(&mut risk);
        self.database_risk(&mut risk);
        match self.webhooks.webhooks_to {
            WebhooksTo::Public => {}
            WebhooksTo::Loopback => risk(
                "webhooks-to: whoever sets webhooks can reach what listens on this machine".into(),
            ),
            WebhooksTo::Private => risk(
                "webhooks-to: whoever sets webhooks can reach what listens in the networks around this machine".into(),
            ),
        }
        if let Some(smtp) = self.mail.smtp.as_deref().and_then(any)
            && smtp
                .query_pairs()
                .any(|(name, value)| name == "tls" && value == "none")
            && !smtp.host_str().is_some_and(is_loopback_host)
        {
            risk(
                "smtp: without TLS, whoever is in between reads mails and the links in them".into(),
            );
        }
        if let Some(metrics) = self.operation.metrics
            && !metrics.ip().is_loopback()
        {
            risk("metrics: off loopback the bearer goes over the network as it is, unless a proxy in between encrypts".into());
        }
        for (name, folder) in [("www", &self.www), ("sdk", &self.sdk)] {
            if folder.is_some() {
                risk(format!(
                    "{name}: whoever may write to that folder runs scripts as this server's own"
                ));
            }
        }
        let limits = self.limits.switched_off();
        for name in limits.chain(self.quotas.switched_off()) {
            risk(format!(
                "{name}: 0 is no limit, so one caller can take what everybody shares"
            ));
        }
        all
    }

    fn sign_in_risks(&self, risk: &mut impl FnMut(String)) {
        let options = &self.sign_in;
        // What cannot be is told at the start.
        for issuer in options.issuers().unwrap_or_default() {
            if issuer.username_claim() != "sub" {
                risk(format!(
                    "oidc-username-claim: people of {} are named by their {:?}, and whoever comes with one first has it",
                    issuer.name,
                    issuer.username_claim()
                ));
            }
        }
        if options.trust_header.is_some() {
            risk("trust-header: whoever reaches this server from a trust-proxy address can be anybody".into());
        }
        let wide = self.proxy.trust_proxy.iter().filter(|range| {
            let width = range.max_prefix_len() - range.prefix_len();
            width > MANY
        });
        for range in wide {
            risk(format!(
                "trust-proxy: {range} is many addresses, and each says where its callers come from"
            ));
        }
        let plain = options.allow_origin.iter().filter(|origin| {
            web(origin).is_some_and(|url| url.scheme() == "http" && !is_loopback_url(&url))
        });
        for origin in plain {
            risk(format!(
                "allow-origin: {origin} comes without https, so whoever is in between calls as its people"
            ));
        }
    }

    fn database_risk(&self, risk: &mut impl FnMut(String)) {
        let Some(DatabaseAddress::Postgres(address)) = &self.database else {
            return;
        };
        // Several hosts may stand in it, which no URL has.
        let (place, query) = address.split_once('?').unwrap_or((address, ""));
        let mut options = url::form_urlencoded::parse(query.as_bytes());
        let mode = options.find(|(name, _)| name == "sslmode");
        let mode = mode.map_or("prefer".to_owned(), |(_, mode)| mode.into_owned());
        let (_, place) = place.split_once("://").unwrap_or(("", place));
        let hosts = place.split('/').next().unwrap_or_default();
        let hosts = hosts.rsplit('@').next().unwrap_or_default();
        let is_near = hosts.split(',').all(|host| {
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            host.is_empty() || is_loopback_host(host)
        });
        let why = match mode.as_str() {
            "disable" => "nothing to and from the database is encrypted",
            "prefer" => "whoever is in between can keep the database from encrypting",
            "require" => "whoever is in between can be the database: verify-full asks who answers",
            _ => return,
        };
        if !is_near {
            risk(format!("database: with sslmode={mode} {why}"));
        }
    }
}

fn any(text: &str) -> Option<url::Url> {
    url::Url::parse(text).ok()
}

fn web(text: &str) -> Option<url::Url> {
    any(text).filter(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn risks(arguments: &[&str]) -> Vec<String> {
        let config = Config::try_parse_from([&["invite-server"], arguments].concat());
        config.unwrap().risks()
    }

    #[test]
    fn each_risk_is_named_by_its_option_and_nothing_else_is_one() {
        let proxied = ["--trust-proxy", "10.0.0.7"];
        for fine in [
            &[][..],
            &[
                "--listen",
                "0.0.0.0:7007",
                "--public-url",
                "https://a.example",
            ],
            &[
                "--database",
                "postgres://db.example.com/x?sslmode=verify-full",
            ],
            &["--database", "postgres://me:secret@127.0.0.1:5432/x"],
            &["--database", "postgres:///x?host=/run/postgresql"],
            &[
                "--oidc-issuer",
                "https://a.example",
                "--oidc-username-claim",
                "sub",
            ],
            &[
                "--smtp",
                "smtp://127.0.0.1:25?tls=none",
                "--mail-from",
                "a@b.example",
            ],
            &["--metrics", "127.0.0.1:9187"],
            &["--allow-origin", "https://a.example"],
            &["--limit-user", "1"],
            &proxied,
        ] {
            assert_eq!(risks(fine), Vec::<String>::new(), "{fine:?}");
        }
        for (risky, name) in [
            (&["--demo"][..], "demo"),
            (&["--public-url", "http://a.example"], "public-url"),
            (&["--database", "postgres://db.example.com/x"], "database"),
            (
                &["--database", "postgres://127.0.0.1:1,db.example.com:2/x"],
                "database",
            ),
            (
                &["--database", "postgres://db.example.com/x?sslmode=require"],
                "database",
            ),
            (
                &["--database", "postgres://db.example.com/x?sslmode=disable"],
                "database",
            ),
            (
                &[
                    "--oidc-issuer",
                    "https://a.example",
                    "--oidc-username-claim",
                    "email",
                ],
                "oidc-username-claim",
            ),
            (
                &["--trust-header", "x-user", "--trust-proxy", "10.0.0.7"],
                "trust-header",
            ),
            (&["--trust-proxy", "10.0.0.0/8"], "trust-proxy"),
            (&["--trust-proxy", "::/0"], "trust-proxy"),
            (&["--allow-origin", "http://a.example"], "allow-origin"),
            (&["--webhooks-to", "loopback"], "webhooks-to"),
            (&["--webhooks-to", "private"], "webhooks-to"),
            (
                &[
                    "--smtp",
                    "smtp://mail.example.com:25?tls=none",
                    "--mail-from",
                    "a@b.example",
                ],
                "smtp",
            ),
            (&["--metrics", "0.0.0.0:9187"], "metrics"),
            (&["--www", "/tmp"], "www"),
            (&["--sdk", "/tmp"], "sdk"),
            (&["--limit-wrong-keys", "0"], "limit-wrong-keys"),
            (&["--limit-connections", "0"], "limit-connections"),
        ] {
            let found = risks(risky);
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("{name}: ")),
                "{risky:?}: {found:?}"
            );
        }
    }
}
