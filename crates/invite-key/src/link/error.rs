//! Why a link cannot be read or made.

use alloc::string::String;
use core::fmt;

use crate::verdict::Malformed;

/// Why a link cannot be read or made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// There is an invite in the link, but its key is malformed.
    Key(Malformed),
    /// The key or the resource stands twice, with different values.
    Repeated,
    /// The resource is none, or it is not the one that the path names where only the path can name it.
    Resource,
    /// The page to link to carries an invite already.
    Page,
    /// The parameter's name is empty, `resource`, or longer than 128 bytes.
    Parameter,
    /// The link is longer than [`MAX_LINK`](super::MAX_LINK), or would be.
    TooLong,
}

impl LinkError {
    /// The error's stable name, such as `repeated`; for a malformed key `malformed`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => "malformed",
            Self::Repeated => "repeated",
            Self::Resource => "resource",
            Self::Page => "page",
            Self::Parameter => "parameter",
            Self::TooLong => "too_long",
        }
    }

    /// What is wrong, as an English sentence for people. It never holds the key.
    pub fn sentence(&self) -> String {
        String::from(match self {
            Self::Key(malformed) => return malformed.sentence(),
            Self::Repeated => "The link holds two different invites.",
            Self::Resource => "The link does not name its resource properly.",
            Self::Page => "The page to link to carries an invite already.",
            Self::Parameter => {
                "The parameter for the key must have a name of up to 128 bytes, other than resource."
            }
            Self::TooLong => "The link is too long: up to a mebibyte is read.",
        })
    }
}

impl From<Malformed> for LinkError {
    fn from(malformed: Malformed) -> Self {
        Self::Key(malformed)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence())
    }
}

impl core::error::Error for LinkError {}
