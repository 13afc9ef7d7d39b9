//! A link that carries an invite, or should.

use alloc::string::String;
use core::ops::Range;

use zeroize::Zeroizing;

use super::address::{self, Parameter};
use super::reading::{Reading, Writer};
use super::repair::{Repair, Repairs};
use super::scan::{Place, Scan, decoded};
use super::undo;
use crate::key::{InviteKey, KeyKind};
use crate::link::{self, Link, LinkError, LinkOptions};
use crate::shape::{OPAQUE_LENGTH, OPAQUE_PREFIX};
use crate::text::push_secret;
use crate::verdict::{Malformed, Reason};

/// UserKit's own name for the key in a link.
const USERKIT: &str = "invt";

/// Characters of the signature that ends a signed key: 64 bytes.
const SIGNATURE_LENGTH: usize = 86;

impl Scan<'_> {
    /// A link that begins at `start`. Another address begins at `own_end`, or the stretch ends there; `end` is where the
    /// stretch ends. Up to where the link reaches.
    pub(super) fn link(
        &mut self,
        reading: &Reading,
        place: &Place,
        start: usize,
        own_end: usize,
        end: usize,
    ) -> usize {
        let own = reading.slice(start..own_end).as_bytes();
        self.spend(3 * own.len());
        let Some((name, found)) = [self.options.parameter.as_str(), USERKIT]
            .into_iter()
            .find_map(|name| Some((name, address::parameter(own, name.as_bytes())?)))
        else {
            return own_end;
        };
        let options = LinkOptions {
            parameter: String::from(name),
        };
        let value_end = own
            .iter()
            .skip(found.value)
            .position(|byte| matches!(byte, b'&' | b'#'))
            .map_or(own_end, |length| start + found.value + length);
        // Only behind a key that is complete the other address can be a part of this one.
        let end = if value_end < own_end { end } else { own_end };
        self.spend(6 * (end - start));
        let mut fault = None;
        if found.is_plain {
            match self.as_it_stands(reading, place, start, end, &found, &options) {
                Ok(done) => return done,
                Err(LinkError::Key(malformed)) => fault = Some(malformed),
                Err(_) => return end,
            }
            let value = start + found.value..value_end;
            if value_end == end
                && let Some(done) = self.over_lines(reading, start, value, &options)
            {
                return done;
            }
        }
        let separator = start + found.separator;
        if reading
            .slice(separator..end)
            .bytes()
            .any(|byte| byte == b'%')
        {
            let inner = decoded(reading, start, separator, end);
            if self.go_deeper(&inner, place) {
                return end;
            }
        }
        if let Some(malformed) = fault
            && name != USERKIT
        {
            let until = start + address::trimmed(reading.slice(start..end));
            let repairs = reading.repairs(start..until);
            self.keep(reading, start..until, repairs, Err(malformed), None);
        }
        end
    }

    /// The link as it stands, without what is stuck to its end.
    fn as_it_stands(
        &mut self,
        reading: &Reading,
        place: &Place,
        start: usize,
        end: usize,
        found: &Parameter,
        options: &LinkOptions,
    ) -> Result<usize, LinkError> {
        let read = |until: usize| read(reading.slice(start..until), options);
        let until = start + address::trimmed(reading.slice(start..end));
        let fault = match read(until) {
            Ok(link) => {
                self.keep_link(reading, place, start..until, link, found, options);
                return Ok(end);
            }
            Err(LinkError::Key(fault)) => fault,
            Err(LinkError::Resource) => {
                let until = end_of_resource(reading, start, end).ok_or(LinkError::Resource)?;
                let link = read(until)?;
                self.keep_link(reading, place, start..until, link, found, options);
                return Ok(end);
            }
            Err(other) => return Err(other),
        };
        let value = start + found.value;
        let text = reading.slice(value..end);
        let length = address::key_length(text);
        // Behind the key something may be encoded, or the line may go on: that is looked at elsewhere.
        let (key, rest) = text.split_at_checked(length).unwrap_or_default();
        let goes_on = rest.starts_with('%')
            || (rest == "=" && undo::soft_break(rest_of(reading, end - 1)).is_some());
        if goes_on {
            return Err(LinkError::Key(fault));
        }
        let mut fault = fault;
        for length in [length, address::without_marks(key).len()] {
            match read(value + length) {
                Ok(link) => {
                    let range = start..value + length;
                    self.keep_link(reading, place, range, link, found, options);
                    return Ok(end);
                }
                Err(LinkError::Key(other)) if length == key.len() => fault = other,
                Err(_) => {}
            }
        }
        if rest.starts_with('…') || rest.starts_with("...") {
            // Only of the key with what follows it the verdict says that it was shortened.
            fault = InviteKey::parse(text).err().unwrap_or(fault);
        }
        Err(LinkError::Key(fault))
    }

    /// The link whose key, as its checksum proves, goes on in the next line.
    fn over_lines(
        &mut self,
        reading: &Reading,
        start: usize,
        value: Range<usize>,
        options: &LinkOptions,
    ) -> Option<usize> {
        let (mut writer, until) = joined(reading, start, value)?;
        let rest = reading.text().get(until..)?;
        let tail = rest
            .chars()
            .take_while(|character| !address::is_delimiter(*character));
        let end = until + tail.map(char::len_utf8).sum::<usize>();
        self.spend(3 * (end - start));
        writer.keep(end);
        let whole = writer.finish(end);
        let length = address::trimmed(whole.text());
        let link = read(whole.slice(0..length), options).ok()?;
        let repairs = whole.repairs(0..length);
        self.keep(&whole, 0..length, repairs, Ok(link.key.clone()), Some(link));
        Some(until)
    }

    fn keep_link(
        &mut self,
        reading: &Reading,
        place: &Place,
        range: Range<usize>,
        link: Link,
        found: &Parameter,
        options: &LinkOptions,
    ) {
        let mut link = link;
        let mut repairs = reading.repairs(range.clone());
        let own = range.start + found.separator;
        let path = range.start + address::path(reading.slice(range.start..own));
        if place.is_whole()
            && repairs.are_only(&[Repair::FullWidth, Repair::Hyphen])
            && reading.repairs(range.start..path) == Repairs::NONE
            && reading.repairs(own..range.end) == Repairs::NONE
            && let Some(raw) = self.given.get(reading.source(range.clone()))
            && let Ok(undamaged) = read(raw, options)
            && undamaged.key == link.key
        {
            // They are the page's own then, as in an address with Japanese words.
            link = undamaged;
            repairs = Repairs::NONE;
        }
        let key = Ok(link.key.clone());
        // A query alone is no link.
        let link = Some(link).filter(|_| found.separator > 0);
        self.keep(reading, range, repairs, key, link);
    }
}

