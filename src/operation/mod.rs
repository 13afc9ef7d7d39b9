//! What callers can ask for. Arguments are parsed here, once, into one struct for each call.

mod arguments;
pub mod options;

use invite_key::InviteKey;

use crate::error::Error;
use crate::json::Json;

pub(crate) use arguments::malformed;
use arguments::{Arguments, Slot};
use options::{CallOptions, CreateOptions, LinkOptions, ListFilter};

/// One thing to ask for.
pub enum Operation {
    /// Make an invite.
    Create(Create),
    /// The caller's own invites that still work, all of them.
    Get(Option<String>),
    /// The invite of a key.
    Check(Invited),
    /// Take an invite.
    Accept(Invited),
    /// Cancel an invite.
    Remove(Remove),
    /// One page of invites.
    List(List),
    /// What accepting would give, and to whom.
    Preview(Invited),
    /// Who has access.
    Members,
    /// The link to send.
    Link(LinkOf),
    /// Whether the server has a feature.
    Supports(String),
    /// Who is signed in.
    Identify,
    /// Look an invite up, ask the policy, take it.
    Offer(Offer),
    /// Tell who uses invites, until it is stopped; or say where the server tells.
    Watch,
    /// Keep a key for after a sign-in.
    Park(Park),
    /// What was kept.
    Parked,
    /// Keep it no longer.
    Unpark(Invited),
}

/// `create`
pub struct Create {
    /// What the invite is to be like.
    pub options: CreateOptions,
    /// To what.
    pub resource: Option<String>,
}

/// An invite that somebody has.
pub struct Invited {
    /// Its key.
    pub key: InviteKey,
    /// What it is to, where the call says so.
    pub resource: Option<String>,
    /// What it is to, where the invite that was passed says so.
    pub home: Option<String>,
}

impl Invited {
    /// What it is to, as far as anybody said.
    pub(crate) fn place(&self) -> Option<&str> {
        self.resource.as_deref().or(self.home.as_deref())
    }
}

/// `remove`
pub enum Remove {
    /// By its key.
    Key(Invited),
    /// By its id.
    Id {
        /// The invite's id.
        id: String,
        /// What it is to, where the call says so.
        resource: Option<String>,
        /// What it is to, where the invite that was passed says so.
        home: Option<String>,
    },
}

/// One page of `list`
pub struct List {
    /// Which invites.
    pub filter: ListFilter,
    /// Where the page begins; empty for the first.
    pub token: String,
}

/// `link`
pub struct LinkOf {
    /// Whose link.
    pub invited: Invited,
    /// Of which form.
    pub options: LinkOptions,
}

/// `acceptPending`
pub struct Offer {
    /// What is offered.
    pub invited: Invited,
    /// Who decides.
    pub policy: Policy,
}

/// An invite that waits for a sign-in.
pub struct Park {
    /// Which.
    pub invited: Invited,
    /// Where to go on afterwards, on the page's own server; may be empty.
    pub continue_path: String,
}

/// When a person is asked before an invite is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// As the dialect has it.
    Default,
    /// Not, unless it makes them an admin.
    SignedIn,
    /// Always.
    Confirm,
    /// Take nothing.
    Off,
    /// A function of the caller's decides.
    Function,
}

/// An operation with what every call may say besides.
pub struct Call {
    /// What to do.
    pub operation: Operation,
    /// How long, under which name.
    pub options: CallOptions,
}

impl Call {
    fn read(
        values: Vec<Json>,
        slots: &[Slot],
        operation: impl FnOnce(&mut Arguments) -> Result<Operation, Error>,
    ) -> Result<Call, Error> {
        let mut arguments = Arguments::sort(values, slots)?;
        let operation = operation(&mut arguments)?;
        Ok(Call {
            operation,
            options: arguments.call,
        })
    }

