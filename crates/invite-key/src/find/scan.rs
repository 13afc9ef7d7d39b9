//! Going through a reading once, from one stretch without white space to the next.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use super::MAX_FOUND;
use super::address::{self, Scheme};
use super::piece::Piece;
use super::reading::{Reading, Writer};
use super::repair::{Repair, Repairs};
use super::{octet, redirect, undo};
use crate::key::InviteKey;
use crate::link::{Link, LinkOptions};
use crate::verdict::Malformed;

/// How often what was found in a text may be decoded and looked at again.
const MAX_DEPTH: u8 = 4;

/// How many bytes may be looked at for each of the text, one as often as it is. The worst that fuzzing made up took 274;
/// it is what makes time proportional to length even where something was overlooked.
const MAX_WORK: usize = 400;

/// A search under way.
pub(super) struct Scan<'given> {
    /// The text that was given.
    pub(super) given: &'given str,
    pub(super) options: &'given LinkOptions,
    found: Vec<Box<Piece>>,
    work: usize,
    is_complete: bool,
}

/// Which reading is gone through.
#[derive(Clone)]
pub(super) struct Place {
    depth: u8,
    /// Whether quoted-printable was undone.
    pub(super) unquoted: bool,
}

impl Place {
    /// Whether this is no decoded part of the text but all of it.
    pub(super) fn is_whole(&self) -> bool {
        self.depth == 0
    }
}

impl<'given> Scan<'given> {
    pub(super) fn new(given: &'given str, options: &'given LinkOptions) -> Self {
        Self {
            given,
            options,
            found: Vec::new(),
            work: 0,
            is_complete: true,
        }
    }

    /// Whether nothing was left out.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// Counts bytes that are looked at. Not if there were too many already.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        self.work += bytes;
        if self.work > MAX_WORK * (self.given.len() + 100) {
            self.is_complete = false;
        }
        self.is_complete
    }

    /// Goes through a reading of the whole text.
    pub(super) fn whole(&mut self, reading: &Reading, unquoted: bool) -> Vec<Box<Piece>> {
        let place = Place { depth: 0, unquoted };
        self.go_through(reading, &place);
        // They come nearly in order. The standard library's sort would be three kilobytes of the browser's module.
        let mut sorted: Vec<Box<Piece>> = Vec::new();
        for piece in core::mem::take(&mut self.found) {
            let start = piece.range.start;
            let later = sorted
                .iter()
                .rev()
                .take_while(|other| other.range.start > start);
            sorted.insert(sorted.len() - later.count(), piece);
        }
        sorted
    }

    /// Goes through what was decoded, if it was not decoded too often. Whether something was found in it.
    pub(super) fn go_deeper(&mut self, reading: &Reading, place: &Place) -> bool {
        if place.depth >= MAX_DEPTH {
            return false;
        }
        let before = self.found.len();
        self.spend(2 * reading.text().len());
        let mended = undo::characters(reading);
        let place = Place {
            depth: place.depth + 1,
            ..*place
        };
        self.go_through(mended.as_ref().unwrap_or(reading), &place);
        self.found.len() > before
    }

    fn go_through(&mut self, reading: &Reading, place: &Place) {
        let text = reading.text();
        let mut start = 0;
        for (at, character) in text.char_indices() {
            if address::is_delimiter(character) {
                self.stretch(reading, place, start..at);
                start = at + character.len_utf8();
            }
        }
        self.stretch(reading, place, start..text.len());
    }

    /// A stretch without white space: addresses, one after the other, and what stands before them.
    fn stretch(&mut self, reading: &Reading, place: &Place, stretch: Range<usize>) {
        if stretch.is_empty() || !self.spend(stretch.len()) {
            return;
        }
        let end = stretch.end;
        let bytes = reading.text().as_bytes().get(..end).unwrap_or_default();
        let mut next = address::next(bytes, stretch.start);
        let before = next.map_or(end, |(start, _)| start);
        if stretch.start < before {
            self.without_scheme(reading, place, stretch.start..before);
        }
        while let Some((start, scheme)) = next {
            next = address::next(bytes, start + 4);
            let own_end = next.map_or(end, |(start, _)| start);
            let done = match scheme {
                Scheme::Encoded => self.encoded(reading, place, start..end),
                Scheme::Plain => self.plain(reading, place, start, own_end, end),
            };
            while let Some((start, _)) = next.filter(|(start, _)| *start < done) {
                next = address::next(bytes, start + 4);
            }
        }
    }

    /// An address that is percent-encoded, scheme and all: a value of another's query, which ends where that ends.
    fn encoded(&mut self, reading: &Reading, place: &Place, range: Range<usize>) -> usize {
        let value = reading
            .slice(range.clone())
            .bytes()
            .take_while(|byte| !matches!(byte, b'&' | b'#'))
            .count();
        let end = range.start + value;
        self.spend(2 * value);
        let inner = decoded(reading, range.start, range.start, end);
        self.go_deeper(&inner, place);
        end
    }

    /// An address as it should be, up to the next address or the stretch's end. Up to where it reaches.
    fn plain(
        &mut self,
        reading: &Reading,
        place: &Place,
        start: usize,
        own_end: usize,
        end: usize,
    ) -> usize {
        let address = reading.slice(start..end);
        let Some(wrapped) = redirect::unwrap(address, own_end - start) else {
            return self.link(reading, place, start, own_end, end);
        };
        self.spend(3 * address.len());
        let until = start + address::trimmed(address);
        let range = reading.source(start..until);
        let mut repairs = reading.repairs(start..until).and(wrapped.by.into());
        if address::trails(reading.before(start), reading.after(until)) {
            repairs = repairs.and(Repair::TrailingText.into());
        }
        let before = self.found.len();
        self.go_deeper(&wrapped.read(reading, start), place);
        match self.found.get_mut(before..) {
            Some([inner]) => {
                inner.range = range;
                inner.repairs = inner.repairs.and(repairs);
            }
            // If there is more in it, it is a text and no link, and each stands where it stands.
            Some(several) => {
                for inner in several {
                    inner.repairs = inner.repairs.and(wrapped.by.into());
                }
            }
            None => {}
        }
        end
    }

    /// Keeps what was found.
    pub(super) fn keep(
        &mut self,
        reading: &Reading,
        range: Range<usize>,
        repairs: Repairs,
        key: Result<InviteKey, Malformed>,
        link: Option<Link>,
    ) {
        if self.found.len() >= MAX_FOUND {
            self.is_complete = false;
            return;
        }
        let mut repairs = repairs;
        if key.is_ok() && address::trails(reading.before(range.start), reading.after(range.end)) {
            repairs = repairs.and(Repair::TrailingText.into());
        }
        self.found.push(Box::new(Piece {
            range: reading.source(range),
            key,
            link,
            repairs,
            is_doubtful: false,
        }));
    }
}

/// A reading from `start` to `end`, percent-decoded from `from` on.
pub(super) fn decoded(reading: &Reading, start: usize, from: usize, end: usize) -> Reading {
    let mut writer = Writer::new(reading, start);
    let bytes = reading.text().as_bytes().get(..end).unwrap_or_default();
    let mut at = from;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match octet::character(rest, &octet::PERCENT) {
            Some((character, length)) => {
                writer.keep(at);
                at += length;
                writer.replace(at, character, Repair::PercentEncoding);
            }
            None => at += 1,
        }
    }
    writer.finish(end)
}
