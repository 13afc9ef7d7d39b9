//! Multiples of one point, computed once, so that multiplying it takes additions only.

use alloc::vec::Vec;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

/// Bits of a scalar that one addition takes care of. More bits mean fewer additions and a table of twice the size
/// for each: 215 KB in the browser, 1.2 MB elsewhere.
const BITS: usize = if cfg!(target_arch = "wasm32") { 6 } else { 9 };
const WINDOWS: usize = 256_usize.div_ceil(BITS);
const HALF: usize = 1 << (BITS - 1);

/// For each window of a scalar, the 1- to `HALF`-fold of the point times the window's weight.
pub(super) struct Table {
    multiples: Vec<EdwardsPoint>,
}

impl Table {
    pub(super) fn new(point: &EdwardsPoint) -> Self {
        let mut multiples = Vec::with_capacity(WINDOWS * HALF);
        let mut weighted = *point;
        for _ in 0..WINDOWS {
            let mut multiple = weighted;
            for _ in 1..HALF {
                multiples.push(multiple);
                multiple += &weighted;
            }
            multiples.push(multiple);
            weighted = multiple + multiple;
        }
        Self { multiples }
    }

    /// Adds the point times the scalar to `sum`. Its time tells the scalar, which in a verification is public.
    pub(super) fn add_to(&self, sum: &mut EdwardsPoint, scalar: &Scalar) {
        let digits = Digits::new(scalar);
        for (multiples, digit) in self.multiples.chunks_exact(HALF).zip(digits) {
            let distance = digit.unsigned_abs() as usize;
            // A digit is never farther from zero than `HALF`. Were it, the sum would be wrong and the signature refused.
            if let Some(multiple) = distance
                .checked_sub(1)
                .and_then(|index| multiples.get(index))
            {
                if digit > 0 {
                    *sum += multiple;
                } else {
                    *sum -= multiple;
                }
            }
        }
    }
}

/// The digits of a scalar to the base 2^`BITS`, lowest first, from −`HALF` + 1 to `HALF`.
struct Digits<'scalar> {
    rest: core::slice::Iter<'scalar, u8>,
    buffer: u32,
    buffered: usize,
    carry: u32,
}

impl<'scalar> Digits<'scalar> {
    fn new(scalar: &'scalar Scalar) -> Self {
        Self {
            rest: scalar.as_bytes().iter(),
            buffer: 0,
            buffered: 0,
            carry: 0,
        }
    }
}

impl Iterator for Digits<'_> {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        while self.buffered < BITS {
            let byte = self.rest.next().copied().unwrap_or(0);
            self.buffer |= u32::from(byte) << self.buffered;
            self.buffered += 8;
        }
        let digit = (self.buffer & ((1 << BITS) - 1)) + self.carry;
        self.buffer >>= BITS;
        self.buffered -= BITS;
        let above = digit as usize > HALF;
        self.carry = u32::from(above);
        Some(digit as i32 - if above { 1 << BITS } else { 0 })
    }
}
