//! What may happen: a history is a list of it. All names in it are numbers of its own, so that it means the same when
//! some of it is left out: an invite that is never made is simply not there.

use invite_server::core::InviteStatus;

/// The people, all of them of one provider.
pub(crate) const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
pub(crate) const PROVIDER: &str = "test";
/// What their provider has verified of each.
pub(crate) const VERIFIED: [Option<&str>; 5] = [
    Some("alice@example.com"),
    Some("bob@example.com"),
    Some("carolé@xn--exmple-cua.org"),
    None,
    Some("erin@example.com"),
];
/// Whom invites may be for, as it is written, and whose address it is.
pub(crate) const ADDRESSES: [(&str, usize); 5] = [
    ("alice@example.com", 0),
    ("Bob@EXAMPLE.com", 1),
    ("bob@example.com", 1),
    ("carolé@exämple.org", 2),
    ("erin@example.com", 4),
];
/// The last is a name that the server keeps for itself.
pub(crate) const RESOURCES: [&str; 6] = ["maps", "notes", "plans", "tasks", "teams", "site"];
pub(crate) const KEPT: usize = 5;
/// Chance always draws this one.
pub(crate) const DRAWN: usize = 2;
pub(crate) const APPS: [&str; 2] = ["bot", "crm"];

/// Milliseconds.
pub(crate) const SECOND: i64 = 1000;
pub(crate) const HOUR: i64 = 3600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;
/// When every history begins.
pub(crate) const BEGIN: i64 = 1_795_238_400_000;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Nobody,
    Person(usize),
    /// This app, on behalf of this person.
    App(usize, usize),
}

impl Asker {
    pub(crate) fn person(self) -> Option<usize> {
        match self {
            Asker::Nobody => None,
            Asker::Person(person) | Asker::App(_, person) => Some(person),
        }
    }

    pub(crate) fn app(self) -> Option<usize> {
        match self {
            Asker::App(app, _) => Some(app),
            _ => None,
        }
    }
}

/// The sort of an invite's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Opaque,
    Webstrates,
    Signed,
}

/// How an invite is named to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    ByKey,
    ById,
    /// By its id, as long as it can be accepted.
    WhilePending,
}

/// Whom the invites of a list are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Whoever,
    Somebody,
    /// One of [`ADDRESSES`], as it is written.
    Address(usize),
}

/// Which version of a list was seen by whoever changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The one that stands.
    Latest,
    /// The one before.
    Stale,
    /// Whichever: it is not said.
    Unsaid,
    /// This one.
    Version(i64),
}

/// Which of the server's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Active,
    Next,
    /// The last that was retired.
    Retired,
}

