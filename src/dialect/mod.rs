//! How servers speak, one folder each. A dialect holds every fact about its wire and nothing about JavaScript.
//!
//! A new one is a line in the list below and a folder. What the folder leaves out is taken from [`nothing`]: a dialect
//! of which nothing is said can do nothing, and says so to every call.

use std::rc::Rc;

use invite_key::KeyKind;

use crate::call::Progress;
use crate::error::Error;
use crate::flights::{PAGES_TURN, SERVERS_TURN};
use crate::json::Json;
use crate::later::{Reply, Task, settled};
use crate::operation::options::Auth;
use crate::operation::{Create, Operation, Policy, is_permissions};
use crate::transport::Platform;

/// Makes [`DialectName`] of the list, and what finds a dialect's [`Traits`] and opens its [`Session`].
macro_rules! dialects {
    ($($(#[$doc:meta])* $folder:ident = $name:ident),* $(,)?) => {
        $(mod $folder;)*

        /// How a server speaks.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(target_arch = "wasm32"), derive(Debug))]
        pub enum DialectName {
            $($(#[$doc])* $name,)*
        }

        impl DialectName {
            /// All of them, by the name that callers write.
            pub const ALL: &[(&str, DialectName)] = &[$((stringify!($folder), DialectName::$name)),*];

            /// The same names, as a sentence quotes them.
            pub(crate) const QUOTED: &str = concat!($(" '", stringify!($folder), "'"),*);

            /// What is true of all its servers.
            pub(crate) fn traits(self) -> &'static Traits {
                #[allow(unused_imports, reason = "what a folder leaves out stands in `nothing`")]
                match self {
                    $(DialectName::$name => { use $folder::*; &TRAITS })*
                }
            }

            /// What a connection to one of its servers keeps open.
            pub(crate) fn open<P: Platform>(self, platform: &Rc<P>) -> Rc<dyn Session<P>> {
                #[allow(unused_imports, reason = "what a folder leaves out stands in `nothing`")]
                match self {
                    $(DialectName::$name => { use $folder::*; open(platform) })*
                }
            }
        }
    };
}

dialects! {
    /// Our own HTTP API.
    http = Http,
    /// Webstrates' WebSocket.
    webstrates = Webstrates,
}

#[allow(dead_code, reason = "for folders that leave something out")]
mod nothing;
#[allow(unused_imports, reason = "for folders that leave something out")]
use nothing::{TRAITS, open};

impl DialectName {
    /// Whose servers say what they speak (`/.well-known/invite-keys`): asked where nobody else does.
    pub(crate) const DISCOVERS: DialectName = DialectName::Http;
    /// Whose servers' pages have `webstrate`.
    #[cfg(target_arch = "wasm32")]
    pub(crate) const WEBSTRATE: DialectName = DialectName::Webstrates;

    /// The dialect that callers call so.
    pub fn named(name: &str) -> Option<DialectName> {
        let found = DialectName::ALL.iter().find(|known| known.0 == name)?;
        Some(found.1)
    }

    /// What callers call it.
    pub(crate) fn name(self) -> &'static str {
        let found = DialectName::ALL.iter().find(|known| known.1 == self);
        found.map_or("", |known| known.0)
    }
}

/// What is true of every server of a dialect: what the rest of the SDK would else ask by its name.
pub(crate) struct Traits {
    /// What `create` takes beyond `permissions` and `maxAge`, whatever the server says of itself.
    pub(crate) options: &'static [&'static str],
    /// Whether an invite is to something, which its inviter must name.
    pub(crate) needs_resource: bool,
    /// What its servers can do; nothing where each says so itself.
    pub(crate) features: Option<&'static [&'static str]>,
    /// The kinds of keys that its servers make.
    pub(crate) kinds: &'static [KeyKind],
    /// What must not be accepted at the same time.
    pub(crate) alone: Alone,
    /// Whether an invite is taken unasked where nobody says otherwise. Never one that makes somebody an admin.
    pub(crate) policy: Policy,
    /// Whether `account: null` in a preview proves that nobody is signed in.
    pub(crate) knows_account: bool,
    /// The link to send, where nobody says which.
    pub(crate) link: LinkForm,
    /// How one hears of uses.
    pub(crate) hears: Hears,
}

/// What must not be accepted at the same time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alone {
    /// The same invite.
    Key,
    /// Anything else on the same document.
    Document,
}

