//! The two requests of a sign-in: sending somebody to the issuer, and asking it who came back (OpenID Connect Core 1.0,
//! authorization code flow with PKCE).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::cache::Wanted;
use super::person::Claims;
use super::token::{Expected, Sort};
use super::{ClientAccount, Issuer, Metadata, NotRecognised, web};
use crate::core::Claimed;

/// What a sign-in is recognised by when somebody comes back.
pub(super) struct Began<'a> {
    pub(super) nonce: &'a str,
    /// Proves that whoever redeems the code also asked for it (RFC 7636).
    pub(super) verifier: &'a str,
    pub(super) redirect: &'a str,
}

/// What the token endpoint answers. The tokens are used here and kept nowhere.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

impl Issuer {
    /// Whether people can sign in there, not only programs.
    pub fn signs_people_in(&self) -> bool {
        self.inner.client.is_some()
    }

    /// Where to send somebody. `state` comes back with them.
    pub(super) async fn authorization_url(
        &self,
        state: &str,
        began: Began<'_>,
        prompt: Option<&str>,
    ) -> Result<Url, NotRecognised> {
        let (client, metadata) = self.account().await?;
        let endpoint = metadata.authorization_endpoint.as_ref();
        let mut url = endpoint.ok_or(NotRecognised::Unavailable)?.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(began.verifier));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", began.redirect)
            .append_pair("scope", &client.scopes)
            .append_pair("state", state)
            .append_pair("nonce", began.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(prompt.map(|prompt| ("prompt", prompt)));
        Ok(url)
    }

    /// Whether an answer that names its issuer (RFC 9207) is this one's: with several, one could answer for another.
    pub(super) async fn answered(&self, named: Option<&str>) -> Result<bool, NotRecognised> {
        let (_, metadata) = self.account().await?;
        Ok(match named {
            Some(named) => named == self.inner.name,
            None => !metadata.authorization_response_iss_parameter_supported,
        })
    }

    /// Who came back with this code, and the issuer's name for the session that it keeps of them.
    pub(super) async fn redeem(
        &self,
        code: &str,
        began: Began<'_>,
    ) -> Result<(Claimed, Option<String>), NotRecognised> {
        let (client, metadata) = self.account().await?;
        let tokens = self.tokens(client, &metadata, code, &began).await?;
        let audience = [client.id.clone()];
        let expected = Expected {
            issuer: &self.inner.name,
            audiences: &audience,
            sort: Sort::Bearer,
        };
        // The token came from the issuer itself, so a key that is missing is new.
        let mut claims = self
            .verified(&tokens.id_token, expected, Wanted::NewerAtOnce)
            .await?;
        if !is_answer(&claims, began.nonce, &client.id) {
            tracing::debug!("an ID token answers another sign-in");
            return Err(NotRecognised::BadToken);
        }
        let sid = claims.get("sid").and_then(serde_json::Value::as_str);
        let sid = sid.map(str::to_owned);
        // Many issuers say who somebody is only when asked.
        if !self.inner.naming.is_complete(&claims)
            && let (Some(endpoint), Some(access)) =
                (&metadata.userinfo_endpoint, &tokens.access_token)
        {
            let request = self.inner.web.get(endpoint.clone()).bearer_auth(access);
            let more: Claims = web::json(request)
                .await
                .map_err(|trouble| self.unavailable(&trouble))?;
            // Without this check another person's claims could be slipped in (Core 5.3.2).
            if more.get("sub") != claims.get("sub") {
                return Err(NotRecognised::BadToken);
            }
            add(&mut claims, more);
        }
        let claimed = self.inner.naming.claimed(&claims);
        Ok((claimed.ok_or(NotRecognised::BadToken)?, sid))
    }

    async fn account(&self) -> Result<(&ClientAccount, std::sync::Arc<Metadata>), NotRecognised> {
        let client = self.inner.client.as_ref();
        let client = client.ok_or(NotRecognised::Unavailable)?;
        let metadata = self.metadata().await;
        Ok((client, metadata.map_err(|_| NotRecognised::Unavailable)?))
    }

