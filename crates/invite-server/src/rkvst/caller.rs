//! Who calls: a client, by the bearer it got for its secret. Nobody else has a tenancy.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::Rkvst;
use super::refused::Status;
use crate::core::{Actor, Client, Refusal};
use crate::dialect::{Twice, once};
use crate::limits::Who;

/// A client that calls, and the account that it acts as.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) actor: Actor,
}

impl FromRequestParts<Rkvst> for Caller {
    type Rejection = Status;

    async fn from_request_parts(parts: &mut Parts, state: &Rkvst) -> Result<Caller, Status> {
        let value = once(&parts.headers, header::AUTHORIZATION);
        let value = value.map_err(|Twice| Refusal::BadCredentials)?;
        let value = value.ok_or(Refusal::NotSignedIn)?;
        let text = value.to_str().ok();
        let (scheme, bearer) = text
            .and_then(|text| text.split_once(' '))
            .ok_or(Refusal::BadCredentials)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::BadCredentials.into());
        }
        let (client, actor) = state.invites.client_of(bearer.trim()).await?;
        state.limits.user(&Who::new(None, Some(&actor)))?;
        Ok(Caller { client, actor })
    }
}
