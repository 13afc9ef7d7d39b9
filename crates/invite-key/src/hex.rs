//! Bytes as hex digits.

use alloc::string::String;

/// The bytes in lower-case digits.
///
/// ```
/// assert_eq!(invite_key::hex::encode(&[0x0A, 0xFF]), "0aff");
/// ```
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push(&mut text, bytes);
    text
}

/// Appends the bytes in lower-case digits. Of a secret: make room first, for what grows leaves a copy behind.
pub fn push(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
}

/// Reads digits of either case into `bytes`. `None`, and nothing to be relied on in `bytes`, unless the text is exactly
/// as many digits as they take.
///
/// ```
/// let mut bytes = [0; 2];
/// assert!(invite_key::hex::decode_into("0aFF", &mut bytes).is_some());
/// assert_eq!(bytes, [0x0A, 0xFF]);
/// assert!(invite_key::hex::decode_into("0aF", &mut bytes).is_none());
/// ```
pub fn decode_into(text: &str, bytes: &mut [u8]) -> Option<()> {
    let (pairs, []) = text.as_bytes().as_chunks() else {
        return None;
    };
    if pairs.len() != bytes.len() {
        return None;
    }
    for ([high, low], byte) in pairs.iter().zip(bytes) {
        *byte = (value(*high)? << 4) | value(*low)?;
    }
    Some(())
}

/// What a digit of either case counts.
pub(crate) fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// The lower-case digit of a number below 16.
pub(crate) fn digit(nibble: u8) -> char {
    char::from(if nibble < 10 {
        b'0' + nibble
    } else {
        b'a' + (nibble & 15) - 10
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let text = encode(&all);
        let expected: String = all.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, expected);
        for text in [text.to_ascii_uppercase(), text] {
            let mut read = vec![0; 256];
            assert_eq!(decode_into(&text, &mut read), Some(()));
            assert_eq!(read, all);
        }
        assert_eq!(encode(&[]), "");
    }

    #[test]
    fn nothing_else_is_read() {
        for text in ["", "0", "000", "0000", "0g", "g0", "+1", " 1", "é", "0x"] {
            assert_eq!(decode_into(text, &mut [0]), None, "{text}");
        }
        assert_eq!(decode_into("", &mut []), Some(()));
    }
}
