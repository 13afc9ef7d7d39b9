//! What one reading of the text found at one place.

use core::ops::Range;

use super::repair::Repairs;
use crate::key::InviteKey;
use crate::link::Link;
use crate::verdict::Malformed;

#[derive(Debug)]
pub(crate) struct Piece {
    /// In the text that was given.
    pub(crate) range: Range<usize>,
    pub(crate) key: Result<InviteKey, Malformed>,
    pub(crate) link: Option<Link>,
    pub(crate) repairs: Repairs,
    /// Whether another way to read it is better, if there is one.
    pub(crate) is_doubtful: bool,
}

impl Piece {
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.range.start < other.range.end && other.range.start < self.range.end
    }
}
