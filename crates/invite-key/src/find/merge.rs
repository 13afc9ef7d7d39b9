//! Two readings of one text, made one. The first is nearer to what stands there.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::piece::Piece;

/// Takes from the second reading what the first does not have: a key, for a key that stands alone the link around it, and
/// for the end of a link the whole.
pub(super) fn into(first: Vec<Box<Piece>>, second: Vec<Box<Piece>>) -> Vec<Box<Piece>> {
    merge(first, second, &|old, new| {
        new.link.is_some() && (old.link.is_none() || new.range.start < old.range.start)
    })
}

/// The same, and a wider range wins: of a link that was joined the first reading has only the beginning.
pub(super) fn wider(first: Vec<Box<Piece>>, second: Vec<Box<Piece>>) -> Vec<Box<Piece>> {
    merge(first, second, &|old, new| {
        let is_wider = new.range.len() > old.range.len()
            || (old.is_doubtful && new.range.len() == old.range.len());
        is_wider && new.link.is_some() >= old.link.is_some()
    })
}

/// Both are in order, and the pieces of each stand beside each other.
fn merge(
    first: Vec<Box<Piece>>,
    second: Vec<Box<Piece>>,
    is_better: &dyn Fn(&Piece, &Piece) -> bool,
) -> Vec<Box<Piece>> {
    let mut merged: Vec<Box<Piece>> = Vec::with_capacity(first.len().max(second.len()));
    let mut rest = first.into_iter().peekable();
    for new in second {
        while let Some(before) = rest.next_if(|old| old.range.end <= new.range.start) {
            merged.push(before);
        }
        while let Some(beside) = rest.next_if(|old| old.overlaps(&new)) {
            merged.push(beside);
        }
        let beside = merged.iter().rev().take_while(|old| old.overlaps(&new));
        let mut count = 0;
        let wins = beside.fold(true, |wins, old| {
            count += 1;
            wins && match (&old.key, &new.key) {
                (Ok(_), Err(_)) => false,
                (Ok(key), Ok(same)) => key == same && is_better(old, &new),
                (Err(_), _) => true,
            }
        });
        if wins {
            merged.truncate(merged.len() - count);
            merged.push(new);
        }
    }
    merged.extend(rest);
    merged
}
