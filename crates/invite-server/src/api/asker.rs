//! Who is asking: the seam between our HTTP API and sign-in.

use std::{future::Future, pin::Pin};

use axum::http::request::Parts;

use crate::core::{Actor, Refusal};

/// Who sent a request, and how they proved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// The person; `None` when nobody is signed in.
    pub actor: Option<Actor>,
    /// What proved it.
    pub proof: Proof,
}

/// What a request brought to prove who sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    #[default]
    Nothing,
    /// A cookie: the browser sends it by itself, so where the request came from has to be checked too.
    Cookie,
    /// Something that only code which knows it can send, such as a bearer token.
    Bearer,
}

/// Finds out who sent a request. A request that brings nothing is anonymous, not refused; one that brings a bad bearer
/// is refused with [`Refusal::BadCredentials`].
pub trait Authenticator: Send + Sync + 'static {
    /// Looks at the head of a request.
    fn identify<'a>(
        &'a self,
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Asker, Refusal>> + Send + 'a>>;
}
