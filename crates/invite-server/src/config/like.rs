//! What a name was probably meant to be that is none.

/// A name that is at least so like another was probably meant to be it.
const LIKE: f64 = 0.75;

/// Which of these a name was probably meant to be.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(last(known), last(name));
    known
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

/// What all variables have in common makes none of them like another.
fn last(name: &str) -> &str {
    name.strip_prefix("INVITE_SERVER_").unwrap_or(name)
}
