//! How much of something there may be.

use super::{Moment, Refusal};

/// How long a mail that was asked for counts against its recipient: an hour, in seconds.
pub(super) const MAIL_SECONDS: u32 = 3600;

/// How much of something there may be; 0 is any number. What counts is in the database, so that all copies of the server
/// count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Invites of one person on one resource that can be accepted: not over, not taken back, with uses left.
    pub invites: u32,
    /// Resources that one person has created and that are still there.
    pub resources: u32,
    /// Mails to one address in any hour, whoever asks for them.
    pub mails: u32,
}

impl Quotas {
    /// Unless the operator says otherwise.
    pub const USUAL: Quotas = Quotas {
        invites: 1_000,
        resources: 200,
        mails: 3,
    };

    /// Any number of all.
    pub const NONE: Quotas = Quotas {
        invites: 0,
        resources: 0,
        mails: 0,
    };
}

impl Default for Quotas {
    fn default() -> Quotas {
        Quotas::USUAL
    }
}

/// Somebody to whom mails were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What is the same for all spellings of the address.
    pub address: String,
    /// When, the oldest first, as far as it is remembered.
    pub asked_at: Vec<Moment>,
    /// Whether there is a row of it.
    pub is_known: bool,
}

impl Recipient {
    /// The same with another mail at this moment, if there may be another; those that count no longer are forgotten.
    pub(super) fn asked_again(&self, quota: u32, now: Moment) -> Result<Recipient, Refusal> {
        let counts = |at: &&Moment| at.plus_seconds(MAIL_SECONDS) > now;
        let mut asked_at: Vec<Moment> = self.asked_at.iter().filter(counts).copied().collect();
        let before = asked_at.len().checked_sub(quota as usize);
        if let Some(oldest) = before.and_then(|place| asked_at.get(place)) {
            let left = oldest.plus_seconds(MAIL_SECONDS).0 - now.0;
            return Err(mails(quota, left));
        }
        asked_at.push(now);
        Ok(Recipient {
            asked_at,
            ..self.clone()
        })
    }

    /// When nothing of it counts any more.
    pub fn until(&self) -> Moment {
        let last = self.asked_at.last().copied().unwrap_or(Moment(0));
        last.plus_seconds(MAIL_SECONDS)
    }
}

/// Refuses one more where there are as many as may be.
pub(super) fn one_more(
    there_are: u32,
    quota: u32,
    full: impl FnOnce() -> Refusal,
) -> Result<(), Refusal> {
    if quota > 0 && there_are >= quota {
        return Err(full());
    }
    Ok(())
}

pub(super) fn invites(quota: u32, resource: &str) -> Refusal {
    let sentence = format!(
        "You have {quota} live invites to {resource}, as many as there may be. Remove some, or wait until some are used up \
         or over."
    );
    Refusal::LimitReached { sentence }
}

pub(super) fn resources(quota: u32) -> Refusal {
    let sentence = format!(
        "You have created {quota} resources that are still there, as many as there may be. Delete one before you create \
         another."
    );
    Refusal::LimitReached { sentence }
}

fn mails(quota: u32, milliseconds: i64) -> Refusal {
    let wait = match milliseconds.div_euclid(60_000) + 1 {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    let sentence = format!(
        "That address was sent {quota} mails within the hour, as many as may be. Hand the link over another way, or try \
         again in {wait}."
    );
    Refusal::LimitReached { sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_count_for_an_hour() {
        const HOUR: i64 = 3_600_000;
        let mut bob = Recipient {
            address: "bob@example.com".into(),
            asked_at: Vec::new(),
            is_known: false,
        };
        for at in [0, HOUR / 2, HOUR - 1] {
            bob = bob.asked_again(3, Moment(at)).unwrap();
        }
        assert_eq!(bob.until(), Moment(2 * HOUR - 1));
        let refused = bob.asked_again(3, Moment(HOUR - 1)).unwrap_err();
        assert_eq!(refused.code(), "limit_reached");
        assert!(refused.sentence().contains("in a minute"), "{refused:?}");
        // The first counts no longer, the second does.
        bob = bob.asked_again(3, Moment(HOUR)).unwrap();
        assert_eq!(bob.asked_at.len(), 3);
        let refused = bob.asked_again(3, Moment(HOUR)).unwrap_err();
        assert!(refused.sentence().contains("in 31 minutes"), "{refused:?}");
        // A quota that was lowered meanwhile waits for so many to be forgotten.
        let refused = bob.asked_again(1, Moment(HOUR)).unwrap_err();
        assert!(refused.sentence().contains("in 61 minutes"), "{refused:?}");
        // A clock that was put back makes nobody wait for ever.
        let refused = bob.asked_again(3, Moment(0)).unwrap_err();
        assert!(refused.sentence().contains("in 91 minutes"), "{refused:?}");
    }
}
