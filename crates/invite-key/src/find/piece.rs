//! What one reading of the text found at one place.

use core::ops::Range;

use super::repair::Repairs;
use crate::key::InviteKey;
use crate::link::Link;
use crate::verdict::Malformed;

#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// In the text that was given.
    pub(super) range: Range<usize>,
    pub(super) key: Result<InviteKey, Malformed>,
    pub(super) link: Option<Link>,
    pub(super) repairs: Repairs,
    /// Whether another way to read it is better, if there is one.
    pub(super) is_doubtful: bool,
}

impl Piece {
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.range.start < other.range.end && other.range.start < self.range.end
    }
}
