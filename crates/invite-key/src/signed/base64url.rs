//! Base64url (RFC 4648 §5) as JOSE writes it: no padding, and one text for one sequence of bytes.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes of a text, or the place of the character that cannot stand there.
///
/// Bits that belong to no byte have to be zero: otherwise one signature would have sixteen texts.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let mut bits = 0u32;
    for (index, chunk) in text.chunks(4).enumerate() {
        for (place, letter) in chunk.iter().enumerate() {
            let value = value(*letter).ok_or(index * 4 + place)?;
            bits = (bits << 6) | u32::from(value);
        }
        let [_, first, second, third] = match chunk.len() {
            4 => bits.to_be_bytes(),
            3 => (bits << 6).to_be_bytes(),
            2 => (bits << 12).to_be_bytes(),
            _ => return Err(text.len() - 1),
        };
        let whole = chunk.len() - 1;
        bytes.extend([first, second, third].iter().take(whole));
        let left_over = match whole {
            1 => second,
            2 => third,
            _ => 0,
        };
        if left_over != 0 {
            return Err(text.len() - 1);
        }
        bits = 0;
    }
    Ok(bytes)
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

fn value(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
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
