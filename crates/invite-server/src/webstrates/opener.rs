//! Who opened a socket: for which webstrates it counts, and until when.

use super::BAD_TOKEN;
use crate::auth::GroundsWatch;
use crate::core::Actor;

/// Who opened a socket; fixed from then on, as in the original.
pub(super) struct Opener {
    pub(super) actor: Option<Actor>,
    /// What proved it: the socket does not outlive that.
    pub(super) proof: GroundsWatch,
    /// The one webstrate that it counts for: an access token's.
    pub(super) only: Option<String>,
}

impl Opener {
    /// Who they are on a webstrate. Where an access token is for another one they are nobody; a call that names none
    /// does nothing, whoever asks.
    pub(super) fn on(&self, webstrate: Option<&str>) -> Option<&Actor> {
        let named = webstrate.filter(|webstrate| !webstrate.is_empty());
        let counts = match (&self.only, named) {
            (Some(only), Some(named)) => named == only,
            _ => true,
        };
        self.actor.as_ref().filter(|_| counts)
    }

    /// Why the socket ends then: a code and a sentence.
    pub(super) fn farewell(&self) -> (u16, &'static str) {
        use axum::extract::ws::close_code::{AWAY, PROTOCOL};
        match self.only {
            Some(_) => (PROTOCOL, BAD_TOKEN),
            None => (AWAY, "The session is over."),
        }
    }
}
