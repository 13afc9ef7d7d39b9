//! Links of services that stand between people and the links they get, and what is wrapped in them.
//!
//! Only services are known here that do nothing but lead on. A link inside a link of any other service is found where it
//! stands.

use alloc::vec::Vec;
use core::ops::Range;

use super::reading::{Reading, Writer};
use super::repair::{Repair, Repairs};
use super::{address, octet};
use crate::link::split;

/// A link inside another.
pub(super) struct Wrapped {
    pub(super) by: Repair,
    /// Where it stands.
    inner: Range<usize>,
    code: Code,
}

enum Code {
    /// `https%3A%2F%2F`
    Percent,
    /// `https-3A__`
    Proofpoint2,
    /// Characters that could be damaged were taken out, and these are they.
    Proofpoint3(Vec<char>),
}

/// How many addresses a wrapped link may hold, itself included.
const MAX_NESTED: usize = 4;

/// What is wrapped in an address that begins at the beginning of `address`. The next one begins at `own_end`: no more
/// than that is looked at unless something is wrapped.
pub(super) fn unwrap(address: &str, own_end: usize) -> Option<Wrapped> {
    let own = address.get(..own_end)?;
    let (host, rest) = address::after_scheme(own)?;
    let parameter = |path: &str, names: &[&str], by: Repair, code: Code| {
        let query = rest.strip_prefix(path)?.strip_prefix("?")?;
        let value = own.len() - query.len() + value(query, names)?;
        Some(Wrapped {
            by,
            inner: value..end_of_value(address, value),
            code,
        })
    };
    if is_safe_links(host) {
        let (path, _) = split(rest, b'?');
        return parameter(path, &["url"], Repair::SafeLinks, Code::Percent);
    }
    if is_google(host) {
        let names = ["q", "url"];
        return parameter("/url", &names, Repair::GoogleRedirect, Code::Percent);
    }
    if !is_proofpoint(host) {
        return None;
    }
    let by = Repair::ProofpointRedirect;
    if rest.starts_with("/v1/url") {
        return parameter("/v1/url", &["u"], by, Code::Percent);
    }
    if rest.starts_with("/v2/url") {
        return parameter("/v2/url", &["u"], by, Code::Proofpoint2);
    }
    let start = own.len() - rest.strip_prefix("/v3/__")?.len();
    let mut limit = own_end;
    for _ in 0..MAX_NESTED {
        limit = address::next(address.as_bytes(), limit + 4).map_or(address.len(), |next| next.0);
    }
    let inner = address.as_bytes().get(start..limit)?;
    let length = inner.windows(3).position(|end| end == b"__;")?;
    let after = inner.get(length + 3..)?;
    let characters = after.get(..after.iter().position(|byte| *byte == b'!')?)?;
    Some(Wrapped {
        by,
        inner: start..start + length,
        code: Code::Proofpoint3(taken_out(characters)?),
    })
}

fn ends_with(host: &str, end: &str) -> bool {
    host.len()
        .checked_sub(end.len())
        .and_then(|start| host.get(start..))
        .is_some_and(|found| found.eq_ignore_ascii_case(end))
}

fn is_safe_links(host: &str) -> bool {
    ends_with(host, ".safelinks.protection.outlook.com")
        || ends_with(host, ".safelinks.protection.office365.us")
        || ends_with(host, ".safelinks.o365.cn")
        // Teams has a page of its own, and its path says `safelinks`.
        || host.eq_ignore_ascii_case("statics.teams.cdn.office.net")
}

/// `google.com`, `www.google.dk`, `google.co.uk`, but not `google.example.com`.
fn is_google(host: &str) -> bool {
    let (mut name, mut rest) = split(host, b'.');
    if name.eq_ignore_ascii_case("www") {
        (name, rest) = split(rest.unwrap_or_default(), b'.');
    }
    let (first, second) = split(rest.unwrap_or_default(), b'.');
    name.eq_ignore_ascii_case("google")
        && (2..=3).contains(&first.len())
        // A dot in it would make it longer.
        && second.is_none_or(|label| label.len() == 2 && !label.starts_with('.') && !label.ends_with('.'))
}

