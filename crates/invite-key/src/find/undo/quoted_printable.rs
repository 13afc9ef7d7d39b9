//! Quoted-printable (RFC 2045): `=3D`, and `=` at the end of a line that goes on.

use crate::find::octet;
use crate::find::reading::{Reading, Writer};
use crate::find::repair::Repair;

/// Reads the text as quoted-printable. Small hex digits are none there, so that `=3d…` stays what it is: the beginning of
/// a key.
pub(in crate::find) fn quoted_printable(given: &Reading) -> Option<Reading> {
    let mut writer = Writer::new(given, 0);
    let bytes = given.text().as_bytes();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.first() != Some(&b'=') {
            at += 1;
        } else if let Some((character, length)) = octet::character(rest, b'=', false) {
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

/// How long the soft line break is that a text begins with. Some transports leave white space behind the sign.
pub(in crate::find) fn soft_break(text: &[u8]) -> Option<usize> {
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
