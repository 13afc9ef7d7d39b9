//! The shapes of keys, and what is wrong with a text that has none of them.

use alloc::string::String;

use crate::base62;
use crate::key::KeyKind;
use crate::text::push_integer;
use crate::verdict::{Malformed, Reason};

/// The longest text, in bytes, that is looked at at all. Anything longer is too long to be a key.
pub const MAX_LENGTH: usize = 4096;

pub(crate) const OPAQUE_PREFIX: &str = "inv1_";
pub(crate) const OPAQUE_LENGTH: usize = 41;
pub(crate) const SIGNED_PREFIX: &str = "invs1_";
pub(crate) const SECRET_TOKEN: &str = "secret-token:";

/// What may stand at one place of a key.
#[derive(Clone, Copy)]
enum Class {
    /// `0-9a-f`
    Hex,
    /// `8`, `9`, `a` or `b`: the variant of a UUID
    Variant,
    /// `0-9A-Za-z`
    Alphanumeric,
    Exactly(u8),
}

impl Class {
    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Variant => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Exactly(expected) => byte == expected,
        }
    }
}

/// A kind of key with a fixed length: a prefix, then runs of classes.
struct Shape {
    kind: KeyKind,
    prefix: &'static str,
    runs: &'static [(Class, usize)],
}

const WEBSTRATES: Shape = Shape {
    kind: KeyKind::Webstrates,
    prefix: "",
    runs: &[(Class::Hex, 64)],
};

const PREFIXED: [Shape; 3] = [
    Shape {
        kind: KeyKind::Opaque,
        prefix: OPAQUE_PREFIX,
        runs: &[(Class::Alphanumeric, 36)],
    },
    Shape {
        kind: KeyKind::Userkit,
        prefix: "invt_",
        runs: &[
            (Class::Alphanumeric, 14),
            (Class::Exactly(b'-'), 1),
            (Class::Alphanumeric, 24),
        ],
    },
    Shape {
        kind: KeyKind::Rkvst,
        prefix: "invites/",
        runs: &[
            (Class::Hex, 8),
            (Class::Exactly(b'-'), 1),
            (Class::Hex, 4),
            (Class::Exactly(b'-'), 1),
            (Class::Exactly(b'4'), 1),
            (Class::Hex, 3),
            (Class::Exactly(b'-'), 1),
            (Class::Variant, 1),
            (Class::Hex, 3),
            (Class::Exactly(b'-'), 1),
            (Class::Hex, 12),
        ],
    },
];

/// The text every key of this kind begins with.
pub(crate) fn prefix(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Signed => SIGNED_PREFIX,
        _ => PREFIXED
            .iter()
            .find(|shape| shape.kind == kind)
            .map_or("", |shape| shape.prefix),
    }
}

/// The kind and the bare text of a key, or why there is none.
pub(crate) fn recognise(given: &str) -> Result<(KeyKind, &str), Malformed> {
    if given.len() > MAX_LENGTH {
        return Err(Malformed::new(
            Reason::TooLong,
            Some(MAX_LENGTH),
            Some("not a key alone?"),
        ));
    }
    let text = after_prefix(given, SECRET_TOKEN).unwrap_or(given);
    match kind_of(text) {
        Ok(kind) => Ok((kind, text)),
        Err(mut malformed) => {
            let skipped = given.len() - text.len();
            malformed.at = malformed.at.map(|at| at + skipped);
            Err(malformed)
        }
    }
}

fn kind_of(text: &str) -> Result<KeyKind, Malformed> {
    if text.is_empty() {
        return Err(Malformed::new(Reason::Empty, None, None));
    }
    if let Some(rest) = after_prefix(text, SIGNED_PREFIX) {
        check_case(text, SIGNED_PREFIX)?;
        check_signed(rest)?;
        return Ok(KeyKind::Signed);
    }
    for shape in &PREFIXED {
        if let Some(rest) = after_prefix(text, shape.prefix) {
            check_case(text, shape.prefix)?;
            check_runs(rest, shape)?;
            if shape.kind == KeyKind::Opaque {
                check_checksum(text)?;
            }
            return Ok(shape.kind);
        }
    }
    let cut_in_prefix = |prefix: &str| prefix.starts_with(text);
    if cut_in_prefix(SIGNED_PREFIX) || PREFIXED.iter().any(|shape| cut_in_prefix(shape.prefix)) {
        return Err(Malformed::new(
            Reason::TooShort,
            Some(text.len()),
            Some("cut off?"),
        ));
    }
    check_runs(text, &WEBSTRATES)?;
    Ok(KeyKind::Webstrates)
}

