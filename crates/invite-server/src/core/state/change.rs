//! What a rule decided, and what has to be written for it.

use invite_key::permissions::Permissions;

use super::{Issuer, KeyHash, RepeatKey, StoredInvite};
use crate::core::{
    Client, EventKind, MailChange, Moment, SecretChange, Session, Sessions, Subject, User,
    WebhookChange,
};

/// One thing to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A resource begins, without members.
    AddResource {
        /// Its name.
        resource: String,
        /// Its title.
        title: Option<String>,
        /// Among whose it counts; nobody's where it is the operator's word.
        creator: Option<User>,
        /// When.
        at: Moment,
    },
    /// A resource is there no longer. Its rows go afterwards.
    DeleteResource {
        /// Which.
        resource: String,
        /// When.
        at: Moment,
    },
    /// Somebody may do exactly this on a resource; with no permissions they are no member. Moves its version.
    SetMember {
        /// Where.
        resource: String,
        /// Who.
        user: User,
        /// What.
        permissions: Permissions,
    },
    /// An invite begins.
    AddInvite(Box<StoredInvite>),
    /// Somebody used an invite: counts one use.
    AddUse {
        /// Which invite, by id.
        invite: String,
        /// Who.
        user: User,
        /// When.
        at: Moment,
    },
    /// An invite is taken back.
    RemoveInvite {
        /// Which invite, by id.
        invite: String,
        /// When.
        at: Moment,
    },
    /// An invite ends at another time.
    MoveEnd {
        /// Which invite, by id.
        invite: String,
        /// When it ends now.
        expires_at: Moment,
    },
    /// An invite lives again that was told to be over: what was seen of the links that are open counts no more.
    Revive {
        /// On which resource.
        resource: String,
    },
    /// An invite's time was found to be over.
    EndInvite {
        /// Which invite, by id.
        invite: String,
    },
    /// Whoever watches the resource is told, and every webhook gets a delivery. Gives the event its number.
    Tell {
        /// What happened.
        kind: EventKind,
        /// To which invite, as it is afterwards.
        invite: Box<StoredInvite>,
        /// Who did it.
        user: User,
        /// When.
        at: Moment,
    },
    /// A backend takes part from now on.
    AddApp {
        /// Its name.
        name: String,
        /// The hash of its key.
        key: KeyHash,
        /// Whether it acts on everything.
        all_resources: bool,
        /// When.
        at: Moment,
    },
    /// A backend acts on a resource from now on.
    GiveResource {
        /// The app, by name.
        app: String,
        /// The resource.
        resource: String,
        /// When.
        at: Moment,
    },
    /// A backend acts on a resource no longer.
    TakeResource {
        /// The app, by name.
        app: String,
        /// The resource.
        resource: String,
    },
    /// A backend takes part no longer.
    RemoveApp {
        /// Its name.
        name: String,
    },
    /// An RKVST client begins; its account becomes a member by another change.
    AddClient(Client),
    /// An RKVST client is no more.
    RemoveClient {
        /// Its id.
        id: String,
    },
    /// Something about webhooks and their deliveries.
    Webhook(WebhookChange),
    /// About mails.
    Mail(MailChange),
    /// About secrets.
    Secret(SecretChange),
    /// Somebody is known from now on, or by another name to show or address.
    KnowPerson {
        /// What they are called here.
        user: User,
        /// Who they are.
        subject: Subject,
        /// An address that their issuer has verified.
        email: Option<String>,
    },
    /// The people of an issuer stand under a name from now on.
    NameIssuer(Issuer),
    /// Somebody is signed in.
    AddSession {
        /// What names the session.
        id: String,
        /// The session.
        session: Box<Session>,
    },
    /// Sessions end.
    EndSessions {
        /// Which.
        which: Sessions,
        /// When.
        at: Moment,
    },
    /// A receipt is redeemed.
    Redeem {
        /// Its name.
        receipt: String,
        /// Until when it would have counted.
        until: Moment,
    },
    /// A create is remembered under its Idempotency-Key, in place of an older one of the same key.
    Remember {
        /// On this resource.
        resource: String,
        /// Whose it is.
        user: User,
        /// The key, and the body it stands for.
        repeat: RepeatKey,
        /// What it made, by id.
        invite: String,
        /// Until when it counts.
        until: Moment,
    },
}

/// What a rule decided: the answer, and what has to be written before it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<Answer> {
    /// The answer.
    pub answer: Answer,
    /// What to write, in this order.
    pub changes: Vec<Change>,
}

impl<Answer> Decision<Answer> {
    /// The same with another answer.
    pub fn map<Other>(self, other: impl FnOnce(Answer) -> Other) -> Decision<Other> {
        Decision {
            answer: other(self.answer),
            changes: self.changes,
        }
    }
}
