//! The rows a rule looks at, and the changes it may ask for.

use invite_key::{
    KeyKind,
    permissions::{Permission, Permissions},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Acceptance, InviteStatus, MailState, Member, Moment, Recipient, User, access::OpenLinks,
};

mod change;
mod query;
mod scope;

pub use change::{Change, Decision};
pub use query::{FoundInvites, InviteQuery, ListedInvite, Order};
pub use scope::{Count, Counts, InviteName, Issuer, MailsTo, Scope, SessionsOf};

/// SHA-256 of a key's text: what is stored in the key's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: &invite_key::InviteKey) -> KeyHash {
        KeyHash(Sha256::digest(key.reveal().as_bytes()).into())
    }
}

/// Somebody who is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What they are called.
    pub user: User,
    /// An address that their issuer has verified.
    pub email: Option<String>,
}

/// What is stored about the scope.
#[derive(Clone, Debug)]
pub struct State {
    /// The resource, if it exists.
    pub resource: Option<Resource>,
    /// Whether one of that name was deleted whose rows are not all gone yet: it is not there, nor is any invite to it.
    pub is_going: bool,
    /// Whether the resource is all that some app has, where it was asked for.
    pub is_tenancy: bool,
    /// The invite, if it exists.
    pub invite: Option<StoredInvite>,
    /// What the scope's user may do on the resource.
    pub permissions: Permissions,
    /// What the inviter may do on the invite's resource, now.
    pub inviter_permissions: Permissions,
    /// What the same Idempotency-Key made before.
    pub repeated: Option<Repeated>,
    /// Everybody who has access to the resource, in the order they came; where one person is meant, they and two
    /// admins if there are as many.
    pub members: Vec<Member>,
    /// Whether everybody was asked for and they are more than a change looks at: then none of them are here.
    pub members_are_too_many: bool,
    /// What would let somebody in again, where an admin asks.
    pub links: OpenLinks,
    /// Whether the receipt was redeemed.
    pub redeemed: bool,
    /// Whether the scope's user came in by the invite; looked up where it opens nothing any more.
    pub used: bool,
    /// The last uses of the invite, or of the one that was made before, where they were asked for and it is the user's own.
    pub accepted: Vec<Acceptance>,
    /// Whether the scope's app acts on the resource; true where no app asks.
    pub is_the_apps: bool,
    /// Who the claimed person is here, if they are known.
    pub known: Option<Known>,
    /// Whether the name that is claimed is somebody else's.
    pub name_is_taken: bool,
    /// Which issuer the name stands for.
    pub issuer_named: Option<String>,
    /// Under which name the issuer's people stand.
    pub issuer_provider: Option<String>,
    /// Whether anybody stands under the name, if it is another issuer's.
    pub issuer_has_people: bool,
    /// Whether anybody stands under the name that the issuer has, if that is another.
    pub issuer_is_used: bool,
    /// How many sessions somebody has open; `None` where nobody is known by that name, or it was not asked for.
    pub open_sessions: Option<i64>,
    /// How many invites of the user's on the resource can be accepted, where it was counted, as far as it was.
    pub invites: u32,
    /// How many resources the user has created, where it was counted, as far as it was.
    pub resources: u32,
    /// To whom a mail would go, where it was asked for and one would.
    pub recipient: Option<Recipient>,
}

impl Default for State {
    /// Nothing is stored.
    fn default() -> State {
        State {
            resource: None,
            is_going: false,
            is_tenancy: false,
            invite: None,
            permissions: Permissions::NONE,
            inviter_permissions: Permissions::NONE,
            repeated: None,
            members: Vec::new(),
            members_are_too_many: false,
            links: OpenLinks::default(),
            redeemed: false,
            used: false,
            accepted: Vec::new(),
            is_the_apps: true,
            known: None,
            name_is_taken: false,
            issuer_named: None,
            issuer_provider: None,
            issuer_has_people: false,
            issuer_is_used: false,
            open_sessions: None,
            invites: 0,
            resources: 0,
            recipient: None,
        }
    }
}

