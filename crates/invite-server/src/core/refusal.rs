//! Every way a call can be refused.

use invite_key::{Malformed, permissions::Permissions};

/// Why a call was refused. One variant per case, so that each dialect can say it in its own words.
///
/// No variant can hold a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The call needs a signed-in person.
    NotSignedIn,
    /// Credentials were sent and are no good.
    BadCredentials,
    /// The call needs `a` on the resource; `current` is what the asker holds. Unknown resources answer this too.
    NotAdmin {
        /// The resource asked about.
        resource: String,
        /// What the asker holds on it.
        current: Permissions,
    },
    /// The call needs some permission on the resource, and the asker has none. Unknown resources answer this too.
    NotMember {
        /// The resource asked about.
        resource: String,
    },
    /// An inviter wanted to grant letters they do not hold.
    BeyondInviter {
        /// What the inviter holds.
        held: Permissions,
        /// What they wanted to grant.
        asked: Permissions,
    },
    /// The request did not come from where it may come from; the sentence says what was missing.
    Forbidden {
        /// What was missing, for a person.
        sentence: String,
    },
    /// The text is not shaped like any key.
    MalformedKey(Malformed),
    /// No such invite, or not for this resource, or nobody is signed in who might be told more.
    InvalidKey,
    /// The invite's time is over.
    Expired,
    /// The inviter took the invite back.
    Removed,
    /// All uses are spent.
    Exhausted,
    /// The invite is for an e-mail address that the asker's account does not have, or has not verified.
    WrongAccount,
    /// Whoever made the invite is no longer an admin, or lost a letter that it grants, so it opens nothing.
    InviterNotAdmin,
    /// Not the asker's own invite, unknown, expired, or removed already.
    CannotRemove,
    /// Nothing is there.
    NotFound,
    /// A resource of that name exists, or the server keeps the name for itself: it is not said which.
    AlreadyExists {
        /// The resource's name.
        resource: String,
    },
    /// The receipt was redeemed before.
    AlreadyRedeemed,
    /// Something has changed since the asker looked at it.
    Changed,
    /// Nobody would be left who can change it again.
    LastAdmin,
    /// The call has to say which state it was decided on.
    NoPrecondition,
    /// An option is not acceptable.
    InvalidOption {
        /// Which one; empty when the request as a whole is meant.
        field: String,
        /// What is wrong, for a person.
        sentence: String,
    },
    /// An option that this server does not have.
    Unsupported {
        /// Which one.
        field: String,
    },
    /// Too many calls.
    RateLimited {
        /// How long to wait, in milliseconds.
        retry_after: u64,
    },
    /// There is as much of something as the server keeps.
    LimitReached {
        /// Which limit, for a person.
        sentence: String,
    },
    /// The server could not do it just now; nothing was changed.
    TryAgain,
    /// Nobody can tell whether it was done: the database went away in the middle of the commit, or it took too long.
    UnknownOutcome,
    /// The server failed. The cause is in its log, under the request's id.
    ServerError,
}

impl Refusal {
    /// An option that is not acceptable.
    pub fn invalid_option(field: impl Into<String>, sentence: impl Into<String>) -> Refusal {
        Refusal::InvalidOption {
            field: field.into(),
            sentence: sentence.into(),
        }
    }

