//! Which invites to list.

use super::StoredInvite;
use crate::core::{Acceptance, Addressed, InviteStatus, Moment, User};

/// Which invites to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteQuery {
    /// On this resource.
    pub resource: String,
    /// Made by this person; by anyone when `None`.
    pub inviter: Option<User>,
    /// Standing so; when `None`, neither expired nor removed.
    pub status: Option<InviteStatus>,
    /// As seen at this moment.
    pub now: Moment,
    /// At most so many.
    pub limit: u32,
    /// Whom they are for.
    pub addressed: Addressed,
    /// In this order, from where the page before ended.
    pub order: Order,
}

/// In which order to read invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    Newest {
        /// Only those before this row.
        before: Option<i64>,
    },
    /// By the addresses that they are for, as the database sorts texts; only those that are for one.
    Address {
        /// Only those after this address and row.
        after: Option<(String, i64)>,
    },
}

/// What was found of what is looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundInvites {
    /// The invites.
    pub invites: Vec<ListedInvite>,
    /// As far as it was looked, where there may be more.
    pub looked_to: Option<i64>,
}

/// An invite in a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedInvite {
    /// Where it stands in the order of creation.
    pub number: i64,
    /// The invite.
    pub invite: StoredInvite,
    /// Its last uses, newest first.
    pub accepted: Vec<Acceptance>,
}
