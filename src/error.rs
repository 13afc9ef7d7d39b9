//! Everything that can go wrong, as one code and a sentence.

use core::ops::{Deref, DerefMut};

/// Defines [`Code`] from one table, so that a code and its text cannot drift apart.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// What went wrong: stable, unlike the sentence beside it.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
        pub enum Code {
            $($(#[$doc])* $name,)*
            /// A code of a newer server; [`Details::newer`] has its text.
            Newer,
        }

        const CODES: &[(Code, &str)] = &[$((Code::$name, $text)),*];
    };
}

codes! {
    /// The text is no invite key; nothing was sent.
    MalformedKey = "malformed_key",
    /// An argument is wrong; `field` names it.
    InvalidOption = "invalid_option",
    /// This dialect or server has no such thing.
    Unsupported = "unsupported",
    /// The server does not know who is asking.
    NotSignedIn = "not_signed_in",
    /// The bearer or access token is wrong or too old.
    BadCredentials = "bad_credentials",
    /// Only admins of the resource may do this.
    NotAdmin = "not_admin",
    /// Unknown, expired, removed, or another resource's: not said which.
    InvalidKey = "invalid_key",
    /// The invite has expired.
    Expired = "expired",
    /// Somebody removed the invite.
    Removed = "removed",
    /// The invite has been used as often as it may be.
    Exhausted = "exhausted",
    /// Whoever made the invite is no admin any more.
    InviterNotAdmin = "inviter_not_admin",
    /// There is no such invite of the caller's.
    CannotRemove = "cannot_remove",
    /// The invite is for another address.
    WrongAccount = "wrong_account",
    /// There is no such resource.
    NotFound = "not_found",
    /// A resource of this name exists.
    AlreadyExists = "already_exists",
    /// Nobody would be left who can change who has access.
    LastAdmin = "last_admin",
    /// The server refuses this caller or this page's origin.
    Forbidden = "forbidden",
    /// Too many calls; `retryAfter` says when to come back.
    RateLimited = "rate_limited",
    /// A limit of the server is reached.
    LimitReached = "limit_reached",
    /// Not just now; nothing was changed.
    TryAgain = "try_again",
    /// The server could not be reached, or the connection broke.
    Offline = "offline",
    /// No answer within the deadline.
    Timeout = "timeout",
    /// The caller's signal ended the call.
    Aborted = "aborted",
    /// `close()` was called while the call was under way.
    Closed = "closed",
    /// The answer was lost; what was asked for may have happened.
    UnknownOutcome = "unknown_outcome",
    /// The address answers, but not as a server for invites.
    NotInvitesServer = "not_invites_server",
    /// The WebAssembly part could not be loaded.
    LoadFailed = "load_failed",
    /// A secret that must not reach a browser was passed to one.
    SecretInBrowser = "secret_in_browser",
    /// The server failed.
    ServerError = "server_error",
    /// The answer is not what the protocol allows.
    BadResponse = "bad_response",
}

/// What JavaScript threw, kept for `cause`.
#[cfg(target_arch = "wasm32")]
pub type Cause = wasm_bindgen::JsValue;
/// What JavaScript threw, kept for `cause`.
#[cfg(not(target_arch = "wasm32"))]
pub type Cause = String;

/// Why a call was rejected. Never holds a key.
///
/// One pointer wide, for nearly everything returns it.
#[derive(Clone)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq))]
pub struct Error(Box<Details>);

