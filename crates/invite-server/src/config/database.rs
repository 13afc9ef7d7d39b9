//! What is said of the database and is none.

use std::path::Path;

use super::{Config, Unread};
use crate::address::DatabaseAddress;

/// Refuses what SQLite would take for a file that nobody means.
pub(super) fn checked(config: &Config) -> Result<(), Unread> {
    let Some(DatabaseAddress::File(path)) = &config.database else {
        return Ok(());
    };
    if is_nowhere(path) {
        return Err(Unread::Nowhere);
    }
    scheme(path).map_or(Ok(()), |scheme| Err(Unread::Database(scheme)))
}

/// SQLite keeps such a database in memory, or in a file that it deletes.
fn is_nowhere(path: &Path) -> bool {
    let path = path.as_os_str();
    path.is_empty() || path.as_encoded_bytes().starts_with(b":")
}

/// What stands before the colon of what is an address and no path: SQLite, too, would read more into it than that. Windows
/// has one letter there.
fn scheme(path: &Path) -> Option<String> {
    let (scheme, _) = path.to_str()?.split_once(':')?;
    let is_one = scheme.len() > 1
        && scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    is_one.then(|| scheme.to_owned())
}
