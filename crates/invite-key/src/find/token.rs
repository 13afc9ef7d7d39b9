//! What stands outside of addresses: keys that stand alone, and links without `https://`.

use core::ops::Range;

use super::address::{self, is_word};
use super::candidate::{check, joined};
use super::reading::Reading;
use super::scan::{Place, Scan};
use super::undo;
use crate::key::{InviteKey, KeyKind};
use crate::shape::{OPAQUE_PREFIX, SECRET_TOKEN, SIGNED_PREFIX};

const RKVST: &str = "invites/";
const USERKIT_PREFIX: &str = "invt_";

/// A text that begins like a key and has this many characters more is meant to be one.
const MEANT: usize = 8;

impl Scan<'_> {
    /// A stretch, or the beginning of one, in which no address begins.
    pub(super) fn without_scheme(&mut self, reading: &Reading, place: &Place, range: Range<usize>) {
        let text = reading.slice(range.clone());
        self.spend(3 * text.len());
        let parameter = address::parameter(text.as_bytes(), self.options.parameter.as_bytes());
        if let Some(parameter) = parameter {
            let before = text.get(..parameter.separator).unwrap_or_default();
            let start = range.start + beginning(before);
            self.link(reading, place, start, range.end, range.end);
        } else if place.is_whole() {
            self.words(reading, place, range);
        }
    }

    /// Keys that stand alone.
    fn words(&mut self, reading: &Reading, place: &Place, range: Range<usize>) {
        let bytes = reading
            .text()
            .as_bytes()
            .get(..range.end)
            .unwrap_or_default();
        let mut at = range.start;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let length = rest.iter().take_while(|byte| is_word(**byte)).count();
            if length == 0 {
                at += 1;
                continue;
            }
            at = self.word(reading, place, at..at + length, range.end);
        }
    }

    /// A word, of which more than letters and digits may be a key. Up to where it reaches.
    fn word(&mut self, reading: &Reading, place: &Place, word: Range<usize>, end: usize) -> usize {
        // Chat programs write `_italic_`.
        let marks = reading
            .slice(word.clone())
            .bytes()
            .take_while(|byte| *byte == b'_')
            .count();
        let start = word.start + marks;
        let text = reading.slice(start..end);
        let begins = |prefix: &str| {
            text.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let is_meant = [OPAQUE_PREFIX, SIGNED_PREFIX, USERKIT_PREFIX]
            .into_iter()
            .any(begins);
        let length = if is_meant || begins(RKVST) {
            address::key_length(text)
        } else {
            word.end - start
        };
        let until = word.end.max(start + length);
        if !is_meant && !begins(RKVST) && length < 64 {
            return until;
        }
        self.spend(8 * length);
        if is_part(reading, start, start + length)
            || (!place.unquoted && is_quoted(self, reading, start, start + length))
        {
            return until;
        }
        let whole = reading.slice(start..start + length);
        let without_marks = address::without_marks(whole);
        let mut fault = None;
        for text in [whole, without_marks] {
            match InviteKey::parse(text).and_then(|key| check(&key).map(|()| key)) {
                Ok(key) if key.kind() != KeyKind::Webstrates || !is_digest(reading, start) => {
                    let range = before_prefix(reading, start)..start + text.len();
                    let repairs = reading.repairs(range.clone());
                    self.keep(reading, range, repairs, Ok(key), None);
                    return until;
                }
                Ok(_) => return until,
                Err(malformed) => fault = fault.or(Some(malformed)),
            }
        }
        if let Some((mut writer, until)) = joined(reading, start, start..start + length) {
            writer.keep(until);
            let whole = writer.finish(until);
            if let Ok(key) = InviteKey::parse(whole.text()) {
                let range = 0..whole.text().len();
                let repairs = whole.repairs(range.clone());
                self.keep(&whole, range, repairs, Ok(key), None);
                return word.end;
            }
        }
        if let Some(malformed) = fault
            && is_meant
            && whole.len() >= OPAQUE_PREFIX.len() + MEANT
        {
            let range = start..start + without_marks.len();
            let repairs = reading.repairs(range.clone());
            self.keep(reading, range, repairs, Err(malformed), None);
        }
        until
    }
}

/// Where a link without a scheme begins: behind the last character that opens something.
fn beginning(before: &str) -> usize {
    let mut start = 0;
    for (at, character) in before.char_indices() {
        let opens = match character {
            '(' | '[' | '\'' | ',' | ';' | '=' | '*' | '，' | '；' => true,
            // `myapp://join` and `localhost:7007` hold one, `Link:` ends with one.
            ':' => before
                .as_bytes()
                .get(at + 1)
                .is_some_and(|next| *next != b'/' && !next.is_ascii_digit()),
            _ => false,
        };
        if opens {
            start = at + character.len_utf8();
        }
    }
    start
}

/// Whether a word is a part of something larger: of a path, a file's name, an address, an encoded text.
fn is_part(reading: &Reading, start: usize, end: usize) -> bool {
    let glued =
        |character: Option<char>| matches!(character, Some('/' | '\\' | '@' | '%' | '+' | '$'));
    let dotted = |next: Option<char>| next.is_some_and(|next| next.is_ascii_alphanumeric());
    glued(reading.before(start))
        || reading.before(start) == Some('.')
        || glued(reading.after(end))
        || (reading.after(end) == Some('.') && dotted(reading.after(end + 1)))
}

/// Whether the lines around it look like quoted-printable that breaks this very word: then the word is longer than it
/// seems here. But a name and `=` may stand at the end of a line for themselves.
fn is_quoted(scan: &Scan<'_>, reading: &Reading, start: usize, end: usize) -> bool {
    let bytes = reading.text().as_bytes();
    let after = bytes.get(end..).unwrap_or_default();
    if after.starts_with(b"=") && undo::soft_break(after).is_some() {
        return true;
    }
    let before = bytes.get(..start).unwrap_or_default();
    let line = before.strip_suffix(b"\r\n").or(before.strip_suffix(b"\n"));
    line.and_then(|line| line.strip_suffix(b"="))
        .is_some_and(|line| !line.ends_with(scan.options.parameter.as_bytes()))
}

/// Whether a word says of itself that it is a checksum.
fn is_digest(reading: &Reading, start: usize) -> bool {
    const NAME: &[u8] = b"sha256";
    let before = reading.text().as_bytes().get(..start).unwrap_or_default();
    before
        .split_last()
        .and_then(|(sign, name)| {
            let name = name.get(name.len().checked_sub(NAME.len())?..)?;
            Some(matches!(sign, b':' | b'=') && name.eq_ignore_ascii_case(NAME))
        })
        .unwrap_or_default()
}

/// Where a key begins, with `secret-token:` if that stands before it.
fn before_prefix(reading: &Reading, start: usize) -> usize {
    let earlier = start.saturating_sub(SECRET_TOKEN.len());
    if reading
        .slice(earlier..start)
        .eq_ignore_ascii_case(SECRET_TOKEN)
    {
        earlier
    } else {
        start
    }
}
