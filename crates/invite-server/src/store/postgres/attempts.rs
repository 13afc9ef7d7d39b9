//! Trying again, with a pause that grows and differs from caller to caller.

use std::time::Duration;

const FIRST_PAUSE: u64 = 2;
const LONGEST_PAUSE: u64 = 500;

pub(super) struct Attempts(u32);

impl Attempts {
    pub(super) fn new() -> Attempts {
        Attempts(1)
    }

    /// Waits and says yes, or says that it was tried often enough.
    pub(super) async fn another(&mut self, most: u32) -> bool {
        if self.0 >= most {
            return false;
        }
        let longest = FIRST_PAUSE
            .saturating_mul(1 << self.0.min(16))
            .min(LONGEST_PAUSE);
        let mut random = [0u8; 2];
        // Without random bytes all wait equally long: slower, not wrong.
        let _ = getrandom::fill(&mut random);
        let part = u64::from(u16::from_be_bytes(random));
        let pause = longest / 2 + longest * part / (2 * u64::from(u16::MAX));
        tokio::time::sleep(Duration::from_millis(pause)).await;
        self.0 += 1;
        true
    }
}
