//! Noticing that an invite's time is over.

use super::{EventKind, InviteStatus, Moment, tell};
use crate::core::state::{Change, StoredInvite};

/// Tells that an invite's time is over, once; nothing where it is not, or was told.
pub fn end(invite: &StoredInvite, now: Moment) -> Vec<Change> {
    if invite.ended || invite.status(now) != InviteStatus::Expired {
        return Vec::new();
    }
    let ending = Change::EndInvite {
        invite: invite.id.clone(),
    };
    vec![
        ending,
        tell(EventKind::Expired, invite, &invite.inviter, now),
    ]
}
