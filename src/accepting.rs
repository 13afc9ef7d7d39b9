//! Look up, ask the policy, accept.

use std::rc::Rc;

use crate::call::Progress;
use crate::connection::{Connection, Phase};
use crate::dialect::{Alone, Context, Remote, Session};
use crate::error::{Code, Error};
use crate::flights::Flight;
use crate::json::Json;
use crate::later::Reply;
use crate::operation::{Invited, Offer, Operation, Policy};
use crate::transport::{Platform, within};

/// What the policy says of an invite.
enum Wanted {
    Yes,
    No,
    /// A person decides, or a function of the page's.
    Ask,
}

fn wanted(remote: &Remote, policy: Policy, preview: &Json) -> Result<Wanted, Error> {
    let traits = remote.traits();
    // A page's own policy sees every preview: it shows the invite before the sign-in, too, and when nothing is gained.
    let shows = policy == Policy::Function;
    let signed_out = preview.get("account").is_some_and(Json::is_null);
    if !shows && signed_out && traits.knows_account {
        return Err(Error::new(
            Code::NotSignedIn,
            "Sign in to accept this invite.",
        ));
    }
    let gained = preview.text("gained").unwrap_or_default();
    let policy = match policy {
        Policy::Default => traits.policy,
        said => said,
    };
    let asks = match policy {
        Policy::Off => return Ok(Wanted::No),
        Policy::SignedIn => gained.bytes().any(|letter| letter == b'a'),
        _ => shows || !gained.is_empty(),
    };
    Ok(if asks { Wanted::Ask } else { Wanted::Yes })
}

impl<P: Platform> Connection<P> {
    /// Looks an invite up, asks the policy and takes it; `null` where the policy said no. A person may think as long
    /// as they like: the deadlines are for the server.
    pub(crate) async fn offer(&self, offer: &Offer, phase: &Phase<'_>, held: &P::Held) -> Reply {
        let preview = self
            .bounded(&Phase {
                operation: &Operation::Preview(Rc::clone(&offer.invited)),
                progress: Rc::clone(&phase.progress),
                timeout: phase.timeout,
            })
            .await?;
        let remote = self.remote(false).await?;
        let accepts = match wanted(&remote, offer.policy, &preview)? {
            Wanted::Yes => true,
            Wanted::No => false,
            Wanted::Ask => self.platform.ask(held, &preview).await?,
        };
        if !accepts {
            return Ok(Json::Null);
        }
        let mut outcome = self
            .bounded(&Phase {
                operation: &Operation::Accept(Rc::clone(&offer.invited)),
                progress: Rc::new(Progress::default()),
                timeout: phase.timeout,
            })
            .await?;
        if let (Some(gained), None) = (preview.text("gained"), outcome.get("gained")) {
            outcome.set("already", gained.is_empty().into());
            outcome.set("gained", gained.into());
        }
        Ok(outcome)
    }

    /// Accepts, with nothing beside it that it must not overlap with.
    pub(crate) async fn accept(
        &self,
        invited: &Invited,
        session: &dyn Session<P>,
        context: &Context<'_, P>,
    ) -> Reply {
        let work = async {
            let document = match context.remote.traits().alone {
                Alone::Key => None,
                Alone::Document => Some(document_of(context)),
            };
            let name = document.as_deref().unwrap_or(invited.key.reveal());
            let _alone = self.lock(name, context.progress).await;
            let work = session.perform(context);
            let outcome = match document {
                None => work.await,
                Some(document) => {
                    let flight = Flight::Document(document);
                    self.flights
                        .alone(&*self.platform, flight, context.progress, work)
                        .await
                }
            }?;
            self.platform.emit("inviteaccepted", &outcome);
            Ok(outcome)
        };
        let flight = Flight::Accept {
            key: invited.key.clone(),
            place: invited.place().map(str::to_owned),
        };
        self.flights
            .once(&*self.platform, flight, context.progress, Box::pin(work))
            .await
    }

    /// The lock among tabs, waited for a while, once in a call: a tab that sleeps holds what it has, and servers bear two
    /// at once.
    async fn lock(&self, name: &str, progress: &Progress) -> Option<P::Guard> {
        let patience = if progress.goes_alone.get() {
            0.0
        } else {
            LOCK_PATIENCE
        };
        let lock = self.platform.lock(name);
        let mut got = None;
        let wait = async {
            got = lock.await;
            Ok(Json::Null)
        };
        let waited = within(&*self.platform, patience, Box::pin(wait)).await;
        progress.goes_alone.set(waited.is_err());
        got
    }
}

/// Milliseconds.
const LOCK_PATIENCE: f64 = 4_000.0;

/// A document, whoever asks: one person may come with a token and with a cookie.
fn document_of<P: Platform>(context: &Context<'_, P>) -> String {
    let resource = context.resource().unwrap_or_default();
    [&context.remote.server, "/", resource].concat()
}