/// The link that a dialect's servers know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkForm {
    /// The resource's own page, with the key where its server sees it and takes it.
    ResourceQuery,
    /// The resource's own page, or the server's for all, with the key where no server sees it.
    PageFragment,
    /// None.
    #[allow(dead_code, reason = "of dialects to come")]
    None,
}

/// How one hears of uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    /// The server sends events.
    Stream,
    /// By looking, again and again.
    Looking,
    /// Not at all.
    #[allow(dead_code, reason = "of dialects to come")]
    Never,
}

/// What a connection keeps open to a server, and how it asks it.
pub(crate) trait Session<P: Platform> {
    /// Asks the server, in its own way.
    fn perform<'a>(&'a self, cx: &'a Context<'a, P>) -> Task<'a, Reply>;

    /// Asks the server what it can do, and writes the answer into `remote`; there is nothing else to reply.
    fn discover<'a>(&'a self, platform: &'a P, remote: &'a mut Remote) -> Task<'a, Reply> {
        let _ = (platform, remote);
        settled(Ok(Json::Null))
    }

    /// Drops what is open.
    fn close(&self) {}
}

/// The server a connection has turned out to speak to.
#[derive(Clone)]
pub(crate) struct Remote {
    /// How it speaks.
    pub(crate) dialect: DialectName,
    /// Its address, without a slash at its end.
    pub(crate) server: String,
    /// What the connection is for.
    pub(crate) resource: Option<String>,
    /// Where the HTTP API begins.
    pub(crate) api: String,
    /// What the server says it can do, once it was asked.
    pub(crate) features: Option<Vec<String>>,
}

impl Remote {
    pub(crate) fn traits(&self) -> &'static Traits {
        self.dialect.traits()
    }

    /// Whether the server can do this, by what it said or by what all its like can.
    pub(crate) fn has(&self, feature: &str) -> bool {
        match self.traits().features {
            Some(fixed) => fixed.contains(&feature),
            None => self.features.iter().flatten().any(|known| known == feature),
        }
    }

    /// An option or call that servers of this sort do not have.
    pub(crate) fn unsupported(&self, what: &str) -> Error {
        Error::unsupported(what, self.dialect.name())
    }
}

/// What one attempt of a call works with.
pub(crate) struct Context<'a, P: Platform> {
    pub(crate) platform: &'a P,
    pub(crate) remote: &'a Remote,
    pub(crate) auth: Option<&'a Auth>,
    pub(crate) operation: &'a Operation,
    pub(crate) progress: &'a Rc<Progress>,
}

impl<P: Platform> Context<'_, P> {
    /// What the call is about: what it says, else what the invite says, else what the connection is for.
    pub(crate) fn resource(&self) -> Result<&str, Error> {
        let said = self.operation.place().or(self.remote.resource.as_deref());
        said.ok_or_else(Error::no_resource)
    }

    /// The key's text; empty where the call has none.
    pub(crate) fn key_text(&self) -> &str {
        let key = self.operation.key();
        key.map(invite_key::InviteKey::reveal).unwrap_or_default()
    }

    /// The server has been asked: it is its turn.
    pub(crate) fn asked(&self) {
        self.turns(SERVERS_TURN);
    }

    /// Something came back, whatever it says: the call goes on.
    pub(crate) fn heard(&self) {
        self.turns(PAGES_TURN);
    }

    fn turns(&self, patience: f64) {
        self.progress.due.set(self.platform.monotonic() + patience);
    }

    /// Refuses what `create` was given beyond what the server knows: it may leave out in silence what it does not.
    pub(crate) fn refuse_unknown(&self, create: &Create) -> Result<(), Error> {
        let named = self
            .progress
            .idempotency_key
            .as_ref()
            .map(|_| "idempotencyKey");
        for name in create.options.extra().chain(named) {
            if !self.remote.traits().options.contains(&name) && !self.remote.has(name) {
                return Err(self.remote.unsupported(name));
            }
        }
        Ok(())
    }
}

/// What a member of an answer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Permissions; a dialect may have letters of its own.
    Letters,
    /// The same of dates.
    Date,
    Count,
    Flag,
    Person,
    /// Something with such members of its own.
    Part,
    /// A list of these.
    List,
}

