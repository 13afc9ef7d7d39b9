//! Several issuers at once: a name and an address each, and the details by name in the configuration file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::secret::secret;
use super::signin::{CLIENT_SECRET, SignInOptions, SignInUnusable, SignOut};
use crate::address::is_loopback_url;
use crate::core::{CLIENT_PROVIDER, TEST_PROVIDER, is_username};

/// The table with a table for each issuer that has a name.
pub(super) const ISSUERS: &str = "oidc";
/// Most characters of what people read.
const LABEL: usize = 64;

/// What the configuration file says of an issuer, under `[oidc.NAME]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IssuerDetails {
    /// What people read where they choose.
    pub label: Option<String>,
    /// The name of this server there; without it only bearer tokens count.
    pub client_id: Option<String>,
    /// A file that holds the client's secret and nothing else.
    pub client_secret_file: Option<PathBuf>,
    /// What to ask for.
    pub scopes: Option<String>,
    /// The claim that names people.
    pub username_claim: Option<String>,
    /// Whom a bearer token must be for.
    #[serde(default)]
    pub audience: Vec<String>,
    /// What people end when they sign out.
    pub sign_out: Option<SignOut>,
}

/// An issuer, with all that is said of it.
#[derive(Debug, Clone)]
pub struct IssuerOptions {
    /// What its people are called behind the colon.
    pub name: String,
    /// Whether the operator named it, so that its addresses have the name, too.
    pub is_named: bool,
    /// Its address.
    pub address: String,
    /// What is said of it.
    pub details: IssuerDetails,
}

impl IssuerOptions {
    /// What people read where they choose: the host, where it has no name.
    pub fn label(&self) -> String {
        let host = || {
            let url = url::Url::parse(&self.address).ok()?;
            Some(url.host_str()?.to_owned()).filter(|_| !self.is_named)
        };
        let label = self.details.label.clone();
        label.or_else(host).unwrap_or_else(|| self.name.clone())
    }

    /// What is asked for.
    pub fn scopes(&self) -> &str {
        let scopes = self.details.scopes.as_deref();
        scopes.unwrap_or("openid profile email")
    }

    /// The claim that names people.
    pub fn username_claim(&self) -> &str {
        self.details.username_claim.as_deref().unwrap_or("sub")
    }

    /// The client's secret, if it has one.
    ///
    /// # Errors
    /// [`SignInUnusable::Secret`].
    pub fn client_secret(&self) -> Result<Option<Zeroizing<String>>, SignInUnusable> {
        let file = self.details.client_secret_file.as_deref();
        // The variable is the one issuer's that needs no name.
        if self.is_named && file.is_none() {
            return Ok(None);
        }
        Ok(secret("oidc-client-secret-file", file, CLIENT_SECRET)?)
    }

    fn validate(&self) -> Result<(), SignInUnusable> {
        let url = url::Url::parse(&self.address).ok().filter(|url| {
            (url.scheme() == "https" || is_loopback_url(url))
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
        if url.is_none() {
            return Err(SignInUnusable::Issuer(self.address.clone()));
        }
        provider_name(&self.name)?;
        let label = self.details.label.as_deref().unwrap_or("label");
        let fits = (1..=LABEL).contains(&label.chars().count());
        if !fits || label.trim() != label || label.chars().any(char::is_control) {
            return Err(SignInUnusable::Label(self.name.clone()));
        }
        if !self.scopes().split(' ').any(|scope| scope == "openid") {
            return Err(SignInUnusable::Scopes);
        }
        Ok(())
    }
}

/// What it says of issuers, by their names.
pub(super) fn details(table: &toml::Table) -> Result<BTreeMap<String, IssuerDetails>, String> {
    let issuers = table.get(ISSUERS).and_then(toml::Value::as_table);
    let all = issuers.into_iter().flatten().map(|(name, value)| {
        let wrong = |cause: toml::de::Error| format!("{ISSUERS}.{name}: {}", cause.message());
        let details = value.clone().try_into().map_err(wrong)?;
        Ok((name.clone(), details))
    });
    all.collect()
}

/// The same as a table again.
pub(super) fn told((name, details): (&String, &IssuerDetails)) -> Vec<String> {
    let text = |text: &str| toml::Value::from(text).to_string();
    let mut lines = vec![format!("[{ISSUERS}.{}]  # file", text(name))];
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name} = {value}  # file")));
    };
    line("label", details.label.as_deref().map(text));
    line("client-id", details.client_id.as_deref().map(text));
    let file = details.client_secret_file.as_deref();
    line(
        "client-secret-file",
        file.map(|path| text(&path.to_string_lossy())),
    );
    line("scopes", details.scopes.as_deref().map(text));
    line(
        "username-claim",
        details.username_claim.as_deref().map(text),
    );
    let audience = Some(&details.audience).filter(|all| !all.is_empty());
    line(
        "audience",
        audience.map(|all| toml::Value::from(all.clone()).to_string()),
    );
    let sign_out = details
        .sign_out
        .as_ref()
        .and_then(clap::ValueEnum::to_possible_value);
    line("sign-out", sign_out.map(|value| text(value.get_name())));
    lines
}

/// A provider's name is part of who somebody is.
pub(super) fn provider_name(name: &str) -> Result<(), SignInUnusable> {
    if is_username(name) && ![TEST_PROVIDER, CLIENT_PROVIDER].contains(&name) {
        return Ok(());
    }
    Err(SignInUnusable::ProviderName(name.to_owned()))
}

