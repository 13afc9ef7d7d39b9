//! One call: sent again where that is safe, and never without an end.

use core::cell::Cell;

use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::{Reply, Task};
use crate::operation::Operation;
use crate::transport::{Platform, sleep};

const MOST_TRIES: i32 = 6;
const FIRST_PAUSE: f64 = 100.0;

/// Makes attempts until one succeeds or fails for good, with jittered pauses that double, inside the deadline.
pub(crate) async fn until_done<'a, P: Platform>(
    platform: &P,
    operation: &Operation,
    deadline: f64,
    sent: &Cell<bool>,
    attempt: impl Fn() -> Task<'a, Reply>,
) -> Reply {
    let mut lost = false;
    let mut tries = 0;
    loop {
        sent.set(false);
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // It was there and now it is gone: the attempt whose answer was lost did it.
        if lost && error.code == Code::CannotRemove {
            return Ok(Json::object()
                .with("acknowledged", true)
                .with("deletedCount", 1.0));
        }
        // Its answer may have been lost on the way back.
        let done_perhaps = sent.get() && matches!(error.code, Code::Offline | Code::ServerError);
        lost |= done_perhaps;
        if done_perhaps && error.code == Code::Offline && !operation.repeats() {
            return Err(unknown_outcome());
        }
        tries += 1;
        let backoff = FIRST_PAUSE * 2f64.powi(tries - 1) * (0.5 + platform.chance() / 2.0);
        let pause = error.retry_after.unwrap_or(backoff);
        let again = is_passing(&error) && (operation.repeats() || !sent.get());
        if !again || tries == MOST_TRIES || platform.now() + pause >= deadline {
            return Err(error);
        }
        sleep(platform, pause).await;
    }
}

/// The deadline has passed.
pub(crate) fn timeout() -> Error {
    Error::new(Code::Timeout, "The server did not answer in time.")
}

/// `close` was called.
pub(crate) fn closed() -> Error {
    Error::new(
        Code::Closed,
        "The connection was closed while the call was under way.",
    )
}

/// What a `create` ends with when nobody can say whether it happened.
pub(crate) fn unknown_outcome() -> Error {
    Error::new(
        Code::UnknownOutcome,
        "The answer was lost: the invite may exist. Look with get() before you create another.",
    )
}

/// Worth another attempt. Webstrates' unknown words are not: they would be the same again.
fn is_passing(error: &Error) -> bool {
    match error.code {
        Code::Offline | Code::RateLimited | Code::TryAgain => true,
        Code::ServerError => error.status.is_some(),
        _ => false,
    }
}