/// What may stand in an invite and all that is made of one. Members that nobody here knows are the server's own.
const KINDS: &[(&str, Kind)] = &[
    ("permissions", Kind::Letters),
    ("gained", Kind::Letters),
    ("createdAt", Kind::Date),
    ("expiresAt", Kind::Date),
    ("resource", Kind::Text),
    ("webstrateId", Kind::Text),
    ("id", Kind::Text),
    ("key", Kind::Text),
    ("status", Kind::Text),
    ("title", Kind::Text),
    ("message", Kind::Text),
    ("label", Kind::Text),
    ("email", Kind::Text),
    ("receipt", Kind::Text),
    ("uses", Kind::Count),
    ("maxUses", Kind::Count),
    ("usesLeft", Kind::Count),
    ("expiresIn", Kind::Count),
    ("already", Kind::Flag),
    ("accepted", Kind::List),
    ("createdBy", Kind::Person),
    ("inviter", Kind::Person),
    ("account", Kind::Person),
    ("user", Kind::Person),
    ("links", Kind::Part),
    ("mail", Kind::Part),
    ("total", Kind::Count),
    ("ended", Kind::Flag),
    ("invites", Kind::List),
];

/// Whether what a server calls an invite is one, as far as it says anything. By `dates`, which reads them, permissions are
/// known letters, too; without it both are whatever text the server has.
pub(crate) fn looks_like_invite(invite: &Json, dates: Option<&dyn Fn(&str) -> f64>) -> bool {
    let fits = |(name, value): &(String, Json)| {
        let Some((_, kind)) = KINDS.iter().find(|known| known.0 == name) else {
            return true;
        };
        match (kind, value) {
            (_, Json::Null) => true,
            (Kind::Text, Json::Text(_)) | (Kind::Flag, Json::Bool(_)) => true,
            (Kind::Letters, Json::Text(text)) => dates.is_none() || is_permissions(text),
            (Kind::Date, Json::Text(text)) => dates.is_none_or(|date| !date(text).is_nan()),
            (Kind::Count, Json::Number(number)) => *number >= 0.0,
            (Kind::Person, Json::Object(_)) => is_person(value),
            (Kind::Part, _) => looks_like_invite(value, dates),
            (Kind::List, Json::List(items)) => {
                items.iter().all(|item| looks_like_invite(item, dates))
            }
            _ => false,
        }
    };
    invite.is_object() && invite.members().iter().all(fits)
}

/// Whether what is said of a person can be read: half of a name is not taken for another's.
pub(crate) fn is_person(user: &Json) -> bool {
    ["username", "provider", "displayName"].iter().all(|name| {
        let value = user.get(name);
        value.is_none_or(|value| matches!(value, Json::Text(_) | Json::Null))
    })
}

/// Whether this is whom the caller names: `username:provider`.
pub(crate) fn is_named(user: &Json, name: &str) -> bool {
    let part = |part| user.text(part).unwrap_or_default();
    [part("username"), ":", part("provider")].concat() == name
}

/// Leaves out of an answer whatever text has the key of the call in it: what is made of it is shown to pages and told in
/// events, which have no key.
pub(crate) fn hide(answer: &mut Json, key: &str) {
    let hide_text = |text: &mut String| {
        let mut parts = text.as_bytes().windows(key.len().max(1));
        if parts.any(|part| part.eq_ignore_ascii_case(key.as_bytes())) {
            *text = "\u{2026}".to_owned();
        }
    };
    match answer {
        Json::Text(text) => hide_text(text),
        Json::List(items) => items.iter_mut().for_each(|item| hide(item, key)),
        Json::Object(members) => {
            for (name, value) in members {
                hide_text(name);
                hide(value, key);
            }
        }
        _ => {}
    }
}

/// Whether an answer says what became of what was to be removed.
pub(crate) fn is_removal(answer: &Json) -> bool {
    matches!(answer.get("acknowledged"), Some(Json::Bool(_)))
        && answer.number("deletedCount") >= Some(0.0)
}

/// Seconds until an invite expires: by what the server counted, else by its clock (`now`, milliseconds since 1970);
/// endless where it does not.
pub(crate) fn seconds_left<P: Platform>(platform: &P, invite: &Json, now: f64) -> Json {
    let left = match (invite.number("expiresIn"), invite.text("expiresAt")) {
        (Some(seconds), _) => seconds,
        (None, Some(date)) => (platform.date(date) - now) / 1000.0,
        (None, None) => f64::INFINITY,
    };
    Json::Number(left.max(0.0).floor())
}