impl State {
    /// By which invite, and who, if it has to be looked up whether they came in by it: they hold all that it grants,
    /// and it grants it no more.
    pub(crate) fn perhaps_used<'a>(&'a self, scope: &'a Scope) -> Option<(&'a str, &'a User)> {
        let (now, user, invite) = (scope.used?, scope.user.as_ref()?, self.invite.as_ref()?);
        let over = matches!(
            invite.status(now),
            InviteStatus::Removed | InviteStatus::Expired
        ) || !self.inviter_may_grant(invite);
        (over && invite.permissions.gained(self.permissions).is_empty())
            .then_some((invite.id.as_str(), user))
    }

    /// Whether the inviter is still an admin who holds all that the invite grants: otherwise one who lost a letter
    /// would get it back from an invite of their own.
    pub(super) fn inviter_may_grant(&self, invite: &StoredInvite) -> bool {
        self.inviter_permissions.contains(Permission::Admin)
            && invite
                .permissions
                .gained(self.inviter_permissions)
                .is_empty()
    }
}

/// An invite that was made under an Idempotency-Key.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeated {
    /// The invite.
    pub invite: StoredInvite,
    /// SHA-256 of the body that asked for it.
    pub body: [u8; 32],
    /// Until when the key counts.
    pub until: Moment,
}

/// A create that may be sent again without making a second invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatKey {
    /// SHA-256 of the Idempotency-Key.
    pub key: [u8; 32],
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

impl RepeatKey {
    /// From the header and the body as they came.
    pub fn of(key: &[u8], body: &[u8]) -> RepeatKey {
        RepeatKey {
            key: Sha256::digest(key).into(),
            body: Sha256::digest(body).into(),
        }
    }
}

/// One state of who has access to one resource: no other state of it has the same, nor has any of another that has or had
/// its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Version {
    /// The number of the resource.
    pub resource: i64,
    /// How often its members have changed.
    pub members: i64,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its own, which no other ever has.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// How often its members have changed.
    pub version: i64,
    /// How much has happened to its invites.
    pub events: i64,
    /// How often an invite of it lives again that was told to be over.
    pub revivals: i64,
    /// When it was created.
    pub created_at: Moment,
}

impl Resource {
    /// Which state of it this is.
    pub fn seen(&self) -> Version {
        Version {
            resource: self.number,
            members: self.version,
        }
    }
}

/// An invite as its row holds it: everything but the key.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredInvite {
    /// Its name.
    pub id: String,
    /// The hash of its key.
    pub key_hash: KeyHash,
    /// The sort of its key.
    pub kind: KeyKind,
    /// Which secret its key is derived from.
    pub secret_id: String,
    /// What it invites to.
    pub resource: String,
    /// What it grants.
    pub permissions: Permissions,
    /// When it was made.
    pub created_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// Who made it.
    pub inviter: User,
    /// How often it was used.
    pub uses: u32,
    /// How often it may be used.
    pub max_uses: Option<u32>,
    /// The inviter's words.
    pub message: Option<String>,
    /// What its inviter calls it. No invitee sees it.
    pub label: Option<String>,
    /// Data of the inviter's application.
    pub extras: Option<Value>,
    /// When it was taken back.
    pub removed_at: Option<Moment>,
    /// Only an account with this verified address accepts it.
    pub email: Option<String>,
    /// The address that a signed key names as its issuer.
    pub issuer: Option<String>,
    /// Whether it was told that its time is over.
    pub ended: bool,
    /// What became of its mail, if it was to be mailed.
    pub mail: Option<StoredMail>,
    /// The inviter's address, where their issuer has verified one.
    pub inviter_email: Option<String>,
}

/// What became of an invite's mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMail {
    /// Where it stands.
    pub state: MailState,
    /// Until when somebody has it, or when it is to be sent; nothing once there is nothing to do.
    pub due_at: Option<Moment>,
    /// Why it was given up, in words for its inviter.
    pub trouble: Option<String>,
}

impl StoredMail {
    /// It is to be sent at once.
    pub fn waiting(at: Moment) -> StoredMail {
        StoredMail {
            state: MailState::Waiting,
            due_at: Some(at),
            trouble: None,
        }
    }
}

impl StoredInvite {
    /// Where the invite stands at a moment.
    pub fn status(&self, now: Moment) -> InviteStatus {
        if self.removed_at.is_some() {
            InviteStatus::Removed
        } else if self.ended || self.expires_at <= now {
            InviteStatus::Expired
        } else if self.max_uses.is_some_and(|most| self.uses >= most) {
            InviteStatus::Accepted
        } else {
            InviteStatus::Pending
        }
    }
}