fn is_proofpoint(host: &str) -> bool {
    [
        "urldefense.proofpoint.com",
        "urldefense.com",
        "urldefense.us",
    ]
    .iter()
    .any(|known| host.eq_ignore_ascii_case(known))
}

/// Where the value of the first of these parameters begins in a query.
fn value(query: &str, names: &[&str]) -> Option<usize> {
    let mut rest = Some(split(query, b'#').0);
    let mut at = 0;
    while let Some(parts) = rest {
        let (part, more) = split(parts, b'&');
        if let (name, Some(_)) = split(part, b'=')
            && names.contains(&name)
        {
            return Some(at + name.len() + 1);
        }
        at += part.len() + 1;
        rest = more;
    }
    None
}

/// Where the value ends that begins at `start`. What was `#` in a link that nobody encoded has become the outer link's, so
/// all that follows it belongs to the value.
fn end_of_value(address: &str, start: usize) -> usize {
    let value = address.as_bytes().get(start..).unwrap_or_default();
    let end = value.iter().position(|byte| matches!(byte, b'&' | b'#'));
    match end.and_then(|end| Some((end, value.get(end)?))) {
        Some((end, b'&')) => start + end,
        _ => address.len(),
    }
}

impl Wrapped {
    /// The wrapped link, read from the address that begins at `start`.
    pub(super) fn read(&self, reading: &Reading, start: usize) -> Reading {
        let (mut at, end) = (start + self.inner.start, start + self.inner.end);
        let mut writer = Writer::new(reading, at);
        let bytes = reading.text().as_bytes().get(..end).unwrap_or_default();
        let style = match self.code {
            Code::Proofpoint2 => &octet::PROOFPOINT,
            _ => &octet::PERCENT,
        };
        let mut missing: &[char] = match &self.code {
            Code::Proofpoint3(characters) => characters,
            _ => &[],
        };
        if matches!(self.code, Code::Proofpoint3(_)) {
            at = second_slash(&mut writer, bytes, at);
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some((character, length)) = octet::character(rest, style) {
                writer.keep(at);
                at += length;
                writer.replace(at, character, Repairs::NONE);
            } else if rest.first() == Some(&b'_') && matches!(self.code, Code::Proofpoint2) {
                writer.keep(at);
                at += 1;
                writer.replace(at, '/', Repairs::NONE);
            } else if rest.first() == Some(&b'-') && matches!(self.code, Code::Proofpoint2) {
                // An escape that was cut off. A key could take its sign for a character.
                writer.keep(at);
                at += 1;
                writer.replace(at, char::REPLACEMENT_CHARACTER, Repairs::NONE);
            } else if rest.first() == Some(&b'*') && !missing.is_empty() {
                let (length, count) = token(rest);
                writer.keep(at);
                at += length;
                let (now, later) = missing.split_at_checked(count).unwrap_or((missing, &[]));
                missing = later;
                writer.leave_out(at, Repairs::NONE);
                for character in now {
                    writer.replace(at, *character, Repairs::NONE);
                }
            } else {
                at += 1;
            }
        }
        writer.finish(end)
    }
}

/// Some transports make one slash of two: the second is put back.
fn second_slash(writer: &mut Writer<'_>, bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let scheme = rest
        .iter()
        .take(6)
        .take_while(|byte| **byte != b':')
        .count();
    let at = start + scheme + 2;
    match rest.get(scheme..) {
        Some([b':', b'/', next, ..]) if *next != b'/' => {
            writer.keep(at);
            writer.replace(at, '/', Repairs::NONE);
            at
        }
        _ => start,
    }
}

/// How long a token of version 3 is, and for how many characters it stands: `*` for one, `**A` for two, `**B` for three…
fn token(text: &[u8]) -> (usize, usize) {
    match text {
        [b'*', b'*', count, ..] => match sextet(*count) {
            Some(count) => (3, 2 + usize::from(count)),
            None => (1, 1),
        },
        _ => (1, 1),
    }
}

/// The characters that version 3 took out: base64url of their UTF-8.
fn taken_out(encoded: &[u8]) -> Option<Vec<char>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in encoded.iter().filter(|byte| **byte != b'=') {
        bits = bits << 6 | u32::from(sextet(*byte)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(core::str::from_utf8(&bytes).ok()?.chars().collect())
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}
