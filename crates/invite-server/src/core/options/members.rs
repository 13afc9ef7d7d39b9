//! What is asked about people.

use super::{LIST_PAGE_DEFAULT, TITLE_LIMIT, bounded_text};
use crate::core::{Refusal, User};

/// Bytes of a person's name.
const NAME_LIMIT: usize = 256;

/// Which of those who have access to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersRequest {
    /// How many at most.
    pub page_size: u32,
    /// Where the page before ended.
    pub page: Option<String>,
    /// Only those whose name has this in it, whatever the case of its letters.
    pub q: Option<String>,
}

impl Default for MembersRequest {
    fn default() -> MembersRequest {
        MembersRequest {
            page_size: LIST_PAGE_DEFAULT,
            page: None,
            q: None,
        }
    }
}

/// What to look for in a list: one line of at most 200 characters.
pub fn validate_q(q: &str) -> Result<(), Refusal> {
    bounded_text("q", q, TITLE_LIMIT, &[])
}

/// Somebody as `username:provider`; what stands before the last colon is the username.
pub fn person_option(field: &str, text: &str) -> Result<User, Refusal> {
    let named = text
        .rsplit_once(':')
        .filter(|(username, provider)| is_nameable(username) && is_nameable(provider));
    let (username, provider) = named.ok_or_else(|| {
        Refusal::invalid_option(
            field,
            "A person is named as username:provider, each part percent-encoded where it has to be.",
        )
    })?;
    Ok(User::new(username, provider))
}

/// Whether a person or their provider can have this name.
pub fn is_nameable(name: &str) -> bool {
    (1..=NAME_LIMIT).contains(&name.len()) && !name.contains(char::is_control)
}
