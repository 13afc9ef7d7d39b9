//! Mails to one address, whoever asks for them, and mails that are given up.

use super::{Change, Quotas, tell};
use crate::core::{
    EventKind, MailChange, MailState, Moment, Refusal,
    state::{State, StoredInvite, StoredMail},
};

/// Counts a mail, where one would go to somebody and such mails are counted.
pub(super) fn count(state: &State, quotas: Quotas, now: Moment) -> Result<Option<Change>, Refusal> {
    let Some(recipient) = state.recipient.as_ref().filter(|_| quotas.mails > 0) else {
        return Ok(None);
    };
    let recipient = recipient.asked_again(quotas.mails, now)?;
    Ok(Some(Change::Mail(MailChange::Count(recipient))))
}

/// Gives a mail up and tells why, unless it was asked for again since it was taken.
pub fn give_up_mail(state: &State, until: Moment, trouble: &str, now: Moment) -> Vec<Change> {
    let taken = |invite: &&StoredInvite| {
        let mail = invite.mail.as_ref();
        mail.is_some_and(|mail| mail.due_at == Some(until))
    };
    let Some(invite) = state.invite.as_ref().filter(taken) else {
        return Vec::new();
    };
    let failed = StoredInvite {
        mail: Some(StoredMail {
            state: MailState::Failed,
            due_at: None,
            trouble: Some(trouble.to_owned()),
        }),
        ..invite.clone()
    };
    let given_up = MailChange::GiveUp {
        invite: invite.id.clone(),
        until,
        trouble: trouble.to_owned(),
    };
    vec![
        Change::Mail(given_up),
        tell(EventKind::Unmailed, &failed, &invite.inviter, now),
    ]
}
