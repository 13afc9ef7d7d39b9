//! Characters written as octets in hex: `%3D`, `=3D` in quoted-printable, `-3D` in Proofpoint's links.

use crate::hex;

/// How octets are written.
pub(super) struct Style {
    /// What stands before the two digits.
    pub(super) marker: u8,
    /// Whether small letters are digits, too.
    pub(super) takes_small: bool,
    /// How long that is which may stand between the octets of a character.
    pub(super) between: fn(&[u8]) -> Option<usize>,
}

/// `%3D`
pub(super) const PERCENT: Style = style(b'%');

/// `-3D`
pub(super) const PROOFPOINT: Style = style(b'-');

const fn style(marker: u8) -> Style {
    Style {
        marker,
        takes_small: true,
        between: |_| None,
    }
}

/// The character written at the beginning of `text`, and how long it is written. None if it is not UTF-8.
pub(super) fn character(text: &[u8], style: &Style) -> Option<(char, usize)> {
    let first = octet(text, style)?;
    let count = match first {
        0x00..0x80 => return Some((char::from(first), 3)),
        0xC2..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF5 => 4,
        _ => return None,
    };
    let mut octets = [0; 4];
    let mut length = 0;
    for place in octets.iter_mut().take(count) {
        let rest = text.get(length..)?;
        let between = if length > 0 {
            (style.between)(rest)
        } else {
            None
        };
        length += between.unwrap_or(0);
        *place = octet(text.get(length..)?, style)?;
        length += 3;
    }
    let written = core::str::from_utf8(octets.get(..count)?).ok()?;
    Some((written.chars().next()?, length))
}

fn octet(text: &[u8], style: &Style) -> Option<u8> {
    match *text {
        [sign, high, low, ..] if sign == style.marker => {
            Some((digit(high, style.takes_small)? << 4) | digit(low, style.takes_small)?)
        }
        _ => None,
    }
}

pub(super) fn digit(byte: u8, takes_small: bool) -> Option<u8> {
    hex::value(byte).filter(|_| takes_small || !byte.is_ascii_lowercase())
}
