//! Where a request came from, as far as the browser says.

use axum::http::HeaderMap;

use crate::address::Origins;

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A page of ours.
    OwnOrigin,
    /// A page of another origin.
    OtherOrigin,
    /// No browser's page, or one that does not say.
    Elsewhere,
}

impl Source {
    /// Judges by `Origin`, and where that says nothing by `Sec-Fetch-Site`, which pages cannot set. Our pages say
    /// `no-referrer`, for which browsers write `Origin: null` on a submitted form.
    pub fn of(headers: &HeaderMap, origins: &Origins) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap_or("unreadable"))
        };
        match (text("origin"), text("sec-fetch-site")) {
            (Some(origin), _) if origin != "null" && origins.contains(origin) => Self::OwnOrigin,
            (None | Some("null"), Some("same-origin")) => Self::OwnOrigin,
            (None, None | Some("none")) => Self::Elsewhere,
            _ => Self::OtherOrigin,
        }
    }
}
