//! Ed25519 verification, strict, in three ways that always agree.
//!
//! A signature is right when its second half is a canonical scalar *s*, and its first half is the canonical encoding
//! of the point *sB* − *kA*, which is not of small order. That is what `ed25519-dalek`'s `verify_strict` asks, put so
//! that the first half never has to be decompressed. The three ways only differ in how the point is computed and
//! encoded, never in what is compared; a random linear combination, as batch verification commonly does, would accept
//! what a single verification refuses.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use once_cell::race::OnceBox;
use sha2::{Digest as _, Sha512};

use super::table::Table;
use crate::hex;

/// After so many verifications by one key its table is built: a table costs about as much as this many save.
const WARM_AFTER: u32 = 48;

/// How many points share one inversion when a batch is encoded.
pub(super) const CHUNK: usize = 64;

/// Multiples of the base point, shared by all keys.
static BASE: OnceBox<Table> = OnceBox::new();

/// A public key that signatures can be verified with.
///
/// After a few dozen signatures it computes a table of its multiples, which more than doubles its speed.
pub struct PublicKey {
    bytes: [u8; 32],
    /// −*A*, the point that is multiplied.
    negated: EdwardsPoint,
    used: AtomicU32,
    table: OnceBox<Table>,
}

impl PublicKey {
    /// Takes the 32 bytes of a public key. `None` if they are no point, a point of small order (for which anybody can
    /// sign) or not the one canonical encoding of their point.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let point = CompressedEdwardsY(*bytes).decompress()?;
        let usable = !point.is_small_order() && point.compress().as_bytes() == bytes;
        usable.then(|| Self::from_point(*bytes, point))
    }

    pub(super) fn from_point(bytes: [u8; 32], point: EdwardsPoint) -> Self {
        Self {
            bytes,
            negated: -point,
            used: AtomicU32::new(0),
            table: OnceBox::new(),
        }
    }

    /// The key's 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether this key's owner signed the message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.used.fetch_add(1, Ordering::Relaxed);
        let (first, second) = halves(signature);
        self.first_half(message, &first, second)
            .is_some_and(|point| point.compress().0 == first && !is_small_order(first))
    }

    /// Computes the table now instead of after a few dozen signatures.
    pub fn warm_up(&self) {
        self.own_table();
    }

    fn own_table(&self) -> &Table {
        self.table
            .get_or_init(|| Box::new(Table::new(&self.negated)))
    }

    /// The point that the first half of a right signature with this second half encodes: *sB* − *kA*.
    fn first_half(
        &self,
        message: &[u8],
        first: &[u8; 32],
        second: [u8; 32],
    ) -> Option<EdwardsPoint> {
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(second))?;
        let mut hash = Sha512::new();
        hash.update(first);
        hash.update(self.bytes);
        hash.update(message);
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        if self.table.get().is_none() && self.used.load(Ordering::Relaxed) <= WARM_AFTER {
            return Some(EdwardsPoint::vartime_double_scalar_mul_basepoint(
                &k,
                &self.negated,
                &s,
            ));
        }
        let mut sum = EdwardsPoint::identity();
        BASE.get_or_init(|| Box::new(Table::new(&ED25519_BASEPOINT_POINT)))
            .add_to(&mut sum, &s);
        self.own_table().add_to(&mut sum, &k);
        Some(sum)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PublicKey(")?;
        formatter.write_str(&hex::encode(&self.bytes))?;
        formatter.write_str(")")
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for PublicKey {}

/// A signature to be verified: who is said to have signed what.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'data> {
    /// The signer's key.
    pub key: &'data PublicKey,
    /// What was signed.
    pub message: &'data [u8],
    /// The signature.
    pub signature: &'data [u8; 64],
}

/// Verifies many signatures, each for itself, but faster than one by one: their encodings share an inversion.
pub fn verify_each(signed: &[Signed<'_>]) -> Vec<bool> {
    // Counted beforehand, so that a key with many signatures has its table from the first on.
    for one in signed {
        one.key.used.fetch_add(1, Ordering::Relaxed);
    }
    let mut verdicts = Vec::with_capacity(signed.len());
    for chunk in signed.chunks(CHUNK) {
        let firsts = chunk.iter().map(|one| halves(one.signature).0);
        let points: Vec<Option<EdwardsPoint>> = chunk
            .iter()
            .map(|one| {
                let (first, second) = halves(one.signature);
                one.key.first_half(one.message, &first, second)
            })
            .collect();
        let some: Vec<EdwardsPoint> = points
            .iter()
            .map(|point| point.unwrap_or_default())
            .collect();
        let encoded = EdwardsPoint::compress_batch_alloc(&some);
        verdicts.extend(
            firsts
                .zip(&points)
                .zip(encoded)
                .map(|((first, point), encoded)| {
                    point.is_some() && encoded.0 == first && !is_small_order(first)
                }),
        );
    }
    verdicts
}

fn halves(signature: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let mut halves = ([0; 32], [0; 32]);
    let (first, second) = signature.split_at(32);
    halves.0.copy_from_slice(first);
    halves.1.copy_from_slice(second);
    halves
}

/// Whether a canonical encoding is that of one of the eight points of small order. They have five different *y*.
fn is_small_order(mut encoding: [u8; 32]) -> bool {
    encoding[31] &= 0x7F;
    SMALL_ORDER.contains(&encoding)
}

#[rustfmt::skip]
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    [0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
     0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05],
    [0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
     0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A],
];

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::EIGHT_TORSION;

    #[test]
    fn the_points_of_small_order_are_all_listed() {
        let mut listed: Vec<[u8; 32]> = EIGHT_TORSION
            .iter()
            .map(|point| {
                let encoding = point.compress().0;
                assert!(is_small_order(encoding));
                assert!(PublicKey::from_bytes(&encoding).is_none());
                let mut y = encoding;
                y[31] &= 0x7F;
                y
            })
            .collect();
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(listed.len(), SMALL_ORDER.len());
        assert!(!is_small_order(ED25519_BASEPOINT_POINT.compress().0));
    }

    #[test]
    fn a_table_multiplies_as_the_curve_does() {
        let table = Table::new(&ED25519_BASEPOINT_POINT);
        let edge = |byte: u8| Scalar::from_bytes_mod_order([byte; 32]);
        let scalars = [0, 1, 0x55, 0x7F, 0x80, 0xAA, 0xFF].map(edge);
        let ends = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::from(2_u8)];
        let powers = (0..252).map(|bit| {
            let mut bytes = [0; 32];
            bytes[bit / 8] = 1 << (bit % 8);
            Scalar::from_bytes_mod_order(bytes)
        });
        for scalar in scalars.into_iter().chain(ends).chain(powers) {
            let mut sum = EdwardsPoint::identity();
            table.add_to(&mut sum, &scalar);
            assert_eq!(sum, ED25519_BASEPOINT_POINT * scalar);
        }
    }
}
