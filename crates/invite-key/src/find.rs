//! Finding invites in what people paste: a mail, a chat, a page.
//!
//! Mail and chat programs damage links in ways of their own: they break lines, escape characters, wrap links into others.
//! What they did is undone here as far as there is only one way to undo it, and each [`Repair`] is reported. What stands
//! there undamaged is taken as it stands; a reading that repairs is tried beside it and never against it.

#![allow(
    clippy::vec_box,
    reason = "pieces are moved often, and each move of one is written out in the browser's module"
)]

mod address;
mod candidate;
mod merge;
mod octet;
mod piece;
mod reading;
mod redirect;
mod repair;
mod scan;
mod token;
mod undo;

use alloc::boxed::Box;
use alloc::vec::{self, Vec};
use core::ops::Range;

use crate::key::InviteKey;
use crate::link::{Link, LinkOptions};
use crate::verdict::Malformed;

pub(crate) use piece::Piece;
use reading::Reading;
pub use repair::Repair;
use scan::Scan;

/// The longest text, in bytes, that is looked at; of a longer one, this much of its beginning.
pub const MAX_TEXT: usize = 1 << 20;

/// How many invites, broken ones included, are found in one text.
pub const MAX_FOUND: usize = 1000;

/// Finds the invites in a text, in the order in which they stand there.
///
/// ```
/// use invite_key::find::{Repair, find};
///
/// let mail = "Join us: <https://host/notes/?lang=da&amp;acceptInvite=inv1_0000000000000000000\n\
///             000000000001J49hq>. See you there!";
/// let found = find(mail).next().expect("there is one");
/// assert_eq!(found.key.reveal(), "inv1_0000000000000000000000000000001J49hq");
/// assert_eq!(found.link.expect("it stands in a link").page, "https://host/notes/?lang=da");
/// assert_eq!(found.repairs, [Repair::LineBreak, Repair::HtmlEntity]);
/// assert!(mail[found.range].ends_with("1J49hq"));
/// ```
///
/// A text of 64 small hex digits that stands alone is a key as Webstrates makes them, or a checksum of something: that
/// cannot be told apart offline.
///
/// It takes time in proportion to the text's length, whatever stands in it.
pub fn find(text: &str) -> Finds {
    find_with(text, &LinkOptions::default())
}

/// [`find`], where links carry the key under a name of your own.
pub fn find_with(text: &str, options: &LinkOptions) -> Finds {
    let All {
        pieces,
        is_complete,
        work,
    } = all(text, options);
    let mut broken = Vec::new();
    let mut found = Vec::new();
    for piece in pieces {
        let repairs = piece.repairs.list().collect();
        match piece.key {
            Ok(key) => found.push(Found {
                range: piece.range,
                key,
                link: piece.link,
                repairs,
            }),
            Err(malformed) => broken.push(Broken {
                range: piece.range,
                malformed,
                repairs,
            }),
        }
    }
    Finds {
        found: found.into_iter(),
        broken,
        is_complete,
        work,
    }
}

/// Everything that was found, in order.
pub(crate) struct All {
    pub(crate) pieces: Vec<Box<Piece>>,
    pub(crate) is_complete: bool,
    work: usize,
}

pub(crate) fn all(text: &str, options: &LinkOptions) -> All {
    let seen = beginning(text);
    let mut scan = Scan::new(seen, options);
    let raw = Reading::of(seen);
    let (mut pieces, joined) = look(&mut scan, &raw, false);
    scan.spend(seen.len());
    // Only a text in which undoing changes something was perhaps quoted-printable.
    if let Some(unquoted) = undo::quoted_printable(&raw) {
        let (second, in_brackets) = look(&mut scan, &unquoted, true);
        let mut second = merge::wider(second, in_brackets);
        scan.spend(seen.len());
        let names = [options.parameter.as_str(), "resource"];
        second.retain_mut(|piece| {
            let looks = undo::looks(seen.as_bytes(), piece.range.clone(), &names);
            piece.is_doubtful = looks == undo::Looks::Doubtful;
            looks != undo::Looks::Plain
        });
        pieces = merge::into(pieces, second);
    }
    pieces = merge::wider(pieces, joined);
    All {
        pieces,
        is_complete: seen.len() == text.len() && scan.is_complete(),
        work: scan.work(),
    }
}

/// What is found in the text as it stands, or unquoted, with single characters mended; and what is found when besides
/// what is broken inside angle brackets is joined.
fn look(
    scan: &mut Scan<'_>,
    reading: &Reading,
    unquoted: bool,
) -> (Vec<Box<Piece>>, Vec<Box<Piece>>) {
    scan.spend(2 * reading.text().len());
    let mended = undo::characters(reading);
    let reading = mended.as_ref().unwrap_or(reading);
    let pieces = scan.whole(reading, unquoted);
    let joined = undo::brackets(reading);
    let in_brackets = joined.map(|joined| scan.whole(&joined, unquoted));
    (pieces, in_brackets.unwrap_or_default())
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// An invite that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// Where it stands in the text that was given, in bytes: the whole link, or the key where it stands alone. Of a link
    /// that was wrapped into another, the other.
    pub range: Range<usize>,
    /// The key.
    pub key: InviteKey,
    /// The link that it stands in, repaired.
    pub link: Option<Link>,
    /// What was undone to read it, each once.
    pub repairs: Vec<Repair>,
}

/// What is meant to be an invite, but its key is malformed, however it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// Where it stands in the text that was given, in bytes.
    pub range: Range<usize>,
    /// What is wrong with the key. Its `at` counts from the beginning of the key.
    pub malformed: Malformed,
    /// What was undone to read it, each once.
    pub repairs: Vec<Repair>,
}

/// What [`find`] found: an iterator over the invites.
#[derive(Clone, Debug)]
pub struct Finds {
    found: vec::IntoIter<Found>,
    broken: Vec<Broken>,
    is_complete: bool,
    work: usize,
}

impl Finds {
    /// What is meant to be an invite but has no key: a link that was cut off, a key with a typing error.
    ///
    /// ```
    /// let finds = invite_key::find::find("https://host/notes/?acceptInvite=0b7e95c4d1");
    /// assert_eq!(finds.broken()[0].malformed.hint.as_deref(), Some("10 of 64 characters: cut off?"));
    /// assert_eq!(finds.count(), 0);
    /// ```
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Whether all of the text was looked at: not if it is longer than [`MAX_TEXT`] or has more than [`MAX_FOUND`].
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many bytes were looked at, one as often as it was. For the test that this is in proportion to the text.
    #[doc(hidden)]
    pub fn work(&self) -> usize {
        self.work
    }
}

impl Iterator for Finds {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.found.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.found.size_hint()
    }
}

impl ExactSizeIterator for Finds {}
