//! OpenID Connect: bearer tokens of one issuer, and signing in there.

mod backchannel;
mod cache;
mod choice;
mod exchange;
mod keys;
mod login;
mod logout;
mod person;
mod token;
mod web;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use cache::{Ages, Cached, Held, Wanted};
use keys::{KeySet, Published};
pub(super) use login::{LOGIN, router as login_router};
use person::{Claims, Naming};
use token::{Expected, Fault, Sort};
use web::Trouble;

use crate::address::is_loopback_url;
use crate::conditions::ISSUER_SILENT;
use crate::core::Claimed;

/// How old what the issuer publishes may get. A key that it has withdrawn counts ten minutes longer at most, an hour if
/// it does not answer.
const AGES: Ages = Ages {
    fresh: Duration::from_secs(600),
    usable: Duration::from_secs(3600),
    pause: Duration::from_secs(5),
};

/// An OpenID Connect issuer whose word counts here. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Issuer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Exactly as the issuer writes it.
    name: String,
    naming: Naming,
    label: String,
    is_named: bool,
    audiences: Vec<String>,
    client: Option<ClientAccount>,
    sign_out: SignOut,
    web: Client,
    metadata: Cached<Metadata>,
    keys: Cached<KeySet>,
}

/// The issuer's people and this server's account there, as the operator says it.
#[derive(Debug)]
pub struct IssuerSettings {
    /// Its address, exactly as it writes it.
    pub address: String,
    /// Our account; without it only bearer tokens count.
    pub client: Option<ClientAccount>,
    /// What its people are called behind the colon.
    pub provider: String,
    /// What people read where they choose.
    pub label: String,
    /// Whether its addresses have its name.
    pub is_named: bool,
    /// The claim that names them.
    pub username_claim: String,
    /// Whom a bearer token must be for; without any it is the client and the public address.
    pub audiences: Vec<String>,
    /// What people end when they sign out.
    pub sign_out: SignOut,
}

/// What people of the issuer end when they sign out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOut {
    /// Their session with this server.
    Here,
    /// That, and the browser goes on to the issuer.
    Issuer,
    /// That, and it comes back from there.
    IssuerAndBack,
}

/// No TLS, most likely because the system has no certificates.
#[derive(Debug, thiserror::Error)]
#[error("the issuer cannot be asked over https: {0}. Install the system's CA certificates")]
pub struct IssuerUnusable(String);

/// This server's own account at the issuer.
pub struct ClientAccount {
    /// Its id.
    pub id: String,
    /// Its secret, if it has one.
    pub secret: Option<Zeroizing<String>>,
    /// What is asked for.
    pub scopes: String,
}

impl std::fmt::Debug for ClientAccount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.id)
    }
}

/// What the issuer says of itself (OpenID Connect Discovery 1.0), as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    jwks_uri: Url,
    pub(super) authorization_endpoint: Option<Url>,
    pub(super) token_endpoint: Option<Url>,
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) end_session_endpoint: Option<Url>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// Why nobody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotRecognised {
    /// The token is no good.
    BadToken,
    /// The issuer could not be asked.
    Unavailable,
}

impl Issuer {
    /// An issuer; `public_url` is an audience of its own.
    ///
    /// # Errors
    /// [`IssuerUnusable`].
    pub fn new(settings: IssuerSettings, public_url: &str) -> Result<Self, IssuerUnusable> {
        let mut audiences = settings.audiences;
        audiences.retain(|audience| !audience.is_empty());
        if audiences.is_empty() {
            audiences.push(public_url.to_owned());
            audiences.extend(settings.client.as_ref().map(|client| client.id.clone()));
        }
        let web = web::client().map_err(|error| IssuerUnusable(error.to_string()))?;
        Ok(Self {
            inner: Arc::new(Inner {
                name: settings.address.clone(),
                naming: Naming {
                    iss: settings.address,
                    provider: settings.provider,
                    claim: settings.username_claim,
                },
                label: settings.label,
                is_named: settings.is_named,
                audiences,
                client: settings.client,
                sign_out: settings.sign_out,
                web,
                metadata: Cached::new(AGES),
                keys: Cached::new(AGES),
            }),
        })
    }

    /// Its address, exactly as it writes it.
    pub(super) fn name(&self) -> &str {
        &self.inner.name
    }