impl SignInOptions {
    /// All issuers. Without a name it is the flags that say what there is to say.
    ///
    /// # Errors
    /// [`SignInUnusable`], a sentence for the operator.
    pub fn issuers(&self) -> Result<Vec<IssuerOptions>, SignInUnusable> {
        let all: Vec<_> = self
            .oidc_issuer
            .iter()
            .map(|text| self.issuer(text))
            .collect();
        for (place, issuer) in all.iter().enumerate() {
            issuer.validate()?;
            let others = all.iter().skip(place + 1);
            let proxy = self
                .trust_header
                .as_ref()
                .map(|_| &self.trust_provider_name);
            let taken = others.clone().any(|other| other.name == issuer.name)
                || proxy == Some(&issuer.name);
            if taken {
                return Err(SignInUnusable::NameTwice(issuer.name.clone()));
            }
            if others.clone().any(|other| other.address == issuer.address) {
                return Err(SignInUnusable::IssuerTwice(issuer.address.clone()));
            }
        }
        // A client of nobody's would be passed over without a word.
        let has_default = all.iter().any(|one| !one.is_named);
        if !has_default && !all.is_empty() && self.oidc_client_id.is_some() {
            return Err(SignInUnusable::ClientOfNone);
        }
        let is_there = |name: &String| all.iter().any(|one| one.is_named && one.name == *name);
        match self.oidc.keys().find(|name| !is_there(name)) {
            Some(name) => Err(SignInUnusable::NoSuchIssuer(name.clone())),
            None => Ok(all),
        }
    }

    fn issuer(&self, text: &str) -> IssuerOptions {
        // No address has an equals sign after nothing but what a name may have.
        let named = text
            .split_once('=')
            .filter(|(name, _)| !name.contains([':', '/']));
        match named {
            Some((name, address)) => IssuerOptions {
                name: name.to_owned(),
                is_named: true,
                address: address.to_owned(),
                details: self.oidc.get(name).cloned().unwrap_or_default(),
            },
            None => IssuerOptions {
                name: self.oidc_provider_name.clone(),
                is_named: false,
                address: text.to_owned(),
                details: IssuerDetails {
                    label: None,
                    client_id: self.oidc_client_id.clone(),
                    client_secret_file: self.oidc_client_secret_file.clone(),
                    scopes: Some(self.oidc_scopes.clone()),
                    username_claim: Some(self.oidc_username_claim.clone()),
                    audience: self.oidc_audience.clone(),
                    sign_out: Some(self.oidc_sign_out),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use clap::Parser as _;

    fn options(issuers: &[&str], more: &[&str]) -> SignInOptions {
        let issuers = issuers.iter().map(|one| format!("--oidc-issuer={one}"));
        let all = ["invite-server".to_owned()].into_iter().chain(issuers);
        Config::parse_from(all.chain(more.iter().map(|one| (*one).to_owned()))).sign_in
    }

    #[test]
    fn a_client_is_somebody_s() {
        let client = ["--oidc-client-id", "us"];
        let corp = "corp=https://corp.example";
        let named = options(&[corp], &client);
        assert!(matches!(named.issuers(), Err(SignInUnusable::ClientOfNone)));
        assert!(!named.signs_people_in());
        let both = options(&[corp, "https://login.example.com"], &client);
        assert!(both.issuers().is_ok() && both.signs_people_in());
        assert!(!options(&[corp], &[]).signs_people_in());
    }

    #[test]
    fn each_issuer_has_a_name_an_address_and_what_is_said_of_it() {
        let mut options = options(
            &["https://login.example.com", "corp=https://corp.example/a=b"],
            &["--oidc-client-id", "us", "--oidc-username-claim", "email"],
        );
        let corp = "client-id = 'them'\nlabel = 'The Corp'\nscopes = 'openid email'";
        let corp = toml::from_str(corp).unwrap();
        options.oidc.insert("corp".into(), corp);
        let all = options.issuers().unwrap();
        let said = all.iter().map(|one| {
            let client = one.details.client_id.as_deref().unwrap();
            let rest = (one.username_claim(), one.scopes(), one.is_named);
            (
                one.name.as_str(),
                one.address.as_str(),
                one.label(),
                client,
                rest,
            )
        });
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                (
                    "oidc",
                    "https://login.example.com",
                    "login.example.com".into(),
                    "us",
                    ("email", "openid profile email", false)
                ),
                (
                    "corp",
                    "https://corp.example/a=b",
                    "The Corp".into(),
                    "them",
                    ("sub", "openid email", true)
                ),
            ]
        );
    }

    #[test]
    fn issuers_that_cannot_be_told_apart_are_refused() {
        for (issuers, more, sentence) in [
            (
                &["a=https://a.example", "a=https://b.example"][..],
                &[][..],
                "is given twice",
            ),
            (
                &["a=https://a.example", "b=https://a.example"],
                &[],
                "stands there twice",
            ),
            (
                &["https://a.example", "https://b.example"],
                &[],
                "is given twice",
            ),
            (
                &["oidc=https://a.example", "https://b.example"],
                &[],
                "is given twice",
            ),
            (&["test=https://a.example"], &[], "cannot be"),
            (&["=https://a.example"], &[], "cannot be"),
            (&["a=http://a.example"], &[], "https"),
            (
                &["proxy=https://a.example"],
                &["--trust-header", "x-user", "--trust-proxy", "10.0.0.1"],
                "is given twice",
            ),
        ] {
            let refused = options(issuers, more).issuers().unwrap_err().to_string();
            assert!(refused.contains(sentence), "{issuers:?}: {refused}");
        }
        let mut options = options(&["a=https://a.example"], &[]);
        options.oidc.insert("b".into(), IssuerDetails::default());
        let refused = options.issuers().unwrap_err().to_string();
        assert!(refused.contains("b=https://"), "{refused}");
    }
}
