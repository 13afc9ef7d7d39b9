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
    /// The account that the caller's token belongs to, where they said so.
    pub(crate) account: Option<Json>,
    /// Whether a token goes along.
    pub(crate) has_token: bool,
    /// Where the HTTP API begins.
    pub(crate) api: String,
    /// What the server says it can do, once it was asked.
    pub(crate) features: Option<Json>,
}

/// What one attempt of a call works with.
pub(crate) struct Context<'a, P: Platform> {
    pub(crate) platform: &'a P,
    pub(crate) remote: &'a Remote,
    pub(crate) socket: &'a Rc<Multiplexer<P>>,
    /// Set once something has left that may have an effect.
    pub(crate) sent: &'a Rc<Cell<bool>>,
}

impl<P: Platform> Context<'_, P> {
    /// Asks the server, in its own way.
    pub(crate) fn perform<'a>(&'a self, operation: &'a Operation) -> Task<'a, Reply> {
        match self.remote.dialect {
            DialectName::Http => Box::pin(http::perform(self, operation)),
            DialectName::Webstrates => Box::pin(webstrates::perform(self, operation)),
        }
    }

    /// What a call is about: what it says, or what the connection is for.
    fn resource<'b>(&'b self, given: Option<&'b String>) -> Result<&'b str, Error> {
        match given.or(self.remote.resource.as_ref()) {
            Some(resource) => Ok(resource),
            None => Err(Error::misused(
                "resource",
                "Which resource? Pass its id, or connect({ resource }).",
            )),
        }
    }

    /// Seconds until a date; endless where there is none.
    fn seconds_until(&self, date: Option<&Json>) -> Json {
        let left = match date.and_then(Json::as_text) {
            Some(date) => (self.platform.date(date) - self.platform.now()) / 1000.0,
            None => f64::INFINITY,
        };
        Json::Number(left.max(0.0).floor())
    }
}

/// The first option that is not among the known ones.
fn refuse_unknown(
    options: &Json,
    has_key: bool,
    dialect: &str,
    known: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let names = options.members().iter().map(|member| member.0.as_str());
    for name in names.chain(has_key.then_some("idempotencyKey")) {
        if !known(name) {
            return Err(Error::unsupported(name, dialect));
        }
    }
    Ok(())
}
