//! Two readings of one text, made one. The first is nearer to what stands there.

use alloc::vec::Vec;

use super::piece::Piece;

/// Takes from the second reading what the first does not have: a key, for a key that stands alone the link around it, and
/// for the end of a link the whole.
pub(super) fn into(first: Vec<Piece>, second: Vec<Piece>) -> Vec<Piece> {
    merge(first, second, |old, new| {
        new.link.is_some() && (old.link.is_none() || new.range.start < old.range.start)
    })
}

/// The same, and a wider range wins: of a link that was joined the first reading has only the beginning.
pub(super) fn wider(first: Vec<Piece>, second: Vec<Piece>) -> Vec<Piece> {
    merge(first, second, |old, new| {
        new.range.len() > old.range.len() && new.link.is_some() >= old.link.is_some()
    })
}

/// Both are in order, and the pieces of each stand beside each other.
fn merge(
    first: Vec<Piece>,
    second: Vec<Piece>,
    is_better: impl Fn(&Piece, &Piece) -> bool,
) -> Vec<Piece> {
    let mut merged = Vec::with_capacity(first.len().max(second.len()));
    let mut rest = first.into_iter().peekable();
    for new in second {
        while let Some(before) = rest.next_if(|old| old.range.end <= new.range.start) {
            merged.push(before);
        }
        let mut wins = true;
        let mut old = Vec::new();
        while let Some(piece) = rest.next_if(|old| old.overlaps(&new)) {
            wins &= match (&piece.key, &new.key) {
                (Ok(_), Err(_)) => false,
                (Ok(key), Ok(same)) => key == same && is_better(&piece, &new),
                (Err(_), _) => true,
            };
            old.push(piece);
        }
        if wins {
            merged.push(new);
        } else {
            merged.append(&mut old);
        }
    }
    merged.extend(rest);
    merged
}
