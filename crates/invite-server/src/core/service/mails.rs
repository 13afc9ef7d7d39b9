//! Mailing invites.

use super::Invites;
use crate::core::{
    InviteStatus, Letter, Mail, MailChange, Refusal, Store,
    state::{Change, InviteName, Scope, StoredInvite},
};

impl<S: Store> Invites<S> {
    /// Takes mails that are due, so many at most; for so many seconds nobody else gets them.
    pub async fn take_mails(&self, limit: u32, seconds: u32) -> Result<Vec<Mail>, Refusal> {
        let now = self.clock.now();
        self.store
            .claim_mails(now, now.plus_seconds(seconds), limit)
            .await
    }

    /// What a mail brings, as it stands now; `None` where the invite opens nothing any more.
    pub async fn letter(&self, invite: &str) -> Result<Option<Letter>, Refusal> {
        let scope = Scope {
            invite: Some(InviteName::Id(invite.to_owned())),
            ..Scope::default()
        };
        let state = self.store.look(scope).await?;
        let opens = |invite: &StoredInvite| {
            state.inviter_may_grant(invite)
                && invite.status(self.clock.now()) == InviteStatus::Pending
        };
        let Some(invite) = state.invite.clone().filter(opens) else {
            return Ok(None);
        };
        let Some((email, key)) = invite.email.clone().zip(self.key_of(&invite)) else {
            return Ok(None);
        };
        Ok(Some(Letter {
            email,
            key,
            inviter: invite.inviter,
            resource: invite.resource,
            title: state.resource.and_then(|resource| resource.title),
            message: invite.message,
            permissions: invite.permissions,
            expires_at: invite.expires_at,
        }))
    }

    /// Writes how a mail went.
    pub async fn change_mail(&self, change: MailChange) -> Result<(), Refusal> {
        self.change(Change::Mail(change)).await
    }
}
