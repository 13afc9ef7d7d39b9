//! What comes back: what was asked for, or a problem document (RFC 9457).

use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::transport::{Platform, Response};

/// A good answer.
pub(super) struct Answer {
    /// What was asked for.
    pub(super) document: Json,
    /// The server's time, milliseconds since 1970; ours where it does not say.
    pub(super) now: f64,
}

impl Answer {
    /// Reads it; an error where it is none.
    pub(super) fn read<P: Platform>(platform: &P, response: &Response) -> Result<Answer, Error> {
        let kind = response.header("content-type").unwrap_or_default();
        let is_json =
            kind.starts_with("application/json") || kind.starts_with("application/problem+json");
        let document = if is_json {
            json::parse(&response.text)
        } else {
            None
        };
        // Our clock may be days off.
        let date = platform.date(response.header("date").unwrap_or_default());
        let now = if date.is_nan() { platform.now() } else { date };
        match document {
            Some(document) if (200..300).contains(&response.status) => {
                Ok(Answer { document, now })
            }
            document => Err(problem(
                platform,
                response,
                document.unwrap_or(Json::Null),
                now,
            )),
        }
    }
}

fn problem<P: Platform>(platform: &P, response: &Response, document: Json, now: f64) -> Error {
    let status = response.status;
    let code = document.text("code").unwrap_or_default();
    let told = Error::of_server(status, code, document.text("detail").unwrap_or(code));
    let mut error = match told {
        Some(told) => told,
        None => match status {
            401 => Error::new(Code::NotSignedIn, "Sign in first."),
            403 => Error::new(Code::Forbidden, "The server refuses this."),
            404 | 405 => not_invites_server(),
            429 => Error::new(Code::RateLimited, "Too many calls: try again later."),
            500.. => Error::new(Code::ServerError, "The server failed."),
            _ => Error::bad_response(),
        },
    };
    error.status = Some(status);
    error.field = document.text("field").map(str::to_owned);
    let wait = document.number("retryAfter").or_else(|| {
        let text = response.header("retry-after")?;
        // Seconds, or a date.
        Some(match text.parse::<u32>() {
            Ok(seconds) => f64::from(seconds) * 1000.0,
            Err(_) => platform.date(text) - now,
        })
    });
    // What is no time, or is over, says nothing.
    error.retry_after = wait.filter(|wait| *wait >= 0.0).map(|wait| wait.min(DAY));
    error
}

/// Nobody waits longer, in milliseconds.
const DAY: f64 = 86_400_000.0;

pub(super) fn not_invites_server() -> Error {
    Error::new(
        Code::NotInvitesServer,
        "There is no server for invites here. Name it in <meta name=\"invite-keys\" content=\"https://…\"> or with \
         configure({ server }); for Webstrates also say dialect: 'webstrates'.",
    )
}
