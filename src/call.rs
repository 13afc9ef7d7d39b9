//! One call: sent again where that is safe, and never without an end.

use core::cell::Cell;
use std::rc::Rc;

use crate::connection::{Connection, Phase};
use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::Reply;
use crate::transport::{Platform, sleep};

const MOST_TRIES: i32 = 6;
const FIRST_PAUSE: f64 = 100.0;

/// How far a call is: told by whoever sends, read by whoever must say how it ends.
#[derive(Default)]
pub(crate) struct Progress {
    /// It makes something, so that carrying it out twice makes two.
    creates: bool,
    /// The name under which the caller wants a create remembered.
    pub(crate) idempotency_key: Option<String>,
    /// The name for where the caller has none.
    own_key: String,
    /// It goes under one of these, so that carrying it out twice is carrying it out once.
    named: Cell<bool>,
    /// Something has left in this attempt that may have an effect.
    sent: Cell<bool>,
    /// The same, in an earlier attempt whose answer was lost.
    lost: Cell<bool>,
    /// Somebody else's credentials have been refused in its stead.
    knocked: Cell<bool>,
    /// It has waited long enough for others.
    pub(crate) goes_alone: Cell<bool>,
    /// It has made way for another.
    pub(crate) sent_back: Cell<bool>,
    /// When it is to be done, by the clock for deadlines.
    pub(crate) deadline: Cell<f64>,
    /// When who waits for it goes by itself, by the same clock, unless it goes on before.
    pub(crate) due: Cell<f64>,
    /// The deadline has passed.
    timed_out: Cell<bool>,
}

impl Progress {
    /// Of a create.
    pub(crate) fn of_create(idempotency_key: Option<String>, own_key: String) -> Progress {
        Progress {
            creates: true,
            idempotency_key,
            own_key,
            ..Progress::default()
        }
    }

    /// Where whoever sends tells whether something has left: from then on nobody can tell whether it has arrived.
    pub(crate) fn sent(&self) -> &Cell<bool> {
        &self.sent
    }

    /// The name that goes along with a create, where the server remembers names.
    pub(crate) fn name(&self) -> &str {
        self.named.set(true);
        self.idempotency_key.as_deref().unwrap_or(&self.own_key)
    }

    /// Whether it may be sent again when its answer was lost.
    pub(crate) fn repeats(&self) -> bool {
        !self.creates || self.named.get()
    }

    /// Whether it may try with its own credentials after others' were refused: once.
    pub(crate) fn may_knock_again(&self) -> bool {
        !self.knocked.replace(true)
    }

    /// Whether it ended by its deadline.
    pub(crate) fn timed_out(&self) -> bool {
        self.timed_out.get()
    }

    /// What it ends with at its deadline.
    pub(crate) fn end(&self) -> Error {
        self.timed_out.set(true);
        self.without_answer(Error::timeout())
    }

    /// What it ends with where no answer came: a create that may have happened says so.
    fn without_answer(&self, error: Error) -> Error {
        // What was refused at once was not carried out.
        let open = self.lost.get() || self.sent.get() && (error.is_lost() || self.timed_out.get());
        if self.creates && open {
            let mut unknown = unknown_outcome();
            unknown.status = error.status;
            unknown.cause = error.cause.clone();
            return unknown;
        }
        error
    }
}

impl<P: Platform> Connection<P> {
    /// Makes attempts until one succeeds or fails for good, with jittered pauses that double, inside the deadline. Where
    /// an answer was lost and the next says that there is nothing to cancel, it asks whether the invite is gone.
    pub(crate) async fn until_done(self: &Rc<Self>, phase: &Phase<'_>) -> Reply {
        let (platform, progress) = (&*self.platform, &*phase.progress);
        let mut tries = 0;
        let mut most = FIRST_PAUSE;
        let since = platform.visible_since();
        loop {
            progress.sent.set(false);
            let error = match self.attempt(phase).await {
                Ok(mut value) => {
                    // What an earlier attempt has done already this one does not tell.
                    if progress.lost.get() && phase.operation.changes_member() {
                        value.take("links");
                    }
                    return Ok(value);
                }
                Err(error) => error,
            };
            if progress.lost.get() && error.code == Code::CannotRemove {
                return found_gone(error, self.is_gone(phase).await);
            }
            let sent = progress.sent.get();
            let answered = !error.is_lost();
            // What is refused before it is looked at says nothing of the attempt that was lost.
            let unread = !answered || error.is_passing() || is_of_others(&error);
            progress.lost.set(progress.lost.get() || sent && !answered);
            tries += 1;
            let backoff = most * (0.5 + platform.chance() / 2.0);
            most *= 2.0;
            // A server may say that it is not in a hurry, and not that we are.
            let pause = error.retry_after.unwrap_or_default().max(backoff);
            let left = progress.deadline.get() - platform.monotonic();
            // And what is asked again needs time of its own.
            let in_time = tries < MOST_TRIES && pause * 1.1 < left;
            let again = error.is_passing() && in_time && (progress.repeats() || !sent);
            if again {
                let _ = sleep(platform, pause).await;
            }
            // Names are each person's own, and somebody else may have signed in behind another tab.
            let as_before = !progress.creates || platform.visible_since() == since;
            if !again || !as_before && (sent || progress.lost.get()) {
                return Err(if unread {
                    progress.without_answer(error)
                } else {
                    error
                });
            }
        }
    }
}

/// An invite that is gone after a lost answer: this call may have cancelled it, or somebody else. That it is gone is
/// what was asked for; that this call deleted it nobody can say.
fn found_gone(refused: Error, gone: Result<bool, Error>) -> Reply {
    match gone {
        Ok(true) => Ok(Json::object()
            .with("acknowledged", true)
            .with("deletedCount", 0.0)),
        Ok(false) => Err(refused),
        Err(_) => Err(Error::new(
            Code::UnknownOutcome,
            "The answer was lost: the invite may be gone, or not be yours.",
        )),
    }
}

/// `close` was called.
pub(crate) fn closed() -> Error {
    Error::new(Code::Closed, "The connection was closed meanwhile.")
}

/// What a `create` ends with when nobody can say whether it happened.
pub(crate) fn unknown_outcome() -> Error {
    Error::new(
        Code::UnknownOutcome,
        "The answer was lost: the invite may exist. Look with get() before you create another.",
    )
}

/// Whether this may be the word of whoever stands before the server: of who is asking, or in no words of ours.
fn is_of_others(error: &Error) -> bool {
    matches!(
        error.code,
        Code::NotSignedIn
            | Code::BadCredentials
            | Code::Forbidden
            | Code::BadResponse
            | Code::NotInvitesServer
    )
}
