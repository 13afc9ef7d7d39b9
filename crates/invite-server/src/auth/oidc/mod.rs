//! OpenID Connect: bearer tokens of one issuer, and signing in there.

mod cache;
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
use token::{Expected, Fault};
use web::Trouble;

use crate::address::is_loopback_url;
use crate::config::{SignInOptions, SignInUnusable, SignOut};
use crate::core::Actor;

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
    audiences: Vec<String>,
    client: Option<ClientAccount>,
    sign_out: SignOut,
    web: Client,
    metadata: Cached<Metadata>,
    keys: Cached<KeySet>,
}

/// This server's own account at the issuer.
pub(super) struct ClientAccount {
    pub(super) id: String,
    pub(super) secret: Option<Zeroizing<String>>,
    pub(super) scopes: String,
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
    /// The issuer of the configuration, if there is one; `public_url` is an audience of its own.
    ///
    /// # Errors
    /// [`SignInUnusable`].
    pub fn new(options: &SignInOptions, public_url: &str) -> Result<Option<Self>, SignInUnusable> {
        options.validate()?;
        let Some(name) = options.oidc_issuer.clone() else {
            return Ok(None);
        };
        let client = match &options.oidc_client_id {
            Some(id) => Some(ClientAccount {
                id: id.clone(),
                secret: options.client_secret()?,
                scopes: options.oidc_scopes.clone(),
            }),
            None => None,
        };
        let mut audiences = options.oidc_audience.clone();
        audiences.retain(|audience| !audience.is_empty());
        if audiences.is_empty() {
            audiences.push(public_url.to_owned());
            audiences.extend(options.oidc_client_id.clone());
        }
        let web = web::client().map_err(|error| SignInUnusable::Client(error.to_string()))?;
        Ok(Some(Self {
            inner: Arc::new(Inner {
                name,
                naming: Naming {
                    provider: options.oidc_provider_name.clone(),
                    claim: options.oidc_username_claim.clone(),
                },
                audiences,
                client,
                sign_out: options.oidc_sign_out,
                web,
                metadata: Cached::new(AGES),
                keys: Cached::new(AGES),
            }),
        }))
    }

    /// Whose bearer token this is.
    pub(super) async fn bearer(&self, token: &str) -> Result<Actor, NotRecognised> {
        let expected = Expected {
            issuer: &self.inner.name,
            audiences: &self.inner.audiences,
        };
        let claims = self.verified(token, expected, Wanted::Newer).await?;
        self.inner
            .naming
            .actor(&claims)
            .ok_or(NotRecognised::BadToken)
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
        let header = token::head(token).map_err(refused)?;
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
            let metadata = self.metadata().await?;
            let published: Published =
                web::json(self.inner.web.get(metadata.jwks_uri.clone())).await?;
            KeySet::read(published)
        };
        let keys = self.inner.keys.get(wanted, fetch).await;
        keys.map_err(|_| NotRecognised::Unavailable)
    }

    /// What the issuer says of itself.
    async fn metadata(&self) -> Result<Arc<Metadata>, Trouble> {
        let name = &self.inner.name;
        let fetch = async {
            let address = format!(
                "{}/.well-known/openid-configuration",
                name.trim_end_matches('/')
            );
            let metadata: Metadata = web::json(self.inner.web.get(address)).await?;
            metadata.checked(name)
        };
        let held = self.inner.metadata.get(Wanted::Fresh, fetch).await?;
        Ok(held.value)
    }
}

impl Metadata {
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