/// What follows a prefix, whatever the prefix's case.
fn after_prefix<'text>(text: &'text str, prefix: &str) -> Option<&'text str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn check_case(text: &str, prefix: &str) -> Result<(), Malformed> {
    if text.starts_with(prefix) {
        return Ok(());
    }
    Err(upper_case(
        text.bytes().position(|byte| byte.is_ascii_uppercase()),
    ))
}

fn upper_case(at: Option<usize>) -> Malformed {
    Malformed::new(Reason::UpperCase, at, Some("was its case changed?"))
}

/// Compares what follows the prefix with the shape, place by place.
fn check_runs(rest: &str, shape: &Shape) -> Result<(), Malformed> {
    let skipped = shape.prefix.len();
    let mut bytes = rest.bytes();
    let mut at = skipped;
    let mut first_upper = None;
    let mut missing = 0;
    for &(class, count) in shape.runs {
        for _ in 0..count {
            let Some(byte) = bytes.next() else {
                missing += 1;
                continue;
            };
            if !class.takes(byte) {
                if !class.takes(byte.to_ascii_lowercase()) {
                    return Err(bad_character(rest, at, skipped));
                }
                first_upper = first_upper.or(Some(at));
            }
            at += 1;
        }
    }
    if missing > 0 {
        return Err(Malformed {
            reason: Reason::TooShort,
            hint: Some(counted(at, at + missing, "cut off?")),
            at: Some(at),
        });
    }
    if bytes.next().is_some() {
        return Err(Malformed {
            reason: Reason::TooLong,
            hint: Some(counted(skipped + characters(rest), at, "something added?")),
            at: Some(at),
        });
    }
    if first_upper.is_some() {
        return Err(upper_case(first_upper));
    }
    Ok(())
}

/// Three parts of base64url with dots between them. What the parts say is not looked at here.
fn check_signed(rest: &str) -> Result<(), Malformed> {
    let skipped = SIGNED_PREFIX.len();
    let mut dots = 0;
    let mut in_part = 0;
    for (index, byte) in rest.bytes().enumerate() {
        match byte {
            b'.' if in_part > 0 && dots < 2 => {
                dots += 1;
                in_part = 0;
            }
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' => in_part += 1,
            _ => return Err(bad_character(rest, skipped + index, skipped)),
        }
    }
    if dots < 2 || in_part == 0 {
        return Err(Malformed::new(
            Reason::TooShort,
            Some(skipped + rest.len()),
            Some("cut off?"),
        ));
    }
    Ok(())
}

fn check_checksum(text: &str) -> Result<(), Malformed> {
    match text.as_bytes().split_last_chunk::<6>() {
        Some((before, found)) if base62::checksum(before) == *found => Ok(()),
        _ => Err(Malformed::new(Reason::Checksum, None, None)),
    }
}

/// The fault at `at`, counted with the `skipped` bytes of the prefix, and what may have happened there.
fn bad_character(rest: &str, at: usize, skipped: usize) -> Malformed {
    // Bytes, for searching in text would bring several kilobytes of the standard library along.
    let after = rest.as_bytes().get(at - skipped..).unwrap_or_default();
    let hint = if after.first().is_some_and(u8::is_ascii_whitespace) {
        Some("white space: broken or padded?")
    } else if after.starts_with("…".as_bytes()) || after.starts_with(b"...") {
        Some("shortened for display?")
    } else if rest.as_bytes().windows(3).any(|bytes| bytes == b"://") {
        Some("a link, not a key?")
    } else if at == 0 {
        Some("not an invite key?")
    } else {
        None
    };
    Malformed::new(Reason::BadCharacter, Some(at), hint)
}

/// How many characters: every byte but those that continue one.
fn characters(text: &str) -> usize {
    text.bytes().filter(|byte| byte & 0xC0 != 0x80).count()
}

/// `61 of 64 characters: cut off?`
pub(crate) fn counted(found: usize, expected: usize, guess: &str) -> String {
    let mut hint = String::new();
    push_integer(&mut hint, found as u64);
    hint.push_str(" of ");
    push_integer(&mut hint, expected as u64);
    hint.push_str(" characters: ");
    hint.push_str(guess);
    hint
}
