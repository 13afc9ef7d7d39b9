//! Characters written as octets in hex: `%3D`, `=3D` in quoted-printable, `-3D` in Proofpoint's links.

/// The character written at the beginning of `text`, and how long it is written. None if it is not UTF-8.
pub(super) fn character(text: &[u8], marker: u8, takes_small: bool) -> Option<(char, usize)> {
    let first = octet(text, marker, takes_small)?;
    let count = match first {
        0x00..0x80 => return Some((char::from(first), 3)),
        0xC2..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF5 => 4,
        _ => return None,
    };
    let mut octets = [0; 4];
    let mut rest = text;
    for place in octets.iter_mut().take(count) {
        *place = octet(rest, marker, takes_small)?;
        rest = rest.get(3..)?;
    }
    let written = core::str::from_utf8(octets.get(..count)?).ok()?;
    Some((written.chars().next()?, 3 * count))
}

fn octet(text: &[u8], marker: u8, takes_small: bool) -> Option<u8> {
    match *text {
        [sign, high, low, ..] if sign == marker => {
            Some((digit(high, takes_small)? << 4) | digit(low, takes_small)?)
        }
        _ => None,
    }
}

pub(super) fn digit(byte: u8, takes_small: bool) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' if takes_small => Some(byte - b'a' + 10),
        _ => None,
    }
}
