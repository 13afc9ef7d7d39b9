//! Pages of other origins.

use axum::http::request::Parts;

/// Which pages of other origins read a dialect, and what they send and see beside what is usual.
#[derive(Debug, Clone, Copy)]
pub struct Cors {
    /// Whose pages read the answer to a request.
    pub readers: fn(&Parts) -> Readers,
    /// Headers of requests, in lower case.
    pub sends: &'static [&'static str],
    /// Headers of answers, in lower case.
    pub sees: &'static [&'static str],
}

/// Whose pages read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Those of the origins that the operator lists.
    Listed,
    /// Those of every origin.
    Everybody,
    /// No other origin's, as far as nobody further inside says otherwise.
    Nobody,
}

impl Cors {
    /// Pages of listed origins, with the usual headers.
    pub const fn listed() -> Cors {
        Cors {
            readers: |_| Readers::Listed,
            sends: &[],
            sees: &[],
        }
    }
}
