//! What happens to invites, for whoever watches.

use super::{Moment, User, state::Version};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// An invite began.
    Created,
    /// Somebody used one.
    Used,
    /// One was taken back.
    Removed,
    /// The time of one is over.
    Expired,
    /// The mail of one was given up.
    Unmailed,
}

impl EventKind {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Created => "invite.created",
            EventKind::Used => "invite.used",
            EventKind::Removed => "invite.removed",
            EventKind::Expired => "invite.expired",
            EventKind::Unmailed => "invite.unmailed",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<EventKind> {
        [
            EventKind::Created,
            EventKind::Used,
            EventKind::Removed,
            EventKind::Expired,
            EventKind::Unmailed,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
    }
}

/// How far a resource is, for whoever watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub resource: String,
    /// How much has happened to its invites.
    pub events: i64,
    /// Who has access.
    pub version: Version,
}

/// Something that happened to an invite. It never holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among the resource's events, from 1 without a gap.
    pub number: i64,
    /// What happened.
    pub kind: EventKind,
    /// Which invite, by id.
    pub invite: String,
    /// Who did it; for an end or a mail that was given up, whose invite it is.
    pub user: User,
    /// When.
    pub at: Moment,
    /// How often the invite has been used by now; nothing once it was purged.
    pub uses: Option<u32>,
}
