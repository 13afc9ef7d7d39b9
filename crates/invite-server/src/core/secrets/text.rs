//! The secret file as a text: a line for each secret.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    file::SecretFileUnusable,
    ring::{Kept, Ring, Stage},
    secret::{ID, LENGTH, Secret},
};
use crate::core::Moment;

const COMMENT: &str = "# Keys of invites are derived from these secrets. Keep this file with the database, and readable by nobody else.\n\
                       # `invite-server keys` writes it: <id> <secret> <stage> <since>\n";

/// The longest line: a stage has at most 7 letters, a time 24.
const LINE: usize = ID + 2 * LENGTH + 7 + 24 + 4;

pub(super) fn parse(text: &str, path: &Path) -> Result<Ring, SecretFileUnusable> {
    let malformed = |line| SecretFileUnusable::Malformed {
        path: path.to_owned(),
        line,
    };
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if !line.trim().is_empty() && !line.starts_with('#') {
            lines.push(read(line).ok_or_else(|| malformed(number + 1))?);
        }
    }
    let path = || path.to_owned();
    if lines.is_empty() {
        return Err(SecretFileUnusable::Empty { path: path() });
    }
    Ring::of(lines).ok_or_else(|| SecretFileUnusable::Together { path: path() })
}

fn read(line: &str) -> Option<(Stage, Kept)> {
    let mut words = line.split_ascii_whitespace();
    let (id, digits, stage, since) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let secret = Secret::from_hex(digits).filter(|secret| secret.id == id)?;
    let since: Timestamp = since.parse().ok()?;
    let kept = Kept {
        secret: Arc::new(secret),
        since: Moment(since.as_millisecond()),
    };
    words
        .next()
        .is_none()
        .then_some((Stage::parse(stage)?, kept))
}

pub(super) fn write(ring: &Ring) -> Zeroizing<String> {
    // Room for all of it: growing would leave secrets behind.
    let room = COMMENT.len() + ring.all().count() * LINE;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(COMMENT);
    for (stage, kept) in ring.all() {
        text.push_str(&kept.secret.id);
        text.push(' ');
        kept.secret.push_hex(&mut text);
        text.push(' ');
        text.push_str(stage.as_str());
        text.push(' ');
        text.push_str(&kept.since.to_iso());
        text.push('\n');
    }
    text
}
