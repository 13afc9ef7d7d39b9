//! Mails to one address, whoever asks for them.

use super::{Change, Quotas};
use crate::core::{MailChange, Moment, Refusal, state::State};

/// Counts a mail, where one would go to somebody and such mails are counted.
pub(super) fn count(state: &State, quotas: Quotas, now: Moment) -> Result<Option<Change>, Refusal> {
    let Some(recipient) = state.recipient.as_ref().filter(|_| quotas.mails > 0) else {
        return Ok(None);
    };
    let recipient = recipient.asked_again(quotas.mails, now)?;
    Ok(Some(Change::Mail(MailChange::Count(recipient))))
}