    /// Which of them a token says it comes from, if it is shaped like one. Nothing of it is believed yet.
    pub(super) fn of_token<'a>(issuers: &'a [Issuer], token: &str) -> Option<&'a Issuer> {
        let name = token::issuer_of(token)?;
        issuers.iter().find(|issuer| issuer.inner.name == name)
    }

    /// What its people are called behind the colon.
    pub(super) fn provider(&self) -> &str {
        &self.inner.naming.provider
    }

    /// What people read where they choose.
    pub(super) fn label(&self) -> &str {
        &self.inner.label
    }

    /// Its name in its addresses, where it has one there.
    pub(super) fn place(&self) -> Option<&str> {
        self.inner.is_named.then(|| self.provider())
    }

    /// Whose bearer token this is.
    pub(super) async fn bearer(&self, token: &str) -> Result<Vouch, NotRecognised> {
        let expected = Expected {
            issuer: &self.inner.name,
            audiences: &self.inner.audiences,
            sort: Sort::Bearer,
        };
        let claims = self.verified(token, expected, Wanted::Newer).await?;
        let claimed = self.inner.naming.claimed(&claims);
        let found = claimed.zip(token::end(&claims));
        let (claimed, until) = found.ok_or(NotRecognised::BadToken)?;
        let sid = claims.get("sid").and_then(serde_json::Value::as_str);
        Ok(Vouch {
            claimed,
            sid: sid.map(str::to_owned),
            until,
        })
    }

    /// The claims of a token. Keys that may be new are looked for as `newer` says.
    async fn verified(
        &self,
        token: &str,
        expected: Expected<'_>,
        newer: fn(tokio::time::Instant) -> Wanted,
    ) -> Result<Claims, NotRecognised> {
        let refused = |fault: Fault| {
            tracing::debug!(?fault, "a token of the issuer is refused");
            NotRecognised::BadToken
        };
        let header = token::head(token, expected.sort).map_err(refused)?;
        let keys = self.keys(Wanted::Fresh).await?;
        match token::verify(token, &header, &keys.value, expected) {
            Err(Fault::NoKey) => {}
            // Without a name for the key nobody can tell whether it is a new one.
            Err(Fault::Bad(_)) if header.kid.is_none() => {}
            known => return known.map_err(refused),
        }
        let keys = self.keys(newer(keys.since)).await?;
        token::verify(token, &header, &keys.value, expected).map_err(refused)
    }

    async fn keys(&self, wanted: Wanted) -> Result<Held<KeySet>, NotRecognised> {
        let fetch = async {
            let metadata = self.asked().await?;
            let published: Published =
                web::json(self.inner.web.get(metadata.jwks_uri.clone())).await?;
            KeySet::read(published)
        };
        let keys = self.inner.keys.get(wanted, fetch).await;
        keys.map_err(|trouble| self.unavailable(&trouble))
    }

    /// Tells the operator where nobody can sign in, as it does not answer.
    pub(super) async fn look(&self) {
        if let Err(trouble) = self.asked().await {
            ISSUER_SILENT.met_often(&self.inner.name, trouble, 1);
        }
    }

    fn unavailable(&self, trouble: &Trouble) -> NotRecognised {
        self.is_silent(trouble);
        NotRecognised::Unavailable
    }

    /// The same of whoever is asked later.
    fn is_silent(&self, trouble: &Trouble) {
        if !matches!(trouble, Trouble::Resting) {
            ISSUER_SILENT.met(&self.inner.name, trouble);
        }
    }

    /// What the issuer says of itself.
    async fn metadata(&self) -> Result<Arc<Metadata>, Trouble> {
        let asked = self.asked().await;
        asked.inspect_err(|trouble| self.is_silent(trouble))
    }

    async fn asked(&self) -> Result<Arc<Metadata>, Trouble> {
        let fetch = Metadata::of(&self.inner.name, &self.inner.web);
        let held = self.inner.metadata.get(Wanted::Fresh, fetch).await?;
        Ok(held.value)
    }
}

/// What is wrong with the issuer at this address, if it does not answer as it should: for whoever asks before there is a
/// server. It ends by itself, soon.
pub async fn issuer_trouble(address: &str) -> Option<String> {
    let web = match web::client() {
        Ok(web) => web,
        Err(error) => return Some(IssuerUnusable(error.to_string()).to_string()),
    };
    let trouble = Metadata::of(address, &web).await.err()?;
    Some(trouble.to_string())
}

/// Whom a bearer token names.
pub(super) struct Vouch {
    pub(super) claimed: Claimed,
    /// The issuer's name for its own session, where it says it.
    pub(super) sid: Option<String>,
    /// When it counts no longer, in seconds since 1970.
    pub(super) until: u64,
}

impl Metadata {
    /// What the issuer of this name says.
    async fn of(issuer: &str, web: &Client) -> Result<Self, Trouble> {
        let place = issuer.trim_end_matches('/');
        let address = format!("{place}/.well-known/openid-configuration");
        let metadata: Metadata = web::json(web.get(address)).await?;
        metadata.checked(issuer)
    }

    /// It has to be this issuer's, and to send nobody to an address without TLS; on loopback there is none to attack.
    fn checked(self, issuer: &str) -> Result<Self, Trouble> {
        if self.issuer != issuer {
            let found = format!("it calls itself {:?}, not {issuer:?}", self.issuer);
            return Err(Trouble::Unreadable(found));
        }
        let on_loopback = Url::parse(issuer).is_ok_and(|url| is_loopback_url(&url));
        let addresses = [
            Some(&self.jwks_uri),
            self.authorization_endpoint.as_ref(),
            self.token_endpoint.as_ref(),
            self.userinfo_endpoint.as_ref(),
            self.end_session_endpoint.as_ref(),
        ];
        let safe = |url: &Url| url.scheme() == "https" || (on_loopback && is_loopback_url(url));
        if !addresses.into_iter().flatten().all(safe) {
            let found = "one of its addresses is not https".to_owned();
            return Err(Trouble::Unreadable(found));
        }
        Ok(self)
    }
}
