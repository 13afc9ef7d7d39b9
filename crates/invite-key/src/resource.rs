//! The names of what people are invited to.

/// Names that servers keep for themselves, besides all that begin with a dot.
const RESERVED: [&str; 9] = [
    "api",
    "v1",
    "archivist",
    "auth",
    "sdk",
    "healthz",
    "readyz",
    "metrics",
    "join",
];

/// Whether a text can name a resource: 1 to 128 of `A-Z a-z 0-9 _ . -`, but not `.` or `..`, which every URL parser takes
/// out of a path. It may still be [reserved](is_reserved).
///
/// ```
/// use invite_key::resource;
///
/// assert!(resource::is_valid("team-notes_2.0"));
/// assert!(!resource::is_valid("team notes"));
/// assert!(!resource::is_valid(".."));
/// ```
pub fn is_valid(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(is_id_byte) && !matches!(id, "." | "..")
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Whether a name is kept for the server's own paths, so that no resource can have it.
///
/// ```
/// use invite_key::resource;
///
/// assert!(resource::is_reserved("api"));
/// assert!(resource::is_reserved(".well-known"));
/// assert!(!resource::is_reserved("notes"));
/// ```
pub fn is_reserved(id: &str) -> bool {
    id.starts_with('.') || RESERVED.contains(&id)
}
