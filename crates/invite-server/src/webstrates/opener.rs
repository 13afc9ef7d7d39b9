//! Who opened a socket: for which webstrates it counts, and until when.

use std::time::Duration;

use tokio::time::Instant;

use super::{BAD_TOKEN, token};
use crate::auth::{
    SessionWatch,
    seal::{self, Sealer},
};
use crate::core::Actor;

/// Who opened a socket; fixed from then on, as in the original.
pub(super) struct Opener {
    pub(super) actor: Option<Actor>,
    /// When what proved it counts no longer, in seconds since 1970.
    pub(super) until: Option<u64>,
    /// The session that it counts no longer than.
    pub(super) session: Option<SessionWatch>,
    /// The access token that it was opened with.
    pub(super) lent: Option<Lent>,
}

/// An access token, and the one webstrate that it counts for.
pub(super) struct Lent {
    pub(super) sealer: Sealer,
    pub(super) webstrate: String,
    pub(super) token: String,
}

impl Opener {
    /// Who they are on a webstrate. Where an access token is for another one they are nobody; a call that names none
    /// does nothing, whoever asks.
    pub(super) fn on(&self, webstrate: Option<&str>) -> Option<&Actor> {
        let named = webstrate.filter(|webstrate| !webstrate.is_empty());
        let counts = match (&self.lent, named) {
            (Some(lent), Some(named)) => named == lent.webstrate,
            _ => true,
        };
        self.actor.as_ref().filter(|_| counts)
    }

    /// Whether that is over. Asked at each frame, as timers can be late, and a secret may have been taken back.
    pub(super) fn is_over(&self) -> bool {
        let lent = self.lent.as_ref();
        self.until.is_some_and(|until| seal::now() >= until)
            || lent.is_some_and(|lent| !token::counts(&lent.sealer, &lent.webstrate, &lent.token))
    }

    /// When it will be over; `None` if that is beyond what a clock can tell.
    pub(super) fn end(&self) -> Option<Instant> {
        let left = self.until?.saturating_sub(seal::now());
        Instant::now().checked_add(Duration::from_secs(left))
    }

    /// Why the socket ends then: a code and a sentence.
    pub(super) fn farewell(&self) -> (u16, &'static str) {
        use axum::extract::ws::close_code::{AWAY, PROTOCOL};
        match self.lent {
            Some(_) => (PROTOCOL, BAD_TOKEN),
            None => (AWAY, "The session is over."),
        }
    }
}
