//! Percent-encoding, as in queries: `%41` is `A`, and `+` is a space.

use alloc::string::String;

/// The bytes of an encoded text. An escape that is none stands for itself.
pub(crate) struct Decoded<'text> {
    rest: &'text [u8],
}

pub(crate) fn decode(text: &str) -> Decoded<'_> {
    Decoded {
        rest: text.as_bytes(),
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let [b'%', high, low, rest @ ..] = self.rest
            && let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low))
        {
            self.rest = rest;
            return Some((high << 4) | low);
        }
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(if first == b'+' { b' ' } else { first })
    }
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Appends a text, encoding everything but `A-Z a-z 0-9 - . _ ~`.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(upper_hex_digit(byte >> 4));
            out.push(upper_hex_digit(byte & 15));
        }
    }
}

fn upper_hex_digit(nibble: u8) -> char {
    char::from(if nibble < 10 {
        b'0' + nibble
    } else {
        b'A' + (nibble & 15) - 10
    })
}
