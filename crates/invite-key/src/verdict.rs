//! What can be said about a text without asking anyone.

use alloc::string::String;
use core::fmt;

use crate::key::KeyKind;
use crate::shape;

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

/// The result of [`inspect`]. It is data, never an error to be thrown.
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
}

impl Verdict {
    /// The verdict's stable name: `malformed` or `plausible`. [`Malformed::code`] says what is wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Plausible { .. } => "plausible",
        }
    }

    /// The verdict as an English sentence for people. It never holds the key.
    pub fn sentence(&self) -> String {
        match self {
            Self::Malformed(malformed) => malformed.sentence(),
            Self::Plausible { .. } => String::from(
                "It looks like an invite key; only its server can tell whether it works.",
            ),
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
        });
        if let (Reason::BadCharacter | Reason::UpperCase, Some(at)) = (self.reason, self.at) {
            sentence.push_str(", the first is number ");
            push_number(&mut sentence, at.saturating_add(1));
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
        }
    }
}

/// Appends a decimal number. By hand, for `core::fmt` would cost the browser kilobytes.
pub(crate) fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}
