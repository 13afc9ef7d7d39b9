//! An inviter gives an invite a new end.

use invite_key::KeyKind;

use super::{Change, Decision, Ruling, mails, on};
use crate::core::{
    Actor, Authority, Call, InviteStatus, MailChange, Moment, On, Quotas, Refusal, authorise,
    options::{MAX_AGE_LIMIT, out_of_range},
    quota,
    state::{State, StoredInvite, StoredMail},
};

/// The same key works for so many seconds from now on, also where it had expired. What was taken back or used up stays
/// so, and nobody prolongs letters that they no longer hold, or a link that can no longer be made.
pub fn resend(
    state: &State,
    actor: &Actor,
    max_age: u32,
    quotas: Quotas,
    now: Moment,
    is_made_again: impl Fn(&StoredInvite) -> bool,
) -> Ruling<StoredInvite> {
    let invite = state.invite.as_ref().ok_or(Refusal::NotFound)?;
    let mine = On {
        inviter: Some(&invite.inviter),
        ..on(state, &invite.resource)
    };
    authorise(Call::Resend, Some(Authority::Actor(actor)), mine)?;
    if !(1..=MAX_AGE_LIMIT).contains(&max_age) {
        return Err(out_of_range("maxAge", MAX_AGE_LIMIT));
    }
    let status = invite.status(now);
    if status == InviteStatus::Removed {
        return Err(Refusal::Removed);
    }
    let exhausted = invite.max_uses.is_some_and(|most| invite.uses >= most);
    if exhausted {
        return Err(Refusal::Exhausted);
    }
    if invite.kind == KeyKind::Signed {
        return Err(Refusal::invalid_option(
            "id",
            "A signed key says itself when it ends. Make a new invite instead.",
        ));
    }
    // What was taken back with its secret stays back: whoever has that could make the key, and we no longer. Nobody is
    // sent away to wait for a quota first.
    if !is_made_again(invite) {
        return Err(Refusal::invalid_option(
            "id",
            "The secret of this invite's key is gone or was taken back. Make a new invite instead.",
        ));
    }
    if !invite.permissions.gained(state.permissions).is_empty() {
        return Err(Refusal::BeyondInviter {
            held: state.permissions,
            asked: invite.permissions,
        });
    }
    // One that was over lives again.
    if status == InviteStatus::Expired {
        quota::one_more(state.invites, quotas.invites, || {
            quota::invites(quotas.invites, &invite.resource)
        })?;
    }
    let expires_at = now.plus_seconds(max_age);
    let answer = StoredInvite {
        expires_at,
        ended: false,
        mail: invite.mail.as_ref().map(|_| StoredMail::waiting(now)),
        ..invite.clone()
    };
    let mut changes = vec![
        Change::MoveEnd {
            invite: answer.id.clone(),
            expires_at,
        },
        Change::Mail(MailChange::AskAgain {
            invite: answer.id.clone(),
            at: now,
        }),
    ];
    if invite.ended {
        changes.push(Change::Revive {
            resource: invite.resource.clone(),
        });
    }
    changes.extend(mails::count(state, quotas, now)?);
    Ok(Decision { answer, changes })
}
