//! Look up, ask the policy, accept.

use std::rc::Rc;

use crate::call::Progress;
use crate::connection::{Connection, Phase};
use crate::dialect::{Alone, Context, Remote};
use crate::error::{Code, Error};
use crate::flights::{Flight, PAGES_TURN};
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
    let gained = preview.text("gained");
    let policy = match policy {
        Policy::Default => traits.policy,
        said => said,
    };
    let asks = match policy {
        Policy::Off => return Ok(Wanted::No),
        // What cannot be told may be everything.
        Policy::SignedIn => gained.is_none_or(|gained| gained.bytes().any(|letter| letter == b'a')),
        _ => shows || gained != Some(""),
    };
    Ok(if asks { Wanted::Ask } else { Wanted::Yes })
}

impl<P: Platform> Connection<P> {
    /// Looks an invite up, asks the policy and takes it; `null` where the policy said no. A person may think as long
    /// as they like: that time alone does not count.
    pub(crate) async fn offer(
        self: &Rc<Self>,
        offer: &Offer,
        phase: &Phase<'_>,
        held: &P::Held,
    ) -> Reply {
        let preview = self
            .bounded(&Phase {
                operation: &Operation::Preview(Rc::clone(&offer.invited)),
                progress: Rc::clone(&phase.progress),
                deadline: phase.deadline,
            })
            .await?;
        let asked = self.platform.monotonic();
        let remote = self.known_remote()?;
        let accepts = match wanted(&remote, offer.policy, &preview)? {
            Wanted::Yes => true,
            Wanted::No => false,
            Wanted::Ask => self.platform.ask(held, &preview).await?,
        };
        if !accepts {
            return Ok(Json::Null);
        }
        let thought = self.platform.monotonic() - asked;
        let mut outcome = self
            .bounded(&Phase {
                operation: &Operation::Accept(Rc::clone(&offer.invited)),
                progress: Rc::new(Progress::default()),
                deadline: phase.deadline + thought,
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
        self: &Rc<Self>,
        invited: &Rc<Invited>,
        remote: &Rc<Remote>,
        progress: &Rc<Progress>,
    ) -> Reply {
        let flight = Flight::Accept {
            key: invited.key.clone(),
            place: invited.place().map(str::to_owned),
        };
        let taking = Taking {
            connection: Rc::clone(self),
            remote: Rc::clone(remote),
            operation: Operation::Accept(Rc::clone(invited)),
            progress: Rc::clone(progress),
        };
        self.flights
            .once(&*self.platform, flight, progress, Box::pin(taking.queue()))
            .await
    }
}

/// An accept under way. It holds all that it needs: whoever began it may be gone before it is done.
struct Taking<P: Platform> {
    connection: Rc<Connection<P>>,
    remote: Rc<Remote>,
    operation: Operation,
    progress: Rc<Progress>,
}

impl<P: Platform> Taking<P> {
    async fn queue(self) -> Reply {
        let connection = Rc::clone(&self.connection);
        let progress = Rc::clone(&self.progress);
        let document = match self.remote.traits().alone {
            Alone::Key => None,
            Alone::Document => Some(self.document()?),
        };
        let work = Box::pin(self.take(document.clone()));
        let outcome = match document {
            None => work.await,
            Some(document) => {
                let flight = Flight::Document(document);
                let flights = &connection.flights;
                flights
                    .alone(&*connection.platform, flight, &progress, work)
                    .await
            }
        }?;
        connection.platform.emit("inviteaccepted", &outcome);
        Ok(outcome)
    }

    async fn take(self, document: Option<String>) -> Reply {
        let context = self.context()?;
        let name = document.as_deref().unwrap_or(context.key_text());
        // The lock among tabs, waited for once in a call, for half of the time that it has and no longer than whoever
        // holds it may hang on its page: then it goes on without, for servers bear two at once.
        let (platform, progress) = (context.platform, &self.progress);
        let now = platform.monotonic();
        let patience = if progress.goes_alone.get() {
            0.0
        } else {
            (0.5 * (progress.deadline.get() - now)).min(PAGES_TURN)
        };
        progress.due.set(now + patience + PAGES_TURN);
        let lock = platform.lock(name);
        let mut _alone = None;
        let wait = async {
            _alone = lock.await;
            Ok(Json::Null)
        };
        let waited = within(platform, patience, Box::pin(wait)).await;
        progress.goes_alone.set(waited.is_err());
        context.heard();
        let session = self.connection.session(&self.remote);
        session.perform(&context).await
    }

    /// The document, whoever asks: one person may come with a token and with a cookie.
    fn document(&self) -> Result<String, Error> {
        let context = self.context()?;
        let resource = context.resource()?;
        Ok([&self.remote.server, "/", resource].concat())
    }

    fn context(&self) -> Result<Context<'_, P>, Error> {
        self.connection
            .context(&self.operation, &self.progress, &self.remote)
    }
}