/// One thing that happens. Letters are texts, people and the like places in the lists above, times milliseconds, ages
/// seconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    NewResource {
        by: Asker,
        resource: usize,
    },
    /// Under an id that chance draws.
    NewAnywhere {
        by: Asker,
    },
    /// With all that hangs on it. Where it is not swept the server stops right afterwards, and its rows are left.
    Delete {
        by: Asker,
        resource: usize,
        swept: bool,
    },
    /// The rows go that are left of deleted ones.
    Sweep,
    /// An invite that is called `name` from now on. With `once` it has that Idempotency-Key and that body.
    Create {
        name: u16,
        by: Asker,
        resource: usize,
        grants: &'static str,
        max_age: u32,
        max_uses: Option<u32>,
        email: Option<usize>,
        kind: Kind,
        once: Option<(u8, u8)>,
        /// Whether it is mailed.
        send: bool,
    },
    Check {
        by: Asker,
        invite: u16,
        resource: Option<usize>,
    },
    /// The receipt of it is called `receipt`.
    Accept {
        by: Asker,
        invite: u16,
        resource: Option<usize>,
        receipt: u16,
    },
    Redeem {
        app: usize,
        receipt: u16,
    },
    List {
        by: Asker,
        resource: usize,
        everyone: bool,
        status: Option<InviteStatus>,
        addressed: For,
        by_address: bool,
        page_size: u32,
    },
    Remove {
        by: Asker,
        invite: u16,
        named: Named,
        resource: Option<usize>,
    },
    Resend {
        by: Asker,
        invite: u16,
        max_age: u32,
    },
    Members {
        by: Asker,
        resource: usize,
    },
    /// What somebody may do.
    Member {
        by: Asker,
        resource: usize,
        person: usize,
    },
    /// This person may do just this from now on; perhaps links end that would let them in again.
    SetMember {
        by: Asker,
        resource: usize,
        person: usize,
        letters: &'static str,
        end_links: bool,
    },
    /// The list of members as it stands, with this person holding just this, is put in its own place.
    Put {
        by: Asker,
        resource: usize,
        person: usize,
        letters: &'static str,
        seen: Seen,
    },
    /// What one may do.
    Letters {
        by: Asker,
        resource: usize,
    },
    /// On the operator's word somebody may do just this.
    Appoint {
        resource: usize,
        person: usize,
        letters: &'static str,
    },
    /// One's own, page by page.
    Resources {
        by: Asker,
        page_size: u32,
    },
    Events {
        by: Asker,
        resource: usize,
        after: Option<i64>,
    },
    AddApp {
        app: usize,
        everything: bool,
    },
    GrantApp {
        app: usize,
        resource: usize,
    },
    RevokeApp {
        app: usize,
        resource: usize,
    },
    RemoveApp {
        app: usize,
    },
    /// Of this person their issuer says that they are called like that one.
    SignIn {
        person: usize,
        called: usize,
        seconds: u32,
        session: u16,
    },
    WhoIs {
        session: u16,
    },
    SignOut {
        session: u16,
    },
    SignOutEverywhere {
        by: Asker,
    },
    EraseUser {
        person: usize,
    },
    EraseAddress {
        address: usize,
    },
    /// The operator lets there be so much; 0 is any number.
    Allow {
        invites: u32,
        resources: u32,
        mails: u32,
    },
    /// Time passes.
    Pass {
        time: i64,
    },
    /// The clock of the machine jumps, and no time passes.
    Jump {
        time: i64,
    },
    /// The operator says so, if the server doubts it.
    ClockIsRight,
    /// What is over is told.
    TellEnds,
    /// What has ended so many days ago is deleted.
    Purge {
        days: u32,
    },
    Rotate {
        at_once: bool,
    },
    RevokeSecret {
        which: Which,
    },
    /// The server stops, and begins again when so much time has passed.
    Restart {
        away: i64,
    },
}

/// A history that may be written down as a test.
pub(crate) fn written(history: &[Op]) -> String {
    let lines: Vec<String> = history.iter().map(|op| format!("    {op:?},\n")).collect();
    format!("&[\n{}]", lines.concat())
}

/// Simpler things that may fail in the same way.
pub(crate) fn simpler(op: &Op) -> Vec<Op> {
    let mut all = Vec::new();
    match op {
        Op::Create { by, kind, .. } => {
            let change = |change: fn(&mut Op)| {
                let mut other = op.clone();
                change(&mut other);
                other
            };
            let plainly = |asker: Asker| Asker::Person(asker.person().unwrap_or_default());
            all.push(change(|op| {
                if let Op::Create { max_uses, .. } = op {
                    *max_uses = None;
                }
            }));
            all.push(change(|op| {
                if let Op::Create { email, send, .. } = op {
                    (*email, *send) = (None, false);
                }
            }));
            all.push(change(|op| {
                if let Op::Create { send, .. } = op {
                    *send = false;
                }
            }));
            all.push(change(|op| {
                if let Op::Create { once, .. } = op {
                    *once = None;
                }
            }));
            if *kind != Kind::Opaque {
                all.push(change(|op| {
                    if let Op::Create { kind, .. } = op {
                        *kind = Kind::Opaque;
                    }
                }));
            }
            let mut own = op.clone();
            if let Op::Create { by: asker, .. } = &mut own {
                *asker = plainly(*by);
            }
            all.push(own);
        }
        Op::Restart { .. } => all.push(Op::Restart { away: 0 }),
        Op::List {
            by,
            resource,
            everyone,
            ..
        } => all.push(Op::List {
            by: *by,
            resource: *resource,
            everyone: *everyone,
            status: None,
            addressed: For::Whoever,
            by_address: false,
            page_size: 100,
        }),
        _ => {}
    }
    all.retain(|other| other != op);
    all
}
