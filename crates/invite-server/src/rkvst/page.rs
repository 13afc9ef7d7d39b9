//! Page tokens. RKVST's clients send nothing else with one, so it holds what was asked for, too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::core::Refusal;

/// Which invites, in which order, and from where. It says nothing that its holder may not know or change: whatever it
/// asks for is asked in the caller's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only those for this address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    /// By address instead of the newest first.
    pub(super) by_address: bool,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
}

impl Page {
    pub(super) fn write(&self) -> Result<String, Refusal> {
        let json = serde_json::to_vec(self).map_err(|_| Refusal::ServerError)?;
        Ok(URL_SAFE_NO_PAD.encode(json))
    }

    pub(super) fn read(token: &str) -> Result<Page, Refusal> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok();
        let page = bytes.and_then(|bytes| serde_json::from_slice::<Page>(&bytes).ok());
        page.filter(|page| page.after.is_some()).ok_or_else(|| {
            Refusal::invalid_option(
                "page_token",
                "page_token is not one this server gave. Begin without it.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_what_was_asked_for() {
        let page = Page {
            email: Some("bob@example.com".into()),
            by_address: true,
            after: Some("AAA".into()),
        };
        assert_eq!(Page::read(&page.write().unwrap()), Ok(page));
        let begins = Page::default().write().unwrap();
        for wrong in ["", "x", "e30", "AAAAAAAAAAA", &begins] {
            assert!(Page::read(wrong).is_err(), "{wrong}");
        }
    }
}
