//! How many tests passed and failed, read from what the test runners print at their end.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one stage, filled line by line.
#[derive(Default)]
pub(crate) struct Tally {
    passed: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    /// Takes a line of output into account when it is a runner's summary.
    pub(crate) fn listen(&self, line: &str) {
        let line = line.trim();
        let (passed, failed) = if line.starts_with("Summary [") {
            // nextest: `Summary [ 1.2s] 3 tests run: 3 passed, …`. It shows what each failed test printed, which ends
            // with a result of its own: that of one attempt, and counted here.
            self.passed.store(before(line, "passed"), Ordering::Relaxed);
            let failed = before(line, "failed") + before(line, "timed");
            self.failed.store(failed, Ordering::Relaxed);
            return;
        } else if line.starts_with("test result:") {
            // cargo test: `test result: ok. 3 passed; 0 failed; …`
            (before(line, "passed"), before(line, "failed"))
        } else if let Some(rest) = line.strip_prefix("ℹ ") {
            // node --test prints each count on a line of its own.
            match rest.split_once(' ') {
                Some(("pass", count)) => (count.parse().unwrap_or(0), 0),
                Some(("fail" | "cancelled", count)) => (0, count.parse().unwrap_or(0)),
                _ => return,
            }
        } else {
            return;
        };
        self.passed.fetch_add(passed, Ordering::Relaxed);
        self.failed.fetch_add(failed, Ordering::Relaxed);
    }

    /// Takes over what another counted.
    pub(crate) fn add(&self, other: &Tally) {
        for (mine, theirs) in [(&self.passed, &other.passed), (&self.failed, &other.failed)] {
            mine.fetch_add(theirs.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Passed and failed. A stage that counts no tests is one check; one that failed has failed at least once.
    pub(crate) fn counts(&self, succeeded: bool) -> (u64, u64) {
        let (passed, failed) = (
            self.passed.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        );
        match (succeeded, passed, failed) {
            (true, 0, 0) => (1, 0),
            (true, ..) => (passed, failed),
            (false, ..) => (passed, failed.max(1)),
        }
    }
}

/// The number in front of a word.
fn before(line: &str, word: &str) -> u64 {
    let mut last = 0;
    for part in line.split([' ', ',', ';']) {
        if part == word {
            return last;
        }
        last = part.parse().unwrap_or(0);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> (u64, u64) {
        let tally = Tally::default();
        lines.iter().for_each(|line| tally.listen(line));
        tally.counts(true)
    }

    #[test]
    fn reads_cargo() {
        let lines = [
            "test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured",
            "test result: ok. 1 passed; 0 failed;",
        ];
        assert_eq!(counted(&lines), (8, 2));
    }

    #[test]
    fn reads_nextest() {
        let line = "     Summary [   0.012s] 9 tests run: 6 passed (1 slow), 2 failed, 1 timed out, 3 skipped";
        assert_eq!(counted(&[line]), (6, 3));
    }

    #[test]
    fn counts_a_test_that_failed_twice_once() {
        let attempt =
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 8 filtered out";
        let summary = "     Summary [   9.1s] 9 tests run: 8 passed, 1 failed, 0 skipped";
        assert_eq!(counted(&[attempt, attempt, summary]), (8, 1));
    }

    #[test]
    fn reads_node() {
        assert_eq!(
            counted(&[
                "ℹ tests 5",
                "ℹ pass 3",
                "ℹ fail 1",
                "ℹ cancelled 1",
                "ℹ duration_ms 3"
            ]),
            (3, 2)
        );
    }

    #[test]
    fn a_stage_without_tests_is_one_check() {
        assert_eq!(counted(&["anything"]), (1, 0));
        assert_eq!(Tally::default().counts(false), (0, 1));
    }
}
