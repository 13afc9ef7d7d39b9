//! How long what has ended is kept.

use std::str::FromStr;

use clap::Args;
use jiff::{Span, SpanRelativeTo};

/// When to forget.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Database")]
pub struct PurgeOptions {
    /// How long to keep invites that have expired or were removed, and events, as in 12h or 90d. Once an hour what is
    /// older is deleted, a few hundred rows at a time. Nobody loses access
    #[arg(
        long,
        value_name = "DURATION",
        env = "INVITE_SERVER_KEEP_ENDED",
        default_value = "30d"
    )]
    pub keep_ended: Period,
}

/// A stretch of time, as in `90s`, `12h`, `30d` or `1d 12h`; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(u64);

impl Period {
    /// How long it is, in seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Period, Self::Err> {
        let seconds = || {
            let span: Span = text.parse().ok()?;
            let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
            u64::try_from(time.as_secs()).ok()
        };
        seconds()
            .map(Period)
            .ok_or("write a number and its unit, as in 90s, 12h or 30d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_with_their_units() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("12h", 43_200),
            ("30d", 2_592_000),
            ("1d 12h", 129_600),
            ("2w", 1_209_600),
        ] {
            assert_eq!(text.parse(), Ok(Period(seconds)), "{text}");
        }
        for wrong in ["", "30", "-1d", "soon", "30 parsecs"] {
            assert!(wrong.parse::<Period>().is_err(), "{wrong}");
        }
    }
}
