//! Noticing that an invite's time is over.

use super::{EventKind, InviteStatus, Moment, Ruling, tell};
use crate::core::state::{Change, Decision, State};

/// Tells that an invite's time is over, once; whether it was told now.
pub fn end(state: &State, now: Moment) -> Ruling<bool> {
    let over = state
        .invite
        .as_ref()
        .filter(|invite| !invite.ended && invite.status(now) == InviteStatus::Expired);
    let changes = over.map_or_else(Vec::new, |invite| {
        let ending = Change::EndInvite {
            invite: invite.id.clone(),
        };
        vec![
            ending,
            tell(EventKind::Expired, invite, &invite.inviter, now),
        ]
    });
    Ok(Decision {
        answer: over.is_some(),
        changes,
    })
}
