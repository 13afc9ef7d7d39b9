//! How servers speak, one file each. A dialect holds every fact about its wire and nothing about JavaScript.

use core::cell::Cell;
use std::rc::Rc;

use crate::error::Error;
use crate::json::Json;
use crate::later::{Reply, Task};
use crate::operation::Operation;
use crate::options::DialectName;
use crate::transport::Platform;
use crate::transport::multiplexer::Multiplexer;

mod http;
mod webstrates;

pub(crate) use http::discover;

/// The server a connection has turned out to speak to.
#[derive(Clone)]
pub(crate) struct Remote {
    /// How it speaks.
    pub(crate) dialect: DialectName,
    /// Its address, without a slash at its end.
    pub(crate) server: String,
    /// What the connection is for.
    pub(crate) resource: Option<String>,
    /// Where the HTTP API begins.
    pub(crate) api: String,
    /// What the server says it can do, once it was asked.
    pub(crate) features: Option<Json>,
}

impl Remote {
    /// Whether the server says that it can do this.
    pub(crate) fn has(&self, feature: &str) -> bool {
        let features = self.features.as_ref().map(Json::items).unwrap_or_default();
        features
            .iter()
            .any(|known| known.as_text() == Some(feature))
    }
}

/// What one attempt of a call works with.
pub(crate) struct Context<'a, P: Platform> {
    pub(crate) platform: &'a P,
    pub(crate) remote: &'a Remote,
    /// `connect`'s `auth`, or `null`.
    pub(crate) auth: &'a Json,
    pub(crate) socket: &'a Rc<Multiplexer<P>>,
    pub(crate) operation: &'a Operation,
    /// Set once something has left that may have an effect.
    pub(crate) sent: &'a Rc<Cell<bool>>,
}

impl<P: Platform> Context<'_, P> {
    /// Asks the server, in its own way.
    pub(crate) fn perform(&self) -> Task<'_, Reply> {
        match self.remote.dialect {
            DialectName::Http => Box::pin(http::perform(self)),
            DialectName::Webstrates => Box::pin(webstrates::perform(self)),
        }
    }

    /// What the call is about: what it says, else what the invite says, else what the connection is for.
    pub(crate) fn resource(&self) -> Result<&str, Error> {
        let Operation { resource, home, .. } = self.operation;
        match resource
            .as_ref()
            .or(home.as_ref())
            .or(self.remote.resource.as_ref())
        {
            Some(resource) => Ok(resource),
            None => Err(Error::no_resource()),
        }
    }

    /// Refuses what `create` was given beyond the known.
    fn refuse(&self, dialect: &str, known: &[&str]) -> Result<(), Error> {
        let names = self
            .operation
            .options
            .members()
            .iter()
            .map(|member| member.0.as_str());
        for name in names.chain(
            self.operation
                .idempotency_key
                .as_ref()
                .map(|_| "idempotencyKey"),
        ) {
            if !known.contains(&name) && !self.remote.has(name) {
                return Err(Error::unsupported(name, dialect));
            }
        }
        Ok(())
    }

    /// Seconds until an invite expires; endless where it does not.
    fn seconds_left(&self, invite: &Json) -> Json {
        let left = match invite.text("expiresAt") {
            Some(date) => (self.platform.date(date) - self.platform.now()) / 1000.0,
            None => f64::INFINITY,
        };
        Json::Number(left.max(0.0).floor())
    }
}
