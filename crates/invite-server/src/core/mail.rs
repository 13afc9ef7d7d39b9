//! Mails that have yet to be sent.

use super::{Moment, User};
use invite_key::{InviteKey, permissions::Permissions};

/// A mail that somebody has taken to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Which invite it brings, by id.
    pub invite: String,
    /// When the inviter asked for it.
    pub asked_at: Moment,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// Until when nobody else takes it.
    pub until: Moment,
}

/// What is written about mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailChange {
    /// An invite is to be mailed.
    Ask {
        /// Which, by id.
        invite: String,
        /// When.
        at: Moment,
    },
    /// An invite is to be mailed again, if it ever was.
    AskAgain {
        /// Which, by id.
        invite: String,
        /// When.
        at: Moment,
    },
    /// There is nothing more to do for this mail, unless it was asked for again meanwhile.
    Done {
        /// Which, by its invite.
        invite: String,
        /// Until when it was taken.
        until: Moment,
    },
    /// It is tried again then, unless it was asked for again meanwhile.
    TryLater {
        /// Which, by its invite.
        invite: String,
        /// Until when it was taken.
        until: Moment,
        /// When.
        due_at: Moment,
    },
    /// What is left of mails whose invites are gone goes, too.
    Sweep,
}

/// An invite as its mail shows it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub email: String,
    /// What it is all about.
    pub key: InviteKey,
    /// Who invites.
    pub inviter: User,
    /// To what, by name.
    pub resource: String,
    /// The invite's title, else the resource's.
    pub title: Option<String>,
    /// The inviter's words.
    pub message: Option<String>,
    /// What it grants.
    pub permissions: Permissions,
    /// When it ends.
    pub expires_at: Moment,
}
