//! Chance that can be repeated, for faults; and ids, which need none.

use invite_key::hex;

/// SplitMix64.
#[derive(Debug)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to just below 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `from` to `to`, both included.
    pub(super) fn between(&mut self, from: u32, to: u32) -> u32 {
        let span = f64::from(to.saturating_sub(from)) + 1.0;
        from.saturating_add((self.share() * span) as u32)
    }
}

/// `N` random bytes in lower-case hex.
pub(super) fn hex_id<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    // Without the system's randomness a loopback test server is still good for tests.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_choices_within_bounds() {
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        for _ in 0..1000 {
            let number = one.between(5, 9);
            assert!((5..=9).contains(&number));
            assert_eq!(number, other.between(5, 9));
        }
        assert_eq!(Random::new(1).between(3, 3), 3);
        assert_ne!(Random::new(1).next(), Random::new(2).next());
    }

    #[test]
    fn ids_are_hex() {
        assert_eq!(hex_id::<12>().len(), 24);
    }
}
