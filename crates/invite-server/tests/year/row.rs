//! What a state came to: a line for whoever watches, and one that `xtask` reads.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::bench::hand_over;

/// What may be said when something is amiss. Anything else says too little, where nobody expects it.
const WORDS: [&str; 2] = ["try_again", "unknown_outcome"];

pub struct Row {
    pub state: &'static str,
    pub acknowledged: usize,
    /// Sentences, one for each promise that was broken.
    pub lost: Vec<String>,
    pub refused: BTreeMap<String, usize>,
    /// Until it was ready again, and how long that may take.
    pub ready: Duration,
    pub at_most: Duration,
    /// One line of the log.
    pub said: String,
    /// What else callers may be told, for a reason that the state gives.
    pub words: &'static [&'static str],
}

impl Row {
    /// Shows it, and fails where something is amiss.
    pub fn judge(self) {
        let (state, ready) = (self.state, self.ready.as_secs_f64());
        let refused = self.refused.iter();
        let refused: Vec<String> = refused
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        let (refused, said) = (refused.join(", "), self.said.trim());
        let missing = self.lost.len();
        println!(
            "{state}: {} acknowledged, {missing} missing, ready again after {ready:.1} s; refused: {refused}\n    {said}",
            self.acknowledged
        );
        let wrong = self.refused.keys().map(String::as_str);
        let wrong: Vec<_> = wrong
            .filter(|code| !WORDS.contains(code) && !self.words.contains(code))
            .collect();
        let held = missing == 0 && self.ready <= self.at_most && wrong.is_empty();
        hand_over(&json!({
            "what": format!("{state}: ready again after"), "unit": "s", "ours": ready,
            "atMost": self.at_most.as_secs(), "state": state, "acknowledged": self.acknowledged, "missing": missing,
            "refused": refused, "said": said, "held": held,
        }));
        assert!(
            held,
            "{state}: ready after {ready:.1} s, told {wrong:?}, missing:\n{}",
            self.lost.join("\n")
        );
    }
}

/// It cannot be done here.
pub fn skip(state: &str, why: &str) {
    println!("{state}: skipped: {why}");
    hand_over(&json!({ "state": state, "skipped": why }));
}

/// It ended before it came to anything.
pub fn fail(state: &str) {
    hand_over(&json!({ "state": state, "held": false }));
}

/// It is refused at the start, as it should.
pub fn refused(state: &str, said: &str) {
    let said = said.trim();
    println!("{state}: refused at the start\n    {said}");
    hand_over(
        &json!({ "state": state, "acknowledged": 0, "missing": 0, "said": said, "held": true }),
    );
}
