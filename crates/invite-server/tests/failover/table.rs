//! The table: what each kill came to.

use std::time::Duration;

use serde_json::json;

use crate::bench::hand_over;
use crate::kills::KILLS;
use crate::ledger::Phase;
use crate::patroni::TTL;

/// How long service may be away.
const AWAY: Duration = Duration::from_secs(TTL.as_secs() + 10);

/// What may be said when something is amiss. Anything else says too little.
const WORDS: [&str; 2] = ["try_again", "unknown_outcome"];

/// Prints all, and fails where a promise was broken.
pub fn judge(phases: &[Phase]) {
    let mut table = format!(
        "\n{:<32} {:>9} {:>12} {:>13} {:>5}  {}\n",
        "killed", "away for", "whole after", "acknowledged", "lost", "refused"
    );
    let mut broken = Vec::new();
    for (phase, kill) in phases.iter().zip(&KILLS) {
        let refused = phase.refused.iter();
        let refused: Vec<String> = refused
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        table.push_str(&format!(
            "{:<32} {:>9} {:>12} {:>13} {:>5}  {}\n",
            phase.kill,
            seconds(phase.away),
            seconds(phase.whole),
            phase.acknowledged,
            phase.lost.len(),
            refused.join(", "),
        ));
        let most = AWAY + kill.silent();
        hand_over(&json!({
            "what": format!("killed: {}; service away for", phase.kill),
            "unit": "s", "ours": phase.away.as_secs_f64(), "atMost": most.as_secs(),
        }));
        if phase.away > most {
            broken.push(format!("{}: away for {}", phase.kill, seconds(phase.away)));
        }
        let wrong = phase.refused.keys().filter(|code| {
            let expected = kill.cuts_connections() && *code == "no answer";
            !expected && !WORDS.contains(&code.as_str())
        });
        broken.extend(wrong.map(|code| format!("{}: told {code}", phase.kill)));
        broken.extend(
            phase
                .lost
                .iter()
                .map(|lost| format!("{}: {lost}", phase.kill)),
        );
    }
    println!("{table}");
    assert!(broken.is_empty(), "broken:\n{}\n{table}", broken.join("\n"));
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
