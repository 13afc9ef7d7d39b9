//! Where addresses begin and end, and where in them the invite stands. Pure functions over text.

use super::undo::is_invisible;

/// How the beginning of an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// `https://`
    Plain,
    /// `https%3A%2F%2F`, perhaps encoded more than once.
    Encoded,
}

/// The first address that begins at `from` or later.
pub(super) fn next(text: &[u8], from: usize) -> Option<(usize, Scheme)> {
    let rest = text.get(from..)?;
    rest.iter().enumerate().find_map(|(at, byte)| {
        let scheme = scheme(rest.get(at..)?).filter(|_| matches!(byte, b'h' | b'H'))?;
        Some((from + at, scheme))
    })
}

fn scheme(text: &[u8]) -> Option<Scheme> {
    let name = text.get(..4)?.eq_ignore_ascii_case(b"http");
    let rest = text.get(4..).filter(|_| name)?;
    let rest = match rest {
        [b's' | b'S', rest @ ..] => rest,
        _ => rest,
    };
    let mut is_encoded = false;
    let mut length = 0;
    for (sign, digits) in [(b':', b"3A"), (b'/', b"2F"), (b'/', b"2F")] {
        let rest = rest.get(length..)?;
        if rest.first() == Some(&sign) {
            length += 1;
        } else {
            is_encoded = true;
            length += encoded(rest, digits)?;
        }
    }
    Some(if is_encoded {
        Scheme::Encoded
    } else {
        Scheme::Plain
    })
}

/// How long the escape is that `text` begins with, if it stands for this character: `%3D`, `%253D`, …
fn encoded(text: &[u8], digits: &[u8; 2]) -> Option<usize> {
    let mut rest = text.strip_prefix(b"%")?;
    let mut length = 3;
    while length <= 9 {
        if rest.get(..2)?.eq_ignore_ascii_case(digits) {
            return Some(length);
        }
        rest = rest.strip_prefix(b"25")?;
        length += 2;
    }
    None
}

/// Where in an address the parameter stands that holds the key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    /// Where the sign before it begins: `?`, `&` or `#`, perhaps encoded.
    pub(super) separator: usize,
    /// Where its value begins.
    pub(super) value: usize,
    /// Whether neither that sign nor the one before the value is encoded.
    pub(super) is_plain: bool,
}

/// The first parameter of this name.
pub(super) fn parameter(text: &[u8], name: &[u8]) -> Option<Parameter> {
    if name.is_empty() {
        return None;
    }
    text.windows(name.len()).enumerate().find_map(|(at, word)| {
        if word != name {
            return None;
        }
        let after = at + name.len();
        let rest = text.get(after..)?;
        let (sign, is_plain) = match rest.first()? {
            b'=' => (1, true),
            _ => (encoded(rest, b"3D")?, false),
        };
        let (separator, begins_plain) = separator_before(text.get(..at)?)?;
        Some(Parameter {
            separator,
            value: after + sign,
            is_plain: is_plain && begins_plain,
        })
    })
}

/// Where the `?`, `&` or `#` begins that `text` ends with, and whether it is plain.
fn separator_before(text: &[u8]) -> Option<(usize, bool)> {
    let last = text.len().checked_sub(1)?;
    if matches!(text.last()?, b'?' | b'&' | b'#') {
        return Some((last, true));
    }
    (3..=9).step_by(2).find_map(|length| {
        let start = text.len().checked_sub(length)?;
        let escape = text.get(start..)?;
        [b"3F", b"26", b"23"]
            .iter()
            .any(|digits| encoded(escape, digits) == Some(length))
            .then_some((start, false))
    })
}

/// What stands in no address: white space, brackets, quotation marks and full stops of all scripts, control characters.
pub(super) fn is_delimiter(character: char) -> bool {
    match character {
        '\0'..=' ' | '<' | '>' | '"' | '`' | '|' | '{' | '}' | '\u{7F}'..='\u{A0}' => true,
        _ if character.is_ascii() => false,
        // Letters among the punctuation.
        '々' | '〆' | '〇' => false,
        '«' | '»' | '‹' | '›' | '‘'..='‟' | '\u{3000}'..='〟' => true,
        '！' | '＂' | '＇' | '（' | '）' | '，' | '；' | '＜' | '＞' | '［' | '］' | '｛'..='､' => {
            true
        }
        '\u{1680}'
        | '\u{2000}'..='\u{200A}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202F}'
        | '\u{205F}' => true,
        _ => false,
    }
}

/// How much of an address is left without the punctuation at its end. A closing parenthesis stays if it is one of a pair.
pub(super) fn trimmed(text: &str) -> usize {
    let count = |sign: u8| text.bytes().filter(|byte| *byte == sign).count();
    let mut unpaired = count(b')').saturating_sub(count(b'('));
    let mut end = text.len();
    for character in text.chars().rev() {
        match character {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '~' | '(' | '[' | ']' | '\\' | '…' =>
                {}
            ')' if unpaired > 0 => unpaired -= 1,
            _ if is_invisible(character) => {}
            _ => break,
        }
        end -= character.len_utf8();
    }
    end
}

/// The host of an address, and what follows it.
pub(super) fn after_scheme(address: &str) -> Option<(&str, &str)> {
    let mut signs = address.as_bytes().windows(3);
    let start = signs.position(|sign| sign == b"://")? + 3;
    let rest = address.get(start..)?;
    let host = rest
        .bytes()
        .take_while(|byte| !matches!(byte, b'/' | b'?' | b'#'));
    rest.split_at_checked(host.count())
}

/// Where the path begins, behind scheme and host.
pub(super) fn path(address: &str) -> usize {
    let bytes = address.as_bytes();
    let scheme = bytes.windows(3).position(|sign| sign == b"://");
    let start = scheme.map_or(0, |at| at + 3);
    let host = bytes.iter().skip(start).take_while(|byte| **byte != b'/');
    start + host.count()
}

/// A text without the marks at its end that surround a key more often than they end it.
pub(super) fn without_marks(text: &str) -> &str {
    let marks = text
        .bytes()
        .rev()
        .take_while(|byte| matches!(byte, b'_' | b'-' | b'.' | b'/'));
    text.get(..text.len() - marks.count()).unwrap_or_default()
}

/// How much of a value can be a key. What follows is no part of it.
pub(super) fn key_length(value: &str) -> usize {
    let start = if value.starts_with("secret-token:") {
        "secret-token:".len()
    } else {
        0
    };
    let rest = value.as_bytes().get(start..).unwrap_or_default();
    let more: &[u8] = if rest.starts_with(b"invs1_") {
        b"."
    } else if rest.starts_with(b"invites/") {
        b"/"
    } else {
        b""
    };
    let length = rest
        .iter()
        .take_while(|byte| is_word(**byte) || more.contains(byte))
        .count();
    start + length
}

/// What keys are made of: letters, digits, `_` and `-`.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether something is stuck to the end of an invite, other than what closes what was opened before it.
pub(super) fn trails(before: Option<char>, after: Option<char>) -> bool {
    let Some(after) = after else {
        return false;
    };
    let opens = match after {
        ')' => '(',
        ']' => '[',
        '>' => '<',
        '"' | '\'' | '*' | '_' | '~' => after,
        _ => return !is_delimiter(after),
    };
    before != Some(opens)
}
