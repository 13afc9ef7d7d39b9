//! What calls answer, in the words of a history.

/// What one thing that happened was answered with, or did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Done,
    /// Its code, and the option it is about, or of what there is too much.
    Refused(&'static str, String),
    Letters(&'static str),
    Shown(Shown),
    Checked {
        invite: Shown,
        /// What it would add, and what is held.
        reader: Option<(&'static str, &'static str)>,
    },
    Accepted {
        invite: u16,
        resource: usize,
        letters: &'static str,
        gained: &'static str,
        already: bool,
        /// Whether the inviter's data came along.
        whole: bool,
    },
    Redeemed {
        invite: u16,
        person: usize,
        letters: String,
        whole: bool,
    },
    Removed {
        invite: u16,
        resource: usize,
    },
    /// Page by page.
    Pages(Vec<Vec<Shown>>),
    Members {
        version: i64,
        members: Vec<(usize, &'static str)>,
    },
    /// What somebody may do, if they have access.
    Member(Option<&'static str>),
    /// What somebody may do now; and which links would let them in again, the newest first, how many, and whether they
    /// have ended.
    MemberSet {
        letters: &'static str,
        links: Option<(Vec<u16>, usize, bool)>,
    },
    /// Page by page.
    Resources(Vec<Vec<(usize, &'static str)>>),
    Events {
        place: i64,
        events: Vec<Happened>,
    },
    SignedIn(Option<usize>),
    /// These invites came to an end, in this order on each resource, one resource after the other.
    Ended(Vec<u16>),
    /// The clock is not trusted.
    Paused,
}

impl Answer {
    pub(crate) fn refused(code: &'static str) -> Answer {
        Answer::Refused(code, String::new())
    }

    /// There are as many as may be: invites, resources, or mails.
    pub(crate) fn full(what: &str) -> Answer {
        Answer::Refused("limit_reached", what.to_owned())
    }

    pub(crate) fn not_acceptable(field: &str) -> Answer {
        Answer::Refused("invalid_option", field.to_owned())
    }
}

/// An invite as somebody sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) invite: u16,
    pub(crate) resource: usize,
    pub(crate) grants: &'static str,
    pub(crate) by: usize,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) status: &'static str,
    pub(crate) uses: u32,
    pub(crate) max_uses: Option<u32>,
    pub(crate) email: Option<usize>,
    pub(crate) accepted: Vec<(usize, i64)>,
    pub(crate) key: Key,
    /// Whether its inviter's name for it is shown.
    pub(crate) labelled: bool,
    /// Whether message and data are as they were given.
    pub(crate) whole: bool,
}

/// Whether a key is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Absent,
    /// The one it was made with.
    Same,
    Another,
    /// Of what has ended it does not matter: its secret may be gone.
    Either,
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Either, shown) | (shown, Key::Either) => !matches!(shown, Key::Another),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) number: i64,
    pub(crate) kind: &'static str,
    pub(crate) invite: u16,
    pub(crate) person: usize,
    pub(crate) at: i64,
    pub(crate) uses: Option<u32>,
}

/// All that a resource holds, whoever may see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Room {
    pub(crate) exists: bool,
    pub(crate) version: i64,
    pub(crate) last_event: i64,
    pub(crate) members: Vec<(usize, &'static str)>,
    /// The newest first, whatever became of them.
    pub(crate) invites: Vec<Shown>,
    pub(crate) events: Vec<Happened>,
}
