//! HTML as source: character references and places where a word may be broken.

use crate::find::octet;

/// The references that programs write, besides `amp`.
const NAMES: [(&[u8], char); 15] = [
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"nbsp", ' '),
    (b"shy", '\u{AD}'),
    (b"zwnj", '\u{200C}'),
    (b"zwj", '\u{200D}'),
    (b"ZeroWidthSpace", '\u{200B}'),
    (b"equals", '='),
    (b"quest", '?'),
    (b"num", '#'),
    (b"sol", '/'),
    (b"colon", ':'),
    (b"lowbar", '_'),
];

/// The character that the reference at the beginning of `text` stands for, and how long it is. Escaped more than once
/// (`&amp;amp;`), it is one nevertheless.
pub(super) fn reference(text: &[u8]) -> Option<(char, usize)> {
    let mut length = 1;
    while text.get(length..)?.starts_with(b"amp;") {
        length += 4;
    }
    if let Some((character, more)) = after_sign(text.get(length..)?) {
        return Some((character, length + more));
    }
    (length > 1).then_some(('&', length))
}

/// What stands behind `&`, up to its semicolon.
fn after_sign(text: &[u8]) -> Option<(char, usize)> {
    if let [b'#', rest @ ..] = text {
        let (base, digits) = match rest {
            [b'x' | b'X', digits @ ..] => (16, digits),
            _ => (10, rest),
        };
        let skipped = text.len() - digits.len();
        let count = digits
            .iter()
            .take(8)
            .take_while(|byte| **byte != b';')
            .count();
        let mut number = 0u32;
        for byte in digits.get(..count)? {
            let value = u32::from(octet::digit(*byte, true)?);
            if value >= base {
                return None;
            }
            number = number.checked_mul(base)?.checked_add(value)?;
        }
        let character = char::from_u32(number).filter(|_| count > 0)?;
        return (digits.get(count) == Some(&b';')).then_some((character, skipped + count + 1));
    }
    NAMES.iter().find_map(|(name, character)| {
        (text.starts_with(name) && text.get(name.len()) == Some(&b';'))
            .then_some((*character, name.len() + 1))
    })
}

/// How long the tag is that `text` begins with, if it only allows a word to be broken: `<wbr>`.
pub(super) fn word_break(text: &[u8]) -> Option<usize> {
    let name = text
        .get(..4)
        .is_some_and(|name| name.eq_ignore_ascii_case(b"<wbr"));
    let rest = text.get(4..).filter(|_| name)?;
    let inside = rest
        .iter()
        .take(2)
        .take_while(|byte| matches!(byte, b' ' | b'/'))
        .count();
    (rest.get(inside) == Some(&b'>')).then_some(4 + inside + 1)
}