    /// `create(options?, webstrateId?, call?)`
    pub fn create(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Options, Slot::Resource], |given| {
            Ok(Operation::Create(Create {
                options: given.options(CreateOptions::read)?,
                resource: given.resource()?,
            }))
        })
    }

    /// `get(webstrateId?, call?)`
    pub fn get(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Resource], |given| {
            given.resource_to_list().map(Operation::Get)
        })
    }

    /// `check(key, webstrateId?, call?)`
    pub fn check(values: Vec<Json>) -> Result<Call, Error> {
        Call::of_invite(values, Operation::Check)
    }

    /// `accept(key, webstrateId?, call?)`
    pub fn accept(values: Vec<Json>) -> Result<Call, Error> {
        Call::of_invite(values, Operation::Accept)
    }

    fn of_invite(values: Vec<Json>, operation: fn(Invited) -> Operation) -> Result<Call, Error> {
        Call::read(values, &[Slot::Invite, Slot::Resource], |given| {
            let mut invited = given.invited()?;
            invited.resource = given.resource()?;
            Ok(operation(invited))
        })
    }

    /// `remove(key or invite, webstrateId?, call?)`
    pub fn remove(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Invite, Slot::Resource], |given| {
            Ok(Operation::Remove(match given.id_without_key() {
                Some((id, home)) => Remove::Id {
                    id,
                    home,
                    resource: given.resource()?,
                },
                None => {
                    let mut invited = given.invited()?;
                    invited.resource = given.resource()?;
                    Remove::Key(invited)
                }
            }))
        })
    }

    /// `listPage(filter?, token?, call?)`
    pub fn list_page(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Options, Slot::Text], |given| {
            Ok(Operation::List(List {
                filter: given.options(ListFilter::read)?,
                token: given.text(),
            }))
        })
    }

    /// `preview(key, call?)`
    pub fn preview(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Invite], |given| {
            given.invited().map(Operation::Preview)
        })
    }

    /// `members(call?)`
    pub fn members(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[], |_| Ok(Operation::Members))
    }

    /// `link(invite, options?, call?)`
    pub fn link(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Invite, Slot::Options], |given| {
            Ok(Operation::Link(LinkOf {
                invited: given.invited()?,
                options: given.options(LinkOptions::read)?,
            }))
        })
    }

    /// `supports(feature, call?)`
    pub fn supports(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Text], |given| {
            Ok(Operation::Supports(given.text()))
        })
    }

    /// `identify(call?)`
    pub fn identify(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[], |_| Ok(Operation::Identify))
    }

    /// `acceptInvite(key, resource?, policy?, call?)`
    pub fn offer(values: Vec<Json>) -> Result<Call, Error> {
        let slots = [Slot::Invite, Slot::Resource, Slot::Policy];
        Call::read(values, &slots, |given| {
            let mut invited = given.invited()?;
            invited.resource = given.resource()?;
            Ok(Operation::Offer(Offer {
                invited,
                policy: given.policy()?,
            }))
        })
    }

    /// `watch(call?)`
    pub fn watch(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[], |_| Ok(Operation::Watch))
    }

    /// `park(key, resource?, continuePath?, call?)`
    pub fn park(values: Vec<Json>) -> Result<Call, Error> {
        let slots = [Slot::Invite, Slot::Resource, Slot::Text];
        Call::read(values, &slots, |given| {
            let mut invited = given.invited()?;
            invited.resource = given.resource()?;
            Ok(Operation::Park(Park {
                invited,
                continue_path: given.text(),
            }))
        })
    }

    /// `parked(call?)`
    pub fn parked(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[], |_| Ok(Operation::Parked))
    }

    /// `unpark(key, call?)`
    pub fn unpark(values: Vec<Json>) -> Result<Call, Error> {
        Call::read(values, &[Slot::Invite], |given| {
            given.invited().map(Operation::Unpark)
        })
    }
}

impl Operation {
    /// The key that it is about.
    pub(crate) fn key(&self) -> Option<&InviteKey> {
        match self {
            Operation::Check(invited)
            | Operation::Accept(invited)
            | Operation::Preview(invited)
            | Operation::Unpark(invited)
            | Operation::Remove(Remove::Key(invited)) => Some(&invited.key),
            Operation::Link(LinkOf { invited, .. })
            | Operation::Offer(Offer { invited, .. })
            | Operation::Park(Park { invited, .. }) => Some(&invited.key),
            _ => None,
        }
    }

    /// What it is about, as far as the caller said.
    pub(crate) fn place(&self) -> Option<&str> {
        match self {
            Operation::Create(create) => create.resource.as_deref(),
            Operation::Get(resource) => resource.as_deref(),
            Operation::List(list) => list.filter.resource.as_deref(),
            Operation::Check(invited)
            | Operation::Accept(invited)
            | Operation::Preview(invited)
            | Operation::Unpark(invited)
            | Operation::Remove(Remove::Key(invited)) => invited.place(),
            Operation::Link(LinkOf { invited, .. })
            | Operation::Offer(Offer { invited, .. })
            | Operation::Park(Park { invited, .. }) => invited.place(),
            Operation::Remove(Remove::Id { resource, home, .. }) => {
                resource.as_deref().or(home.as_deref())
            }
            Operation::Members
            | Operation::Supports(_)
            | Operation::Identify
            | Operation::Watch
            | Operation::Parked => None,
        }
    }
}
