//! What keeps the program from giving an answer.

use std::io;

/// Why there is no answer.
pub(crate) enum Failure {
    /// The command line makes no sense.
    Usage(String),
    /// Something cannot be read, or is not what it should be.
    Unreadable(String),
    /// The answer cannot be written.
    Output(io::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Unreadable(_) | Self::Output(_) => 3,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(text) | Self::Unreadable(text) => formatter.write_str(text),
            Self::Output(error) => write!(formatter, "The answer cannot be written: {error}."),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
