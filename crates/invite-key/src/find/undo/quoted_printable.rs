//! Quoted-printable (RFC 2045): `=3D`, and `=` at the end of a line that goes on.

use core::ops::Range;

use crate::find::octet;
use crate::find::reading::{Reading, Writer};
use crate::find::repair::Repair;

/// Small hex digits are none there, so that `=3d…` stays what it is: the beginning of a key.
const STYLE: octet::Style = octet::Style {
    marker: b'=',
    takes_small: false,
    between: soft_break,
};

/// Reads the text as quoted-printable.
pub(in crate::find) fn quoted_printable(given: &Reading) -> Option<Reading> {
    let mut writer = Writer::new(given, 0);
    let bytes = given.text().as_bytes();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.first() != Some(&b'=') {
            at += 1;
        } else if let Some((character, length)) = octet::character(rest, &STYLE) {
            writer.keep(at);
            at += length;
            writer.replace(at, character, Repair::QuotedPrintable);
        } else if let Some(length) = soft_break(rest) {
            writer.keep(at);
            at += length;
            writer.leave_out(at, Repair::QuotedPrintable);
        } else {
            at += 1;
        }
    }
    writer.finish_if_changed()
}

/// How far a part of a text looks like quoted-printable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::find) enum Looks {
    /// An `=` in it stands for itself, which is none.
    Plain,
    /// There is nothing but an `=` between a parameter's name and the end of the line: perhaps it is the parameter's.
    Doubtful,
    Quoted,
}

/// How far a part of a text looks like quoted-printable that holds parameters of these names.
pub(in crate::find) fn looks(text: &[u8], range: Range<usize>, names: &[&str]) -> Looks {
    let mut has_escape = false;
    let mut may_be_a_parameter = false;
    let mut at = range.start;
    while at < range.end {
        let (before, rest) = text.split_at_checked(at).unwrap_or_default();
        at += 1;
        if rest.first() != Some(&b'=') {
            continue;
        }
        if soft_break(rest).is_some() {
            may_be_a_parameter |= names.iter().any(|name| before.ends_with(name.as_bytes()));
        } else if let Some((_, length)) = octet::character(rest, &STYLE) {
            has_escape = true;
            at += length - 1;
        } else {
            return Looks::Plain;
        }
    }
    if may_be_a_parameter && !has_escape {
        Looks::Doubtful
    } else {
        Looks::Quoted
    }
}

/// How long the soft line break is that a text begins with. Some transports leave white space behind the sign.
pub(in crate::find) fn soft_break(text: &[u8]) -> Option<usize> {
    text.strip_prefix(b"=")?;
    let blank = text
        .iter()
        .skip(1)
        .take(8)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    match text.get(1 + blank..)? {
        [b'\n', ..] => Some(blank + 2),
        [b'\r', b'\n', ..] => Some(blank + 3),
        _ => None,
    }
}
