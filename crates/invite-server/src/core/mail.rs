//! Mails that have yet to be sent.

use super::{Moment, Recipient, User};
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

/// Where the mail of an invite stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It has yet to be sent.
    Waiting,
    /// A mail server took it.
    Sent,
    /// Nobody was to get it any more: the invite opened nothing.
    Dropped,
    /// It was given up.
    Failed,
}

impl MailState {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            MailState::Waiting => "waiting",
            MailState::Sent => "sent",
            MailState::Dropped => "dropped",
            MailState::Failed => "failed",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<MailState> {
        let all = [
            MailState::Waiting,
            MailState::Sent,
            MailState::Dropped,
            MailState::Failed,
        ];
        all.into_iter().find(|state| state.as_str() == text)
    }
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
    /// A mail to somebody was asked for.
    Count(Recipient),
    /// There is nothing more to do for this mail, unless it was asked for again meanwhile.
    Done {
        /// Which, by its invite.
        invite: String,
        /// Until when it was taken.
        until: Moment,
        /// How it ended.
        state: MailState,
    },
    /// It is given up, unless it was asked for again meanwhile.
    GiveUp {
        /// Which, by its invite.
        invite: String,
        /// Until when it was taken.
        until: Moment,
        /// Why, in words for its inviter.
        trouble: String,
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
    /// Their address, where their issuer has verified one.
    pub inviter_email: Option<String>,
    /// To what, by name.
    pub resource: String,
    /// The resource's title.
    pub title: Option<String>,
    /// The inviter's words.
    pub message: Option<String>,
    /// What it grants.
    pub permissions: Permissions,
    /// When it ends.
    pub expires_at: Moment,
}
