//! Who calls: a client, by the bearer it got for its secret. Nobody else has a tenancy.

use std::pin::Pin;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

use super::Rkvst;
use super::refused::Status;
use crate::core::{Actor, Client, Refusal};
use crate::dialect::{Apps, Brought, Twice, once};
use crate::invites::Invites;

/// A client that calls, and the account that it acts as.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) actor: Actor,
}

impl FromRequestParts<Rkvst> for Caller {
    type Rejection = Status;

    async fn from_request_parts(parts: &mut Parts, state: &Rkvst) -> Result<Caller, Status> {
        let bearer = bearer(&parts.headers)?;
        let (client, actor) = state.invites.client_of(bearer).await?;
        Ok(Caller { client, actor })
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = once(headers, header::AUTHORIZATION);
    let value = value.map_err(|Twice| Refusal::BadCredentials)?;
    let value = value.ok_or(Refusal::NotSignedIn)?;
    let text = value.to_str().ok();
    let (scheme, bearer) = text
        .and_then(|text| text.split_once(' '))
        .ok_or(Refusal::BadCredentials)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::BadCredentials);
    }
    Ok(bearer.trim())
}

/// Bearers, before anybody looks into what comes with them.
pub(super) struct Bearers(pub(super) Invites);

impl Apps for Bearers {
    fn brought(&self, headers: &HeaderMap) -> Option<Brought> {
        let bearer = bearer(headers).ok()?;
        Some(Sha256::digest(bearer.as_bytes()).into())
    }

    fn whose<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>> {
        Box::pin(async move {
            let client = self.0.client_of(bearer(headers).ok()?).await.ok();
            client.map(|(client, _)| client.name)
        })
    }
}
