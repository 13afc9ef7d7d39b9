//! What callers can ask for. Arguments are parsed here, once, into one struct for each call.

mod arguments;
mod members;
pub mod options;

use std::rc::Rc;

use invite_key::{InviteKey, Permissions};

use crate::error::Error;
use crate::json::Json;

pub(crate) use arguments::malformed;
use arguments::{Arguments, Slot};
use options::{CallOptions, CreateOptions, LinkOptions, ListFilter, MemberOptions};

/// Whether a text is what somebody may do, which may be nothing.
pub(crate) fn is_permissions(text: &str) -> bool {
    text.is_empty() || Permissions::parse(text).is_ok()
}

/// One thing to ask for.
pub enum Operation {
    /// Make an invite.
    Create(Box<Create>),
    /// The caller's own invites that still work, all of them.
    Get(Option<String>),
    /// The invite of a key.
    Check(Rc<Invited>),
    /// Take an invite.
    Accept(Rc<Invited>),
    /// Cancel an invite.
    Remove(Remove),
    /// One page of invites or people.
    List(Box<List>),
    /// One person.
    Member(Box<Member>),
    /// What accepting would give, and to whom.
    Preview(Rc<Invited>),
    /// The link to send.
    Link(Box<LinkOf>),
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
    Unpark(Rc<Invited>),
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
    /// Its id, where the invite that was passed says so.
    pub id: Option<String>,
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
    Key(Rc<Invited>),
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

/// One page of `list` or `members`
pub struct List {
    /// Which.
    pub filter: ListFilter,
    /// Where the page begins; empty for the first.
    pub token: String,
}

/// `member`, `setMember`
pub struct Member {
    /// Who, and what becomes of them.
    pub options: MemberOptions,
    /// What becomes of links that would let them in again; empty where nothing is said.
    pub links: &'static str,
}

/// `link`
pub struct LinkOf {
    /// Whose link.
    pub invited: Rc<Invited>,
    /// Of which form.
    pub options: LinkOptions,
}

/// `acceptPending`
pub struct Offer {
    /// What is offered.
    pub invited: Rc<Invited>,
    /// Who decides.
    pub policy: Policy,
}

/// An invite that waits for a sign-in.
pub struct Park {
    /// Which.
    pub invited: Rc<Invited>,
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

/// A method of the handle: which arguments it takes, and which operation they make.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
pub enum Method {
    /// `create(options?, webstrateId?, call?)`
    Create,
    /// `get(webstrateId?, call?)`
    Get,
    /// `check(key, webstrateId?, call?)`
    Check,
    /// `accept(key, webstrateId?, call?)`
    Accept,
    /// `remove(key or invite, webstrateId?, call?)`
    Remove,
    /// `listPage(filter?, token?, call?)`
    ListPage,
    /// `preview(key, call?)`
    Preview,
    /// `members(filter?, token?, call?)`
    Members,
    /// `member({ user, resource? }, call?)`
    Member,
    /// `setMember({ user, permissions, resource? }, call?)`
    SetMember,
    /// `link(invite, options?, call?)`
    Link,
    /// `supports(feature, call?)`
    Supports,
    /// `identify(call?)`
    Identify,
    /// `acceptInvite(key, resource?, policy?, call?)`
    AcceptInvite,
    /// `watch(call?)`
    Watch,
    /// `park(key, resource?, continuePath?, call?)`
    Park,
    /// `parked(call?)`
    Parked,
    /// `unpark(key, call?)`
    Unpark,
}

impl Method {
    /// What stands where in its arguments, before the options of the call.
    fn slots(self) -> &'static [Slot] {
        match self {
            Method::Create => &[Slot::Options, Slot::Resource],
            Method::Get => &[Slot::ResourceToList],
            Method::Check | Method::Accept => &[Slot::Invite, Slot::Resource],
            Method::Remove => &[Slot::InviteOrId, Slot::Resource],
            Method::ListPage | Method::Members => &[Slot::Options, Slot::Text],
            Method::Member | Method::SetMember => &[Slot::Options],
            Method::Preview | Method::Unpark => &[Slot::Invite],
            Method::Identify | Method::Watch | Method::Parked => &[],
            Method::Link => &[Slot::Invite, Slot::Options],
            Method::Supports => &[Slot::Text],
            Method::AcceptInvite => &[Slot::Invite, Slot::Resource, Slot::Policy],
            Method::Park => &[Slot::Invite, Slot::Resource, Slot::Text],
        }
    }
}

/// An invite's id, which stands in a path. These every parser of addresses takes out of one.
fn id_of(id: Option<String>) -> Result<String, Error> {
    let named = id.filter(|id| !matches!(id.as_str(), "" | "." | ".."));
    named.ok_or_else(|| Error::invalid("id", " must be an invite's."))
}

impl Call {
    /// Reads the arguments of a call. One function for all: what each of many would drop again is most of its code.
    pub fn read(method: Method, values: Vec<Json>) -> Result<Call, Error> {
        let of_one = matches!(method, Method::Member | Method::SetMember);
        let given = Arguments::sort(values, method.slots(), of_one)?;
        let invited = given.key.map(|key| {
            Rc::new(Invited {
                key,
                id: given.id.clone(),
                resource: given.resource.clone(),
                home: given.home.clone(),
            })
        });
        let operation = match (method, invited) {
            (Method::Create, _) => Operation::Create(Box::new(Create {
                options: CreateOptions::read(given.options)?,
                resource: given.resource,
            })),
            (Method::Get, _) => Operation::Get(given.resource),
            (Method::ListPage | Method::Members, _) => Operation::List(Box::new(List {
                filter: ListFilter::read(given.options, method == Method::Members)?,
                token: given.text,
            })),
            (Method::Member | Method::SetMember, _) => Operation::Member(Box::new(Member {
                options: MemberOptions::read(given.options)?,
                links: given.call.links.unwrap_or_default(),
            })),
            (Method::Supports, _) if given.text.is_empty() => {
                return Err(Error::invalid("feature", " must be the name of one."));
            }
            (Method::Supports, _) => Operation::Supports(given.text),
            (Method::Identify, _) => Operation::Identify,
            (Method::Watch, _) => Operation::Watch,
            (Method::Parked, _) => Operation::Parked,
            (Method::Remove, None) => Operation::Remove(Remove::Id {
                id: id_of(given.id)?,
                resource: given.resource,
                home: given.home,
            }),
            (Method::Remove, Some(invited)) => Operation::Remove(Remove::Key(invited)),
            (Method::Check, Some(invited)) => Operation::Check(invited),
            (Method::Accept, Some(invited)) => Operation::Accept(invited),
            (Method::Preview, Some(invited)) => Operation::Preview(invited),
            (Method::Unpark, Some(invited)) => Operation::Unpark(invited),
            (Method::Link, Some(invited)) => Operation::Link(Box::new(LinkOf {
                options: LinkOptions::read(given.options)?,
                invited,
            })),
            (Method::AcceptInvite, Some(invited)) => Operation::Offer(Offer {
                invited,
                policy: given.policy,
            }),
            (Method::Park, Some(invited)) => Operation::Park(Park {
                invited,
                continue_path: given.text,
            }),
            // Where a key must stand, one stands by now.
            (_, None) => return Err(malformed("")),
        };
        Ok(Call {
            operation,
            options: given.call,
        })
    }
}

impl Operation {
    /// Whether it sets what somebody may do.
    pub(crate) fn changes_member(&self) -> bool {
        matches!(self, Operation::Member(member) if member.options.permissions.is_some())
    }

