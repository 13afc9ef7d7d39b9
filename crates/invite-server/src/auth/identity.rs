//! Who is asking, and what may be done on that: as a request brings it to those who answer.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::grounds::Grounds;
use super::{Source, seal};
use crate::core::{Actor, Refusal};

/// Who is asking, and from where. An extractor: `identity: Identity`.
#[derive(Debug, Clone)]
pub struct Identity {
    pub(super) who: Who,
    pub(super) source: Source,
    pub(super) grounds: Grounds,
}

#[derive(Debug, Clone)]
pub(super) enum Who {
    Nobody,
    BadCredentials,
    /// Nobody can say just now.
    Unknown,
    /// By a cookie, which comes along whatever page the browser shows.
    Ambient(Actor),
    /// By the header of the proxy in front, which comes along as well.
    Proxied(Actor),
    Bearer(Actor),
}

impl Identity {
    /// Nobody, from nowhere in particular.
    pub fn nobody() -> Self {
        Self {
            who: Who::Nobody,
            source: Source::Elsewhere,
            grounds: Grounds::default(),
        }
    }

    /// Whoever asks to **see** something; `None` when nobody is signed in.
    ///
    /// # Errors
    /// [`Refusal::BadCredentials`] if credentials were sent that are no good, [`Refusal::TryAgain`] if nobody can say
    /// just now.
    pub fn reader(&self) -> Result<Option<&Actor>, Refusal> {
        match &self.who {
            Who::Nobody => Ok(None),
            Who::BadCredentials => Err(Refusal::BadCredentials),
            Who::Unknown => Err(Refusal::TryAgain),
            Who::Ambient(actor) | Who::Proxied(actor) | Who::Bearer(actor) => Ok(Some(actor)),
        }
    }

    /// Whoever asks to **change** something. A cookie comes along from every page of every site, and so does the header
    /// of a proxy, so with these the request must have come from our own origin; a bearer was put there on purpose.
    ///
    /// # Errors
    /// As [`Self::reader`], or [`Refusal::Forbidden`] for a cookie or a proxy's header from elsewhere.
    pub fn changer(&self) -> Result<Option<&Actor>, Refusal> {
        match &self.who {
            _ if self.is_ambient() && self.source != Source::OwnOrigin => {
                Err(self.not_from_own_page())
            }
            _ => self.reader(),
        }
    }

    /// Whether it was a cookie or the proxy's header that said who it is, which come along whatever page the browser
    /// shows.
    pub fn is_ambient(&self) -> bool {
        matches!(self.who, Who::Ambient(_) | Who::Proxied(_))
    }

    /// What is said of a change that comes from no page of ours, with what comes along by itself.
    pub fn not_from_own_page(&self) -> Refusal {
        let with = match self.who {
            Who::Proxied(_) => "in the name that the proxy in front says",
            _ => "with the session cookie",
        };
        Refusal::Forbidden {
            sentence: format!(
                "A change {with} has to come from a page of this server, with an Origin or Sec-Fetch-Site header that \
                 says so. Programs use a bearer token."
            ),
        }
    }

    /// How many seconds are left of so many until what proved it counts no longer.
    pub fn at_most(&self, seconds: u32) -> u32 {
        let left = self
            .grounds
            .until
            .map(|until| until.saturating_sub(seal::now()));
        let left = left.and_then(|left| u32::try_from(left).ok());
        seconds.min(left.unwrap_or(u32::MAX))
    }

    /// What proved it. Nothing that is open longer than a request may outlive it.
    pub fn grounds(&self) -> &Grounds {
        &self.grounds
    }

    /// Whether the request came from a page of ours.
    pub fn is_from_own_page(&self) -> bool {
        self.source == Source::OwnOrigin
    }

    /// Whoever opens a **socket**: the cookie counts from our own origin only, and anybody else is nobody, as
    /// browsers let every page open one.
    ///
    /// # Errors
    /// As [`Self::reader`].
    pub fn socket(&self) -> Result<Option<&Actor>, Refusal> {
        match &self.who {
            _ if self.is_ambient() && self.source != Source::OwnOrigin => Ok(None),
            _ => self.reader(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::nobody))
    }
}
