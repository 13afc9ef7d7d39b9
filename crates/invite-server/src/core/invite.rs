//! What calls answer with.

use invite_key::{InviteKey, permissions::Permissions};
use serde_json::Value;

use super::{
    Moment, User,
    state::{StoredInvite, StoredMail, Version},
};

/// Where an invite stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteStatus {
    /// It can be accepted.
    Pending,
    /// All its uses are spent.
    Accepted,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Removed,
}

impl InviteStatus {
    /// All of them.
    pub const ALL: [InviteStatus; 4] = [
        InviteStatus::Pending,
        InviteStatus::Accepted,
        InviteStatus::Expired,
        InviteStatus::Removed,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            InviteStatus::Pending => "pending",
            InviteStatus::Accepted => "accepted",
            InviteStatus::Expired => "expired",
            InviteStatus::Removed => "removed",
        }
    }

    /// The status of that name.
    pub fn parse(text: &str) -> Option<InviteStatus> {
        InviteStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// One person's use of an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Who accepted.
    pub user: User,
    /// When.
    pub at: Moment,
}

/// An invite. Its key is there for its inviter only.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The secret text; `None` for everybody but the inviter.
    pub key: Option<InviteKey>,
    /// The name of the invite, which is not secret.
    pub id: String,
    /// What it invites to.
    pub resource: String,
    /// What it grants.
    pub permissions: Permissions,
    /// When it was made.
    pub created_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// Who made it.
    pub created_by: User,
    /// Where it stands.
    pub status: InviteStatus,
    /// How often it was used.
    pub uses: u32,
    /// How often it may be used, if that is limited.
    pub max_uses: Option<u32>,
    /// Who used it, newest first and at most the last 100; empty for whoever only holds its key.
    pub accepted: Vec<Acceptance>,
    /// The inviter's words.
    pub message: Option<String>,
    /// What its inviter calls it; for them and the resource's admins alone.
    pub label: Option<String>,
    /// Whatever data the inviter's application attached.
    pub extras: Option<Value>,
    /// Only an account with this verified address accepts it.
    pub email: Option<String>,
    /// What became of its mail, if it was to be mailed; for its inviter and the resource's admins alone.
    pub mail: Option<StoredMail>,
}

impl Invite {
    /// A stored invite as somebody sees it who may know this of it.
    pub(super) fn of(
        stored: StoredInvite,
        key: Option<InviteKey>,
        accepted: Vec<Acceptance>,
        now: Moment,
    ) -> Invite {
        Invite {
            status: stored.status(now),
            key,
            id: stored.id,
            resource: stored.resource,
            permissions: stored.permissions,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            created_by: stored.inviter,
            uses: stored.uses,
            max_uses: stored.max_uses,
            accepted,
            message: stored.message,
            label: stored.label,
            extras: stored.extras,
            email: stored.email,
            mail: stored.mail,
        }
    }
}

/// A page of invites, newest first.
#[derive(Clone, Debug)]
pub struct InviteList {
    /// The invites.
    pub invites: Vec<Invite>,
    /// Hand this back for the next page; `None` at the end.
    pub next_page: Option<String>,
}

/// What holding a key lets one see.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The invite, without key.
    pub invite: Invite,
    /// The resource's title.
    pub title: Option<String>,
    /// What it would do for whoever asks; `None` when nobody is signed in.
    pub reader: Option<Reader>,
}

/// What an invite would do for a signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Who asks.
    pub account: User,
    /// The letters accepting would add.
    pub gained: Permissions,
    /// The letters they hold now.
    pub current: Permissions,
}

/// What accepting did.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// Which invite, by id.
    pub invite: String,
    /// The resource that is open now.
    pub resource: String,
    /// All letters held now.
    pub permissions: Permissions,
    /// The letters that accepting added.
    pub gained: Permissions,
    /// Whether all of them were held before, so that nothing was used up.
    pub already: bool,
    /// The inviter's data.
    pub extras: Option<Value>,
}

/// An invite was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Which.
    pub id: String,
    /// From which resource.
    pub resource: String,
}

/// Somebody with access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// What they may do.
    pub permissions: Permissions,
}

/// A page of those who have access, in the order they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberList {
    /// Which list it is of.
    pub version: Version,
    /// The members.
    pub members: Vec<Member>,
    /// Hand this back for the next page; `None` at the end.
    pub next_page: Option<String>,
}

/// A page of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceList {
    /// The resources.
    pub resources: Vec<ResourceOf>,
    /// Hand this back for the next page; `None` at the end.
    pub next_page: Option<String>,
}

/// A resource as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceOf {
    /// Its name.
    pub resource: String,
    /// Its title.
    pub title: Option<String>,
    /// What the asker may do.
    pub permissions: Permissions,
}
