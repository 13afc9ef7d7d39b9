//! What can be said about a text without asking anyone.

#[cfg(feature = "signed")]
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::key::KeyKind;
use crate::shape;
#[cfg(feature = "signed")]
use crate::signed::{Claims, sentence};
use crate::text::push_integer;

/// Looks at a text and says what it is. It never says "valid": only a server knows what a key opens.
///
/// ```
/// use invite_key::{KeyKind, Verdict, inspect};
///
/// assert_eq!(inspect(&"ab".repeat(32)), Verdict::Plausible { kind: KeyKind::Webstrates });
/// assert_eq!(inspect("").code(), "malformed");
/// ```
pub fn inspect(text: &str) -> Verdict {
    match shape::recognise(text) {
        Ok((kind, _)) => Verdict::Plausible { kind },
        Err(malformed) => Verdict::Malformed(malformed),
    }
}

/// The result of looking at a text. It is data, never an error to be thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It cannot be a key.
    Malformed(Malformed),
    /// It has the shape of a key, and its checksum is right where there is one. It may still open nothing.
    Plausible {
        /// What sort of key it looks like.
        kind: KeyKind,
    },
    /// Signature, issuer, audience and time are right. It may still have been removed or used up.
    #[cfg(feature = "signed")]
    Authentic {
        /// What it says.
        claims: Box<Claims>,
    },
    /// It is authentic, but its time is over.
    #[cfg(feature = "signed")]
    Expired {
        /// Since when, in seconds since 1970-01-01 UTC.
        since: u64,
        /// Where it says so.
        at: usize,
    },
    /// It is authentic, but its time has not come.
    #[cfg(feature = "signed")]
    NotYetValid {
        /// Until when, in seconds since 1970-01-01 UTC.
        until: u64,
        /// Where it says so.
        at: usize,
    },
    /// It is signed by a known key, but for something else than what was asked.
    #[cfg(feature = "signed")]
    WrongAudience {
        /// The address that was asked for.
        expected: String,
        /// The address that it is for.
        found: String,
        /// Where it says so.
        at: usize,
    },
    /// It names a key that the verifier does not have. Perhaps the issuer has a new one.
    #[cfg(feature = "signed")]
    UnknownKey {
        /// The key's name.
        kid: String,
        /// Where it says so.
        at: usize,
    },
    /// The named key did not sign this: it was changed, or made by someone else.
    #[cfg(feature = "signed")]
    BadSignature {
        /// Where the signature begins.
        at: usize,
    },
}

impl Verdict {
    /// The verdict's stable name, such as `malformed` or `plausible`. [`Malformed::code`] says what is wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Plausible { .. } => "plausible",
            #[cfg(feature = "signed")]
            Self::Authentic { .. } => "authentic",
            #[cfg(feature = "signed")]
            Self::Expired { .. } => "expired",
            #[cfg(feature = "signed")]
            Self::NotYetValid { .. } => "not_yet_valid",
            #[cfg(feature = "signed")]
            Self::WrongAudience { .. } => "wrong_audience",
            #[cfg(feature = "signed")]
            Self::UnknownKey { .. } => "unknown_key",
            #[cfg(feature = "signed")]
            Self::BadSignature { .. } => "bad_signature",
        }
    }

    /// Where the fault is, counted as in [`Malformed::at`]. None where nothing is wrong, or nothing at one place.
    pub fn at(&self) -> Option<usize> {
        match self {
            Self::Malformed(malformed) => malformed.at,
            Self::Plausible { .. } => None,
            #[cfg(feature = "signed")]
            Self::Authentic { .. } => None,
            #[cfg(feature = "signed")]
            Self::Expired { at, .. }
            | Self::NotYetValid { at, .. }
            | Self::WrongAudience { at, .. }
            | Self::UnknownKey { at, .. }
            | Self::BadSignature { at } => Some(*at),
        }
    }

    /// The verdict as an English sentence for people. It never holds the key.
    pub fn sentence(&self) -> String {
        match self {
            Self::Malformed(malformed) => malformed.sentence(),
            Self::Plausible { .. } => String::from(
                "It looks like an invite key; only its server can tell whether it works.",
            ),
            #[cfg(feature = "signed")]
            Self::Authentic { claims } => sentence::authentic(claims),
            #[cfg(feature = "signed")]
            Self::Expired { since, .. } => sentence::expired(*since),
            #[cfg(feature = "signed")]
            Self::NotYetValid { until, .. } => sentence::not_yet_valid(*until),
            #[cfg(feature = "signed")]
            Self::WrongAudience {
                expected, found, ..
            } => sentence::wrong_audience(expected, found),
            #[cfg(feature = "signed")]
            Self::UnknownKey { kid, .. } => sentence::unknown_key(kid),
            #[cfg(feature = "signed")]
            Self::BadSignature { .. } => sentence::bad_signature(),
        }
    }
}

