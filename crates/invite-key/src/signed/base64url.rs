//! Base64url (RFC 4648 §5) as JOSE writes it: no padding, and one text for one sequence of bytes.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes of a text, or the place of the character that cannot stand there.
///
/// Bits that belong to no byte have to be zero: otherwise one signature would have sixteen texts.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (fours, rest) = text.as_chunks::<4>();
    for (index, four) in fours.iter().enumerate() {
        let [_, first, second, third] = bits(*four).map_err(|place| index * 4 + place)?;
        bytes.extend_from_slice(&[first, second, third]);
    }
    let start = text.len() - rest.len();
    // `A` stands for six zeros.
    let [_, first, second, third] = match *rest {
        [] => return Ok(bytes),
        [_] => return Err(start),
        [one, two] => bits([one, two, b'A', b'A']),
        [one, two, three, ..] => bits([one, two, three, b'A']),
    }
    .map_err(|place| start + place)?;
    bytes.push(first);
    if rest.len() == 3 {
        bytes.push(second);
    }
    let beyond = if rest.len() == 3 { third } else { second };
    if beyond == 0 {
        Ok(bytes)
    } else {
        Err(text.len() - 1)
    }
}

/// Four characters' 24 bits, with zeros above them, or the place of the one that is none.
fn bits(characters: [u8; 4]) -> Result<[u8; 4], usize> {
    let mut bits = 0;
    let mut all = 0;
    for character in characters {
        let value = value(character);
        bits = (bits << 6) | u32::from(value);
        all |= value;
    }
    if all == NONE {
        let is_none = |character: &u8| value(*character) == NONE;
        return Err(characters.iter().position(is_none).unwrap_or(0));
    }
    Ok(bits.to_be_bytes())
}

/// Appends the text of some bytes.
pub(crate) fn encode(bytes: &[u8], text: &mut String) {
    for chunk in bytes.chunks(3) {
        let mut bits = 0u32;
        for place in 0..3 {
            bits = (bits << 8) | u32::from(chunk.get(place).copied().unwrap_or(0));
        }
        for place in 0..=chunk.len() {
            let value = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(
                ALPHABET.get(value as usize).copied().unwrap_or(b'A'),
            ));
        }
    }
}

/// What no six bits are, also when others are mixed in.
const NONE: u8 = 0xFF;

fn value(character: u8) -> u8 {
    match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        encode(bytes, &mut text);
        text
    }

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).as_deref(), Ok(bytes.as_bytes()));
        }
        assert_eq!(encoded(&[0xFB, 0xFF]), "-_8");
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        for (text, at) in [
            ("Z", 0),
            ("Zm9vY", 4),
            ("Zh", 1),
            ("Zm9", 2),
            ("Zg==", 2),
            ("Zm+v", 2),
            ("Zm/v", 2),
            ("Zm v", 2),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(at), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes: Vec<u8>) {
            prop_assert_eq!(decode(encoded(&bytes).as_bytes()), Ok(bytes));
        }

        #[test]
        fn what_is_read_is_written_so(text in "[A-Za-z0-9_-]{0,40}") {
            if let Ok(bytes) = decode(text.as_bytes()) {
                prop_assert_eq!(encoded(&bytes), text);
            }
        }
    }
}
