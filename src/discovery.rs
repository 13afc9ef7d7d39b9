//! Which server, which dialect, what it can do.

use std::rc::Rc;

use crate::connection::{Connection, Phase};
use crate::dialect::{DialectName, Remote, Session};
use crate::error::{Code, Error};
use crate::flights::Flight;
use crate::json::Json;
use crate::operation::Operation;
use crate::operation::options;
use crate::transport::{Platform, within};

const NO_SERVER: &str = "There is no page here: call configure({ server }) or connect({ server }).";

/// So long, in milliseconds, for what a server says of itself.
const PATIENCE: f64 = 4_000.0;

/// So long, in milliseconds, a server that does not speak of itself is not asked again for a create's sake.
const SILENT: f64 = 60_000.0;

/// How much a call wants to know of the server's features first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Nothing,
    /// What it says, and nothing where it says none.
    WhatThereIs,
    /// What it does not know it may leave out in silence.
    All,
}

impl<P: Platform> Connection<P> {
    /// The server, as well known as the phase needs it.
    pub(crate) async fn remote_for(
        self: &Rc<Self>,
        phase: &Phase<'_>,
    ) -> Result<Rc<Remote>, Error> {
        let wants = match phase.operation {
            Operation::Supports(_)
            | Operation::Park(_)
            | Operation::Parked
            | Operation::Unpark(_) => Wants::All,
            Operation::Member(_) => Wants::All,
            Operation::Create(create) => {
                let (named, says_dialect) = self.named()?;
                let is_nowhere = create.resource.is_none() && named.resource.is_none();
                if says_dialect && is_nowhere && named.traits().needs_resource {
                    return Err(Error::no_resource());
                }
                let named = phase.progress.idempotency_key.is_some();
                if named || create.options.is_special {
                    Wants::All
                } else {
                    Wants::WhatThereIs
                }
            }
            _ => Wants::Nothing,
        };
        let now = self.platform.monotonic();
        let asks = match wants {
            Wants::Nothing => false,
            Wants::WhatThereIs => now >= self.silent_until.get(),
            Wants::All => true,
        };
        match self.remote(asks).await {
            // The caller said how it speaks: it need not speak of itself.
            Err(error)
                if wants == Wants::WhatThereIs
                    && error.code == Code::NotInvitesServer
                    && self.named()?.1 =>
            {
                self.silent_until.set(now + SILENT);
                self.remote(false).await
            }
            known => known,
        }
    }

    /// The server: what the options say, else what the page says; asked what it speaks where neither knows, or where
    /// its features matter.
    pub(crate) async fn remote(self: &Rc<Self>, with_features: bool) -> Result<Rc<Remote>, Error> {
        let known = self.remote.borrow().clone();
        let mut remote = match known {
            Some(remote) if !with_features || remote.features.is_some() => return Ok(remote),
            Some(remote) => Remote::clone(&remote),
            None => {
                let (remote, says_dialect) = self.named()?;
                if says_dialect && !with_features {
                    return Ok(self.found(remote));
                }
                remote
            }
        };
        if remote.traits().features.is_some() {
            // All its like can do the same.
            remote.features = Some(Vec::new());
            return Ok(self.found(remote));
        }
        let this = Rc::clone(self);
        let work = async move {
            let session = remote.dialect.open(&this.platform);
            let asking = session.discover(&this.platform, &mut remote);
            let asked = within(&*this.platform, PATIENCE, asking).await;
            // All wait for this one answer: lost, it is asked for again.
            asked.map_err(|error| match error.code {
                Code::Timeout => Error::offline(),
                _ => error,
            })?;
            this.found(remote);
            Ok(Json::Null)
        };
        self.flights
            .once(
                &*self.platform,
                Flight::Discovery,
                &Rc::default(),
                Box::pin(work),
            )
            .await?;
        self.known_remote()
    }

    /// The server, once it was found.
    pub(crate) fn known_remote(&self) -> Result<Rc<Remote>, Error> {
        let found = self.remote.borrow().clone();
        found.ok_or_else(Error::bad_response)
    }

    fn found(&self, remote: Remote) -> Rc<Remote> {
        let remote = Rc::new(remote);
        *self.remote.borrow_mut() = Some(Rc::clone(&remote));
        remote
    }

    /// What is open to the server; opened at the first call.
    pub(crate) fn session(&self, remote: &Remote) -> Rc<dyn Session<P>> {
        let mut session = self.session.borrow_mut();
        Rc::clone(session.get_or_insert_with(|| remote.dialect.open(&self.platform)))
    }

    /// What the options and the page say, and whether they say how the server speaks.
    fn named(&self) -> Result<(Remote, bool), Error> {
        let options = self.options()?;
        let mut resource = None;
        let mut dialect = None;
        let server = match &options.server {
            Some(server) => server.clone(),
            None => {
                let Some(place) = self.platform.place() else {
                    return Err(Error::misused("server", NO_SERVER));
                };
                resource = place.resource;
                dialect = place.dialect;
                options::server_address(&place.server)?
            }
        };
        let dialect = options.dialect.or(dialect);
        let remote = Remote {
            dialect: dialect.unwrap_or(DialectName::DISCOVERS),
            server,
            resource: options.resource.clone().or(resource),
            api: "/api/v1".to_owned(),
            features: None,
        };
        Ok((remote, dialect.is_some()))
    }
}
