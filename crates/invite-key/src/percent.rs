//! Percent-encoding: `%41` is `A`.

use alloc::string::String;

use crate::hex;

/// A text encoded so that it can stand anywhere in an address: all but `A-Z a-z 0-9 - . _ ~` as octets of UTF-8.
///
/// ```
/// assert_eq!(invite_key::percent::encode("a b&ø"), "a%20b%26%C3%B8");
/// ```
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    push(&mut encoded, text);
    encoded
}

/// Appends a text, encoded.
pub fn push(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(hex::digit(byte >> 4).to_ascii_uppercase());
            out.push(hex::digit(byte & 15).to_ascii_uppercase());
        }
    }
}

/// The bytes of an encoded text. An escape that is none stands for itself.
///
/// ```
/// let bytes: Vec<u8> = invite_key::percent::decode("a%2B+%zz").collect();
/// assert_eq!(bytes, b"a++%zz");
/// ```
pub fn decode(text: &str) -> Decoded<'_> {
    Decoded {
        rest: text.as_bytes(),
        plus: b'+',
    }
}

/// The bytes of a query's name or value, where `+` is a space.
///
/// ```
/// let bytes: Vec<u8> = invite_key::percent::decode_query("a%2B+").collect();
/// assert_eq!(bytes, b"a+ ");
/// ```
pub fn decode_query(text: &str) -> Decoded<'_> {
    Decoded {
        plus: b' ',
        ..decode(text)
    }
}

/// The bytes of an encoded text, one by one. No `Debug`: it may be a key's.
#[derive(Clone)]
pub struct Decoded<'text> {
    rest: &'text [u8],
    /// What a `+` is.
    plus: u8,
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let [b'%', high, low, rest @ ..] = self.rest
            && let (Some(high), Some(low)) = (hex::value(*high), hex::value(*low))
        {
            self.rest = rest;
            return Some((high << 4) | low);
        }
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(if first == b'+' { self.plus } else { first })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_character_comes_back() {
        let all: String = ('\0'..='\u{7FF}')
            .chain(['測', '🗝', '\u{10FFFF}'])
            .collect();
        let encoded = encode(&all);
        assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()));
        for reader in [decode, decode_query] {
            assert!(reader(&encoded).eq(all.bytes()));
        }
        assert_eq!(encode("AZaz09-._~"), "AZaz09-._~");
        assert_eq!(
            encode("!*'()/?#&=+% "),
            "%21%2A%27%28%29%2F%3F%23%26%3D%2B%25%20"
        );
    }

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        for (text, expected) in [
            ("%", "%"),
            ("%4", "%4"),
            ("%4g%g4", "%4g%g4"),
            ("%%41", "%A"),
            ("%2541", "%41"),
            ("%c3%B8", "ø"),
            ("%+1", "%+1"),
        ] {
            assert_eq!(
                decode(text).collect::<Vec<_>>(),
                expected.as_bytes(),
                "{text}"
            );
        }
    }
}