/// What an [`Error`] says.
#[derive(Clone)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug, PartialEq))]
pub struct Details {
    /// The stable code.
    pub code: Code,
    /// The text of a code that only a newer server knows.
    pub newer: Option<String>,
    /// A sentence a person can act on.
    pub message: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// When to try again, in milliseconds.
    pub retry_after: Option<f64>,
    /// Which argument was wrong.
    pub field: Option<String>,
    /// What was thrown underneath.
    pub cause: Option<Cause>,
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl Error {
    /// An error of this code.
    pub fn new(code: Code, message: &str) -> Error {
        Error(Box::new(Details {
            code,
            newer: None,
            message: message.to_owned(),
            status: None,
            retry_after: None,
            field: None,
            cause: None,
        }))
    }

    /// An error of the code that a server sent with this status; nothing where it cannot mean it: what only we can know,
    /// what is no code, and what belongs to another status. What may be over in a moment comes with 429, or from 500 on,
    /// where nothing else does: whether a call is made again is the status's to say.
    pub fn of_server(status: u16, code: &str, message: &str) -> Option<Error> {
        let known = CODES.iter().find(|known| known.1 == code);
        let found = known.map_or(Code::Newer, |known| known.0);
        let fits = match found {
            Code::Offline
            | Code::Timeout
            | Code::Aborted
            | Code::Closed
            | Code::NotInvitesServer
            | Code::LoadFailed
            | Code::SecretInBrowser
            | Code::BadResponse => false,
            Code::RateLimited | Code::TryAgain | Code::ServerError | Code::UnknownOutcome => {
                is_of_moment(status)
            }
            Code::Newer => is_word(code),
            _ => status < 500,
        };
        let mut error = Error::new(found, message);
        if found == Code::Newer {
            error.newer = Some(code.to_owned());
        }
        fits.then_some(error)
    }

    /// The code as JavaScript sees it.
    pub fn code_text(&self) -> &str {
        match CODES.iter().find(|known| known.0 == self.code) {
            Some(known) => known.1,
            None => self.newer.as_deref().unwrap_or_default(),
        }
    }

    /// A wrong argument; the sentence begins with its name.
    pub fn invalid(field: &str, rest: &str) -> Error {
        Error::misused(field, &[field, rest].concat())
    }

    /// A wrong argument, with a sentence of its own.
    pub fn misused(field: &str, message: &str) -> Error {
        let mut error = Error::new(Code::InvalidOption, message);
        error.field = Some(field.to_owned());
        error
    }

    /// An option or call that this dialect does not have.
    pub fn unsupported(what: &str, dialect: &str) -> Error {
        let mut error = Error::new(
            Code::Unsupported,
            &[what, " is not available on the dialect ", dialect, "."].concat(),
        );
        error.field = Some(what.to_owned());
        error
    }

    /// Nothing says what the call is about.
    pub fn no_resource() -> Error {
        Error::misused(
            "resource",
            "Which resource? Pass its id, or connect({ resource }).",
        )
    }

    /// An answer that the protocol does not allow.
    pub fn bad_response() -> Error {
        Error::new(
            Code::BadResponse,
            "The server's answer is not what its protocol allows.",
        )
    }

    /// The deadline has passed.
    pub fn timeout() -> Error {
        Error::new(Code::Timeout, "The server did not answer in time.")
    }

    /// A broken or impossible connection.
    pub fn offline() -> Error {
        Error::new(
            Code::Offline,
            "The server could not be reached, or the connection broke.",
        )
    }

    /// Whether the same call may succeed when it is made again.
    pub fn retryable(&self) -> bool {
        matches!(
            self.code,
            Code::RateLimited
                | Code::TryAgain
                | Code::Offline
                | Code::Timeout
                | Code::Closed
                | Code::LoadFailed
                | Code::ServerError
        )
    }

    /// Whether it is worth another attempt. Webstrates' unknown words are not: they would be the same again.
    pub(crate) fn is_passing(&self) -> bool {
        match self.code {
            Code::Offline | Code::RateLimited | Code::TryAgain => true,
            // Where the server itself cannot tell, asking again finds out.
            Code::ServerError | Code::UnknownOutcome | Code::Newer => {
                self.status.is_some_and(is_of_moment)
            }
            _ => false,
        }
    }

    /// Whether what was sent may have been carried out all the same: nothing came back, or what stands between us and the
    /// server answered for it.
    pub(crate) fn is_lost(&self) -> bool {
        match self.code {
            Code::Offline => true,
            Code::ServerError | Code::UnknownOutcome => self.status.is_some(),
            Code::Newer => self.status.is_some_and(is_of_moment),
            // Whoever refuses has not carried it out.
            Code::BadResponse => !matches!(self.status, None | Some(400..500)),
            // A caller's own `fetch` that failed after it had begun, and no word of a server's.
            Code::InvalidOption => self.status.is_none() && self.field.as_deref() == Some("fetch"),
            _ => false,
        }
    }

    /// Whether the same question, asked anew, may be answered: this says more of the moment than of what was asked.
    pub(crate) fn may_pass(&self) -> bool {
        let is_of_moment = matches!(
            self.code,
            Code::BadResponse | Code::NotInvitesServer | Code::BadCredentials
        );
        is_of_moment || self.retryable()
    }

    /// Whether the server says of an invite that nobody can accept it any more.
    pub(crate) fn is_end_of_invite(&self) -> bool {
        matches!(self.code, Code::Expired | Code::Removed)
    }

    /// Whether the invite that was to be accepted can never be: what waits is forgotten then.
    pub fn is_final(&self) -> bool {
        match self.code {
            Code::MalformedKey
            | Code::InvalidKey
            | Code::Expired
            | Code::Removed
            | Code::Exhausted
            | Code::InviterNotAdmin
            | Code::NotFound
            | Code::Unsupported => true,
            // A damaged link named a resource that is none.
            Code::InvalidOption => self.field.as_deref() == Some("webstrateId"),
            _ => false,
        }
    }
}

/// Whether a status says that another attempt may do better.
fn is_of_moment(status: u16) -> bool {
    status == 429 || status >= 500
}

/// Whether a text can be a code: a short word that is no key, and nothing that every object has.
fn is_word(code: &str) -> bool {
    let has_letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let begins = code
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    begins && code.len() <= LONGEST_CODE && code.bytes().all(has_letters) && code != "constructor"
}

/// Shorter than any key.
const LONGEST_CODE: usize = 31;

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(status: u16, code: &str) -> Option<String> {
        Some(
            Error::of_server(status, code, "words")?
                .code_text()
                .to_owned(),
        )
    }

    #[test]
    fn a_server_says_what_a_server_can_know() {
        for code in [
            "invalid_key",
            "not_admin",
            "invalid_option",
            "already_exists",
            "last_admin",
        ] {
            assert_eq!(code_of(409, code).as_deref(), Some(code));
            assert_eq!(code_of(500, code), None, "{code}");
        }
        for code in [
            "try_again",
            "rate_limited",
            "server_error",
            "unknown_outcome",
        ] {
            assert_eq!(code_of(429, code).as_deref(), Some(code));
            assert_eq!(code_of(503, code).as_deref(), Some(code));
            assert_eq!(code_of(400, code), None, "{code}");
        }
        for status in [400, 429, 500] {
            for code in [
                "offline",
                "timeout",
                "aborted",
                "closed",
                "load_failed",
                "bad_response",
                "not_invites_server",
                "secret_in_browser",
            ] {
                assert_eq!(code_of(status, code), None, "{code}");
            }
            assert_eq!(
                code_of(status, "of_tomorrow_2").as_deref(),
                Some("of_tomorrow_2")
            );
        }
    }

    #[test]
    fn a_code_is_a_short_word() {
        let long = "x".repeat(32);
        for code in [
            "",
            "__proto__",
            "constructor",
            "toString",
            "a b",
            "é",
            "a-b",
            "1st",
            &long,
            &"ab".repeat(32),
        ] {
            assert_eq!(code_of(400, code), None, "{code}");
        }
        assert!(code_of(400, &"x".repeat(31)).is_some());
    }
}