/// Why a text cannot be a key, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub reason: Reason,
    /// A guess at what happened to it, in a few English words: `61 of 64 characters: cut off?`.
    pub hint: Option<String>,
    /// Where the fault is, counted from 0 in the text that was given. All before it is ASCII, so it counts bytes,
    /// characters and JavaScript's UTF-16 units alike.
    pub at: Option<usize>,
}

impl Malformed {
    pub(crate) fn new(reason: Reason, at: Option<usize>, hint: Option<&str>) -> Self {
        Self {
            reason,
            hint: hint.map(String::from),
            at,
        }
    }

    /// The reason's stable name, such as `too_short`.
    ///
    /// ```
    /// let malformed = invite_key::InviteKey::parse("0b7e").unwrap_err();
    /// assert_eq!(malformed.code(), "too_short");
    /// assert_eq!(malformed.hint.as_deref(), Some("4 of 64 characters: cut off?"));
    /// ```
    pub fn code(&self) -> &'static str {
        self.reason.as_str()
    }

    /// What is wrong, as an English sentence for people. It never holds the key.
    pub fn sentence(&self) -> String {
        let mut sentence = String::from(match self.reason {
            Reason::Empty => "The key is empty",
            Reason::TooShort => "The key is too short",
            Reason::TooLong => "The key is too long",
            Reason::BadCharacter => "The key has a character that does not belong",
            Reason::UpperCase => "The key has capital letters that do not belong",
            Reason::Checksum => "The key has a typing error somewhere: its checksum does not fit",
            #[cfg(feature = "signed")]
            reason => sentence::unreadable(reason),
        });
        if let (Reason::BadCharacter | Reason::UpperCase, Some(at)) = (self.reason, self.at) {
            sentence.push_str(", the first is number ");
            push_integer(&mut sentence, at.saturating_add(1) as u64);
        }
        if let Some(hint) = &self.hint {
            sentence.push_str(" (");
            sentence.push_str(hint);
            sentence.push(')');
        }
        sentence.push('.');
        sentence
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence())
    }
}

impl core::error::Error for Malformed {}

/// What is wrong with a text that cannot be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is nothing.
    Empty,
    /// Something is missing at its end.
    TooShort,
    /// There is more than a key.
    TooLong,
    /// A character stands where it cannot.
    BadCharacter,
    /// Capital letters stand where only small ones can: something has changed the case.
    UpperCase,
    /// The checksum does not fit the rest: a typing error.
    Checksum,
    /// A signed key's base64url has bits or characters too many, so that it would be one of several texts.
    #[cfg(feature = "signed")]
    NotCanonical,
    /// A part of a signed key is not strict JSON.
    #[cfg(feature = "signed")]
    NotJson,
    /// A signed key says something twice.
    #[cfg(feature = "signed")]
    DuplicateMember,
    /// A signed key's `alg` is neither `EdDSA` nor `Ed25519`.
    #[cfg(feature = "signed")]
    UnsupportedAlgorithm,
    /// A signed key's header has something besides `alg`, `kid` and `typ`: `crit`, `jku`, `jwk`…
    #[cfg(feature = "signed")]
    UnsupportedMember,
    /// A signed key lacks something.
    #[cfg(feature = "signed")]
    MissingMember,
    /// Something in a signed key has a value that it cannot have.
    #[cfg(feature = "signed")]
    BadMember,
}

impl Reason {
    /// The reason's stable name, such as `too_short`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::BadCharacter => "bad_character",
            Self::UpperCase => "upper_case",
            Self::Checksum => "checksum",
            #[cfg(feature = "signed")]
            Self::NotCanonical => "not_canonical",
            #[cfg(feature = "signed")]
            Self::NotJson => "not_json",
            #[cfg(feature = "signed")]
            Self::DuplicateMember => "duplicate_member",
            #[cfg(feature = "signed")]
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            #[cfg(feature = "signed")]
            Self::UnsupportedMember => "unsupported_member",
            #[cfg(feature = "signed")]
            Self::MissingMember => "missing_member",
            #[cfg(feature = "signed")]
            Self::BadMember => "bad_member",
        }
    }
}