/// The link in a text that is nothing else; an error if there is none, or if its key is none.
fn read(text: &str, options: &LinkOptions) -> Result<Link, LinkError> {
    let link = link::parse(text, options)?.ok_or(LinkError::Parameter)?;
    check(&link.key)?;
    if options.parameter == USERKIT && link.key.kind() != KeyKind::Userkit {
        return Err(LinkError::Parameter);
    }
    Ok(link)
}

/// Whether nothing is missing at the end of a key, as far as its shape does not say.
pub(super) fn check(key: &InviteKey) -> Result<(), Malformed> {
    let text = key.reveal();
    let signature = text.bytes().rev().take_while(|byte| *byte != b'.').count();
    if key.kind() != KeyKind::Signed || signature == SIGNATURE_LENGTH {
        return Ok(());
    }
    let (reason, hint) = if signature < SIGNATURE_LENGTH {
        (Reason::TooShort, "cut off?")
    } else {
        (Reason::TooLong, "something added?")
    };
    Err(Malformed::new(reason, Some(text.len()), Some(hint)))
}

/// An opaque key that goes on in the next line or lines, written from `start` on: the writer stands behind the key.
pub(super) fn joined(
    reading: &Reading,
    start: usize,
    first: Range<usize>,
) -> Option<(Writer<'_>, usize)> {
    const MAX_BREAKS: usize = 4;
    let bytes = reading.text().as_bytes();
    let mut key = Zeroizing::new(String::from(reading.slice(first.clone())));
    if !key.starts_with(OPAQUE_PREFIX) {
        return None;
    }
    let mut writer = Writer::new(reading, start);
    let mut at = first.end;
    for _ in 0..MAX_BREAKS {
        let nearby = bytes.get(..bytes.len().min(at + 100))?;
        let (next, breaks) = undo::margin(nearby, at, 8);
        if breaks != 1 || key.len() >= OPAQUE_LENGTH {
            return None;
        }
        writer.keep(at);
        writer.leave_out(next, Repair::LineBreak);
        let more = bytes.get(next..)?.iter();
        let count = more
            .take(OPAQUE_LENGTH)
            .take_while(|byte| address::is_word(**byte))
            .count();
        at = next + count;
        push_secret(&mut key, reading.slice(next..at));
        if InviteKey::parse(&key).is_ok() {
            writer.keep(at);
            return Some((writer, at));
        }
    }
    None
}

/// Where `resource=` ends: what follows the id is no part of it.
fn end_of_resource(reading: &Reading, start: usize, end: usize) -> Option<usize> {
    let text = reading.slice(start..end).as_bytes();
    let value = address::parameter(text, b"resource")?.value;
    let id = text.iter().skip(value);
    let length = id
        .take_while(|byte| address::is_word(**byte) || **byte == b'.')
        .count();
    Some(start + value + length)
}

fn rest_of(reading: &Reading, at: usize) -> &[u8] {
    reading.text().as_bytes().get(at..).unwrap_or_default()
}