    async fn tokens(
        &self,
        client: &ClientAccount,
        metadata: &Metadata,
        code: &str,
        began: &Began<'_>,
    ) -> Result<Tokens, NotRecognised> {
        let endpoint = metadata.token_endpoint.as_ref();
        let endpoint = endpoint.ok_or(NotRecognised::Unavailable)?.clone();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", began.redirect),
            ("code_verifier", began.verifier),
        ];
        let mut request = self.inner.web.post(endpoint);
        // In the head unless the issuer says that it takes it in the body only.
        let methods = metadata.token_endpoint_auth_methods_supported.as_ref();
        let in_head = methods.is_none_or(|all| all.iter().any(|one| one == "client_secret_basic"));
        match client.secret.as_deref() {
            Some(secret) if in_head => {
                request = request.basic_auth(escaped(&client.id), Some(escaped(secret)));
            }
            Some(secret) => {
                form.push(("client_id", &client.id));
                form.push(("client_secret", secret));
            }
            None => form.push(("client_id", &client.id)),
        }
        match web::json(request.form(&form)).await {
            Ok(tokens) => Ok(tokens),
            // The code is used up, too old, or not ours.
            Err(web::Trouble::Status(status)) if status.as_u16() == 400 => {
                Err(NotRecognised::BadToken)
            }
            Err(trouble) => Err(self.unavailable(&trouble)),
        }
    }
}

/// RFC 6749 2.3.1: form encoding, then Basic.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Whether an ID token answers this sign-in of this client.
fn is_answer(claims: &Claims, nonce: &str, client: &str) -> bool {
    let text = |name| claims.get(name).and_then(serde_json::Value::as_str);
    let same = text("nonce").is_some_and(|found| found.as_bytes().ct_eq(nonce.as_bytes()).into());
    let several = claims
        .get("aud")
        .is_some_and(|aud| aud.as_array().is_some_and(|all| all.len() > 1));
    let for_us = match claims.get("azp") {
        Some(party) => party.as_str() == Some(client),
        None => !several,
    };
    same && for_us
}

/// Adds what the token does not say. An address and whether it is verified come from one place: a verdict on one address
/// must not count for another.
fn add(claims: &mut Claims, mut more: Claims) {
    if more.contains_key("email") {
        claims.remove("email");
        claims.remove("email_verified");
    } else {
        more.remove("email_verified");
    }
    for (name, value) in more {
        claims.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_id_token_answers_one_sign_in_of_one_client() {
        let answers = |claims: Value| is_answer(claims.as_object().unwrap(), "n", "us");
        assert!(answers(json!({ "nonce": "n", "aud": "us" })));
        assert!(answers(json!({ "nonce": "n", "aud": ["us"] })));
        assert!(answers(
            json!({ "nonce": "n", "aud": ["us", "them"], "azp": "us" })
        ));
        for other in [
            json!({ "aud": "us" }),
            json!({ "nonce": "m", "aud": "us" }),
            json!({ "nonce": null, "aud": "us" }),
            json!({ "nonce": "n", "aud": ["us", "them"] }),
            json!({ "nonce": "n", "aud": ["us", "them"], "azp": "them" }),
            json!({ "nonce": "n", "aud": "us", "azp": "them" }),
        ] {
            assert!(!answers(other.clone()), "{other}");
        }
    }

    #[test]
    fn a_verdict_on_one_address_does_not_count_for_another() {
        let added = |claims: Value, more: Value| {
            let (Value::Object(mut claims), Value::Object(more)) = (claims, more) else {
                panic!("objects");
            };
            add(&mut claims, more);
            Value::Object(claims)
        };
        let (own, other) = (
            json!({ "email": "a@b" }),
            json!({ "email": "c@d", "email_verified": true }),
        );
        assert_eq!(added(own.clone(), other.clone()), other);
        assert_eq!(added(own.clone(), json!({ "email_verified": true })), own);
        assert_eq!(
            added(other.clone(), json!({ "name": "N" }))["email_verified"],
            true
        );
        assert_eq!(added(other, own.clone()), own);
        assert_eq!(
            added(json!({ "name": "A" }), json!({ "name": "B" }))["name"],
            "A"
        );
    }
}