    /// The stable code of this case.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotSignedIn => "not_signed_in",
            Refusal::BadCredentials => "bad_credentials",
            Refusal::NotAdmin { .. } => "not_admin",
            Refusal::NotMember { .. }
            | Refusal::BeyondInviter { .. }
            | Refusal::Forbidden { .. } => "forbidden",
            Refusal::MalformedKey(_) => "malformed_key",
            Refusal::InvalidKey => "invalid_key",
            Refusal::Expired => "expired",
            Refusal::Removed => "removed",
            Refusal::Exhausted => "exhausted",
            Refusal::WrongAccount => "wrong_account",
            Refusal::InviterNotAdmin => "inviter_not_admin",
            Refusal::CannotRemove => "cannot_remove",
            Refusal::NotFound => "not_found",
            Refusal::AlreadyExists { .. } => "already_exists",
            Refusal::LastAdmin => "last_admin",
            Refusal::Changed | Refusal::AlreadyRedeemed => "conflict",
            Refusal::InvalidOption { .. } | Refusal::NoPrecondition => "invalid_option",
            Refusal::Unsupported { .. } => "unsupported",
            Refusal::RateLimited { .. } => "rate_limited",
            Refusal::LimitReached { .. } => "limit_reached",
            Refusal::TryAgain => "try_again",
            Refusal::UnknownOutcome => "unknown_outcome",
            Refusal::ServerError => "server_error",
        }
    }

    /// What happened and what to do, for a person.
    pub fn sentence(&self) -> String {
        match self {
            Refusal::NotSignedIn => "Sign in first: this needs to know who you are.".into(),
            Refusal::BadCredentials => "Those credentials are not valid. Sign in again.".into(),
            Refusal::NotAdmin { resource, current } if current.is_empty() => {
                format!("You need admin permission (a) on {resource}; you have no permissions there.")
            }
            Refusal::NotAdmin { resource, current } => {
                format!("You need admin permission (a) on {resource}; you have only {}.", current.as_str())
            }
            Refusal::NotMember { resource } => {
                format!("Only people with access to {resource} can see this. Ask one of its admins for an invite.")
            }
            Refusal::BeyondInviter { held, asked } => format!(
                "You cannot grant {}: you hold only {} yourself. Leave out the letters you do not hold.",
                asked.as_str(),
                held.as_str()
            ),
            Refusal::Forbidden { sentence }
            | Refusal::InvalidOption { sentence, .. }
            | Refusal::LimitReached { sentence } => sentence.clone(),
            Refusal::MalformedKey(malformed) => malformed.sentence(),
            Refusal::InvalidKey => "This invite is not valid. Ask whoever sent it for a new one.".into(),
            Refusal::Expired => "This invite has expired. Ask whoever sent it for a new one.".into(),
            Refusal::Removed => "This invite was withdrawn. Ask whoever sent it for a new one.".into(),
            Refusal::Exhausted => "This invite has been used up. Ask whoever sent it for a new one.".into(),
            Refusal::WrongAccount => {
                "This invite is for another account. Sign in with the e-mail address it was sent to.".into()
            }
            Refusal::AlreadyRedeemed => "This receipt was redeemed before. Each counts once.".into(),
            Refusal::Changed => "It has changed meanwhile. Look at it again before you change it.".into(),
            Refusal::LastAdmin => {
                "Nobody else is admin (a) here, and somebody has to be. Make another person an admin first.".into()
            }
            Refusal::NoPrecondition => {
                "Send If-Match with the ETag that you decided on, so that nobody who came since is thrown out.".into()
            }
            Refusal::InviterNotAdmin => {
                "Whoever sent this invite may no longer give this access, so it opens nothing. Ask another admin.".into()
            }
            Refusal::CannotRemove => {
                "There is no invite of yours to remove here: it is unknown, expired, removed already, or another's."
                    .into()
            }
            Refusal::NotFound => "There is nothing here. Check the address.".into(),
            Refusal::AlreadyExists { resource } => {
                format!("{resource} is taken. Choose another id, or let the server choose one.")
            }
            Refusal::Unsupported { field } => {
                format!("This server does not support the option {field}. Leave it out.")
            }
            Refusal::RateLimited { .. } => "Too many calls. Wait a moment and try again.".into(),
            Refusal::TryAgain => "The server is busy; nothing was changed. Try again.".into(),
            Refusal::UnknownOutcome => {
                "Nobody can tell whether this was done. Look before you do it again, or send it again where that changes \
                 nothing: with the same Idempotency-Key, or an accept."
                    .into()
            }
            Refusal::ServerError => "Something went wrong in the server. Try again, or tell its operator.".into(),
        }
    }

    /// The option the refusal is about, if it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Refusal::InvalidOption { field, .. } | Refusal::Unsupported { field }
                if !field.is_empty() =>
            {
                Some(field)
            }
            Refusal::BeyondInviter { .. } => Some("permissions"),
            Refusal::MalformedKey(_) => Some("key"),
            Refusal::NoPrecondition => Some("If-Match"),
            _ => None,
        }
    }

    /// How long to wait before trying again, in milliseconds, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Refusal::RateLimited { retry_after } => Some(*retry_after),
            Refusal::TryAgain | Refusal::UnknownOutcome => Some(1000),
            _ => None,
        }
    }
}
