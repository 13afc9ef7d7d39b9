//! Mailing invites.

use super::{Invites, on_resource};
use crate::core::{
    Actor, InviteStatus, Letter, Mail, MailChange, Refusal, Store, rules,
    state::{Change, Counts, Decision, InviteName, MailsTo, RepeatKey, Scope, State, StoredInvite},
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
            inviter_email: invite.inviter_email,
            resource: invite.resource,
            title: state.resource.and_then(|resource| resource.title),
            message: invite.message,
            permissions: invite.permissions,
            expires_at: invite.expires_at,
        }))
    }

    /// Whether such a create was carried out before, so that it makes and mails nothing now.
    pub async fn is_repeated(
        &self,
        actor: &Actor,
        resource: &str,
        repeat: &RepeatKey,
    ) -> Result<bool, Refusal> {
        let scope = Scope {
            repeat: Some(repeat.key),
            ..on_resource(resource, Some(actor))
        };
        let state = self.store.look(scope).await?;
        let now = self.clock.now();
        Ok(state.repeated.is_some_and(|before| before.until > now))
    }

    /// Whether an invite was mailed, so that it is mailed again with a new end.
    pub async fn is_mailed(&self, id: &str) -> Result<bool, Refusal> {
        let scope = Scope {
            invite: Some(InviteName::Id(id.to_owned())),
            counts: Counts {
                mails: Some(MailsTo::Invited),
                ..Counts::default()
            },
            ..Scope::default()
        };
        Ok(self.store.look(scope).await?.recipient.is_some())
    }

    /// Gives a mail up, and tells its inviter and whoever watches why; nothing where it was asked for again meanwhile.
    pub async fn give_up_mail(&self, mail: &Mail, trouble: &str) -> Result<(), Refusal> {
        let scope = Scope {
            invite: Some(InviteName::Id(mail.invite.clone())),
            ..Scope::default()
        };
        let (until, trouble, now) = (mail.until, trouble.to_owned(), self.clock.now());
        let rule = move |state: &State| {
            Ok(Decision {
                answer: (),
                changes: rules::give_up_mail(state, until, &trouble, now),
            })
        };
        self.transact(scope, rule).await
    }

    /// Writes how a mail went.
    pub async fn change_mail(&self, change: MailChange) -> Result<(), Refusal> {
        self.change(Change::Mail(change)).await
    }
}