    /// The key that it is about.
    pub(crate) fn key(&self) -> Option<&InviteKey> {
        match self {
            Operation::Check(invited)
            | Operation::Accept(invited)
            | Operation::Preview(invited)
            | Operation::Unpark(invited)
            | Operation::Remove(Remove::Key(invited)) => Some(&invited.key),
            Operation::Link(link) => Some(&link.invited.key),
            Operation::Offer(Offer { invited, .. }) | Operation::Park(Park { invited, .. }) => {
                Some(&invited.key)
            }
            _ => None,
        }
    }

    /// What it is about, as far as the caller said.
    pub(crate) fn place(&self) -> Option<&str> {
        match self {
            Operation::Create(create) => create.resource.as_deref(),
            Operation::Get(resource) => resource.as_deref(),
            Operation::List(list) => list.filter.resource.as_deref(),
            Operation::Member(member) => member.options.resource.as_deref(),
            Operation::Check(invited)
            | Operation::Accept(invited)
            | Operation::Preview(invited)
            | Operation::Unpark(invited)
            | Operation::Remove(Remove::Key(invited)) => invited.place(),
            Operation::Link(link) => link.invited.place(),
            Operation::Offer(Offer { invited, .. }) | Operation::Park(Park { invited, .. }) => {
                invited.place()
            }
            Operation::Remove(Remove::Id { resource, home, .. }) => {
                resource.as_deref().or(home.as_deref())
            }
            Operation::Supports(_) | Operation::Identify | Operation::Watch | Operation::Parked => {
                None
            }
        }
    }
}
