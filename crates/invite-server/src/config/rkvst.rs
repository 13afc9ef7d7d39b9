//! RKVST's Invites API.

use clap::Args;

use super::Period;
use crate::core::options::MAX_AGE_LIMIT;

/// RKVST's Invites API, which clients (`invite-server apps add --dialect rkvst`) call.
#[derive(Debug, Clone, Copy, Args)]
pub struct RkvstOptions {
    /// How long an invite lasts that an RKVST client creates, as in 12h or 7d; 30 days at most. That API has no option
    /// for it
    #[arg(
        long,
        value_name = "DURATION",
        env = "INVITE_SERVER_RKVST_LIFETIME",
        default_value = "7d",
        value_parser = lifetime,
        help_heading = "RKVST"
    )]
    pub rkvst_lifetime: u32,
}

/// In seconds.
fn lifetime(text: &str) -> Result<u32, &'static str> {
    let period: Period = text.parse()?;
    u32::try_from(period.seconds())
        .ok()
        .filter(|seconds| (1..=MAX_AGE_LIMIT).contains(seconds))
        .ok_or("an invite lasts a second at least and 30 days at most")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invites_last_thirty_days_at_most() {
        assert_eq!(lifetime("7d"), Ok(7 * 86_400));
        assert_eq!(lifetime("30d"), Ok(MAX_AGE_LIMIT));
        for wrong in ["0s", "31d", "7", ""] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }
}
