//! One call: sent again where that is safe, and never without an end.

use core::cell::Cell;
use core::future::Future;

use crate::error::{Code, Error};
use crate::json::Json;
use crate::operation::Operation;
use crate::transport::Platform;

const MOST_TRIES: i32 = 6;
const FIRST_PAUSE: f64 = 100.0;

/// Makes attempts until one succeeds or fails for good, with jittered pauses that double, inside the deadline.
pub(crate) async fn until_done<P: Platform, F: Future<Output = Result<Json, Error>>>(
    platform: &P,
    operation: &Operation,
    deadline: f64,
    sent: &Cell<bool>,
    attempt: impl Fn() -> F,
) -> Result<Json, Error> {
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
        let left = sent.get();
        if error.code == Code::Offline && left && !operation.repeats() {
            return Err(unknown_outcome());
        }
        lost |= left && is_lost(&error);
        tries += 1;
        if !is_passing(&error) || tries >= MOST_TRIES || left && !operation.repeats() {
            return Err(error);
        }
        let backoff = FIRST_PAUSE * 2f64.powi(tries - 1) * (0.5 + platform.chance() / 2.0);
        let pause = error.retry_after.unwrap_or(backoff);
        if platform.now() + pause >= deadline {
            return Err(error);
        }
        platform.sleep(pause).await;
    }
}

/// What a `create` ends with when nobody can say whether it happened.
pub(crate) fn unknown_outcome() -> Error {
    Error::new(
        Code::UnknownOutcome,
        "The answer was lost: the invite may exist. Look with get() before you create another.",
    )
}

/// The request may have been carried out although it failed.
fn is_lost(error: &Error) -> bool {
    matches!(error.code, Code::Offline | Code::ServerError)
}

/// Worth another attempt. Webstrates' unknown words are not: they would be the same again.
fn is_passing(error: &Error) -> bool {
    match error.code {
        Code::Offline | Code::RateLimited | Code::TryAgain => true,
        Code::ServerError => error.status.is_some(),
        _ => false,
    }
}
