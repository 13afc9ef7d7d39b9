//! Which rows a call needs.

use super::KeyHash;
use crate::core::{Claimed, Moment, User, access::Wanted};

/// How a call names an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InviteName {
    /// By its key.
    Key(KeyHash),
    /// By its id.
    Id(String),
}

/// The rows that a call needs, and a change locks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// This resource; without one, the invite's.
    pub resource: Option<String>,
    /// This invite.
    pub invite: Option<InviteName>,
    /// What this person may do on the resource.
    pub user: Option<User>,
    /// What this person's create with this Idempotency-Key made there before: its SHA-256.
    pub repeat: Option<[u8; 32]>,
    /// And who has access of those whom this is about, who is admin beside them, and what would let somebody in again.
    pub wanted: Option<Wanted>,
    /// And whether the resource is all that some app has.
    pub tenancy: bool,
    /// And whether this receipt was redeemed.
    pub receipt: Option<String>,
    /// And whether the person came in by the invite, should it open nothing any more at this moment.
    pub used: Option<Moment>,
    /// And the last uses of the user's own invite that this is about, or that was made before.
    pub uses: bool,
    /// What this app acts on; nothing is anybody's to it that is not its own.
    pub app: Option<String>,
    /// And who somebody is here of whom an issuer says this.
    pub claimed: Option<Claimed>,
    /// And what is known of this issuer and its name.
    pub issuer: Option<Issuer>,
    /// And how many sessions somebody has open.
    pub sessions: Option<SessionsOf>,
    /// And what there is already of what this would be one more.
    pub counts: Counts,
}

/// Whose sessions, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionsOf {
    /// Somebody, by their name here.
    pub user: User,
    /// As seen at this moment.
    pub now: Moment,
}

/// What there is already. What is counted is held: whoever else would make one more of it waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The user's invites on the resource that can be accepted.
    pub invites: Option<Count>,
    /// The resources that the user has created.
    pub resources: Option<Count>,
    /// Mails.
    pub mails: Option<MailsTo>,
}

/// How to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// As seen at this moment.
    pub now: Moment,
    /// No further than this.
    pub most: u32,
}

/// To whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailsTo {
    /// This address, as it was written.
    Address(String),
    /// Where the scope's invite was mailed, if it was.
    Invited,
}

/// An issuer, and the name under which its people stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The name.
    pub provider: String,
    /// The issuer.
    pub iss: String,
}
