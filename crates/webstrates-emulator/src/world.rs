//! All that the emulated server remembers.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::document::{DEFAULT_PERMISSIONS, Document};
use super::people::Person;
use super::random::Random;
use super::settings::{CutOn, Settings, When, milliseconds};

/// Most calls that are remembered for tests to look at.
const CALLS_REMEMBERED: usize = 100_000;

/// No `Debug`: it holds keys.
pub(super) struct World {
    pub(super) webstrates: BTreeMap<String, Document>,
    pub(super) invites: Vec<Invite>,
    pub(super) tokens: Vec<AccessToken>,
    pub(super) settings: Settings,
    pub(super) sockets: BTreeMap<u64, Socket>,
    pub(super) calls: Vec<Call>,
    pub(super) random: Random,
    /// By webstrate, then by user.
    cache: HashMap<String, HashMap<String, (String, Instant)>>,
    next_socket: u64,
}

/// As in the database: nothing was checked.
#[derive(Clone)]
pub(super) struct Invite {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) webstrate: String,
    /// `None`: absent.
    pub(super) permissions: Option<Value>,
    /// `None`: no date at all, which counts as past.
    pub(super) expires_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) created_by: Person,
}

/// Good for the webstrate in the path, until its `data-auth` is edited.
pub(super) struct AccessToken {
    pub(super) webstrate: String,
    pub(super) token: String,
    pub(super) person: Person,
    pub(super) expiration: u64,
}

/// An open socket.
pub(super) struct Socket {
    pub(super) id: String,
    /// The webstrate in its path.
    pub(super) webstrate: String,
    pub(super) person: Person,
    pub(super) out: UnboundedSender<Outgoing>,
    /// Whether it has subscribed to its webstrate, which makes it visible to others there.
    pub(super) subscribed: bool,
}

/// What a socket is told to do.
pub(super) enum Outgoing {
    Text(String),
    /// Cut the connection: with this code, or without a word.
    Cut(Option<u16>),
}

/// A call as it arrived, for tests to look at. It never holds a key.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Call {
    pub(super) wa: String,
    pub(super) d: Value,
    pub(super) token: Value,
    pub(super) user: String,
    /// `socket`, `GET` or `HEAD`.
    pub(super) over: &'static str,
    pub(super) fate: Fate,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Fate {
    /// Carried out at this moment.
    UnderWay,
    /// Carried out and answered, well or with an error.
    Done,
    Refused,
    /// It came before `init`.
    Lost,
    /// By the settings: never carried out.
    Ignored,
    /// This server does not know it.
    Unknown,
    /// The socket was cut instead of carrying it out.
    Cut,
}

impl World {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            webstrates: BTreeMap::new(),
            invites: Vec::new(),
            tokens: Vec::new(),
            random: Random::new(settings.seed),
            settings,
            sockets: BTreeMap::new(),
            calls: Vec::new(),
            cache: HashMap::new(),
            next_socket: 0,
        }
    }

    /// What somebody may do on a webstrate, through the cache. What was nothing is looked up again every time.
    pub(super) fn permissions(&mut self, person: &Person, webstrate: &str) -> String {
        let user = person.user_id();
        let cached = self
            .cache
            .get(webstrate)
            .and_then(|people| people.get(&user));
        if let Some((permissions, since)) = cached
            && !permissions.is_empty()
            && since.elapsed() < self.settings.cache_time()
        {
            return permissions.clone();
        }
        let permissions = self.true_permissions(person, webstrate);
        self.cache
            .entry(webstrate.into())
            .or_default()
            .insert(user, (permissions.clone(), Instant::now()));
        permissions
    }

    /// What the document itself says.
    pub(super) fn true_permissions(&self, person: &Person, webstrate: &str) -> String {
        match self.webstrates.get(webstrate) {
            Some(document) => document.permissions(person),
            None => DEFAULT_PERMISSIONS.into(),
        }
    }

    /// What an edit of `data-auth` does beyond the document. An accept does not do it.
    pub(super) fn auth_was_edited(&mut self, webstrate: &str) {
        self.cache.remove(webstrate);
        self.tokens.retain(|token| token.webstrate != webstrate);
    }

    pub(super) fn forget_cache(&mut self) {
        self.cache.clear();
    }

    /// Sweeps out what has expired, as the original does at every call of somebody signed in.
    pub(super) fn sweep(&mut self) {
        let now = Timestamp::now();
        self.invites
            .retain(|invite| invite.expires_at.is_some_and(|at| at > now));
    }

    pub(super) fn token_holder(&self, webstrate: &str, token: &str, now: u64) -> Option<Person> {
        let found = self.tokens.iter().find(|known| {
            known.webstrate == webstrate && known.token == token && now < known.expiration
        });
        found.map(|known| known.person.clone())
    }

    /// A socket opens: every other socket of that user hears of it.
    pub(super) fn open_socket(&mut self, socket: Socket) -> u64 {
        let noise =
            json!({ "wa": "userClientJoin", "id": socket.id, "userClient": socket.person.shown() });
        self.tell_user(&socket.person, &noise);
        self.next_socket += 1;
        self.sockets.insert(self.next_socket, socket);
        self.next_socket
    }

    pub(super) fn close_socket(&mut self, number: u64) {
        let Some(socket) = self.sockets.remove(&number) else {
            return;
        };
        self.tell_user(
            &socket.person,
            &json!({ "wa": "clientPart", "id": socket.id }),
        );
        if socket.subscribed {
            let part = json!({ "wa": "clientPart", "id": socket.id, "d": socket.webstrate });
            self.tell_webstrate(&socket.webstrate, None, &part);
        }
    }

    /// Goes on counting sockets where another world was, whose sockets still end.
    pub(super) fn number_sockets_like(&mut self, other: &Self) {
        self.next_socket = other.next_socket;
    }

    fn tell_user(&self, person: &Person, frame: &Value) {
        let others = self
            .sockets
            .values()
            .filter(|socket| person.is_signed_in() && socket.person == *person);
        for socket in others {
            let _ = socket.out.send(Outgoing::Text(frame.to_string()));
        }
    }

    /// Sends to whoever has subscribed to a webstrate, but for one socket.
    pub(super) fn tell_webstrate(&self, webstrate: &str, but: Option<u64>, frame: &Value) {
        for (number, socket) in &self.sockets {
            if socket.subscribed && socket.webstrate == webstrate && Some(*number) != but {
                let _ = socket.out.send(Outgoing::Text(frame.to_string()));
            }
        }
    }

    /// Remembers a call; the number is for [`World::settle`].
    pub(super) fn record(&mut self, call: Call) -> usize {
        if self.calls.len() < CALLS_REMEMBERED {
            self.calls.push(call);
        }
        self.calls.len().saturating_sub(1)
    }

    pub(super) fn settle(&mut self, number: usize, fate: Fate) {
        if let Some(call) = self.calls.get_mut(number) {
            call.fate = fate;
        }
    }

    /// Whether the socket is to be cut at this call, at this moment.
    pub(super) fn cuts_on(&mut self, wa: &str, when: When) -> bool {
        match &mut self.settings.cut_on {
            Some(CutOn {
                wa: named,
                when: then,
                times,
            }) if named == wa && *then == when && *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        }
    }

    /// How long a socket lives, if chance decides.
    pub(super) fn lifetime(&mut self) -> Option<Duration> {
        let cut = self.settings.cut_randomly.filter(|cut| cut.times > 0)?;
        let time = self.random.between(cut.from, cut.to);
        Some(Duration::from_millis(time.into()))
    }

    /// Whether chance may still cut; counts it.
    pub(super) fn take_cut(&mut self) -> bool {
        match &mut self.settings.cut_randomly {
            Some(cut) if cut.times > 0 => {
                cut.times -= 1;
                true
            }
            _ => false,
        }
    }

    /// By how much an answer is late.
    pub(super) fn lateness(&mut self) -> Duration {
        milliseconds(self.settings.jitter * self.random.share())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(cache: f64) -> World {
        let changes = json!({ "cache": cache }).as_object().unwrap().clone();
        World::new(Settings::for_tests().changed(changes).unwrap())
    }

    #[test]
    fn the_cache_is_stale_until_its_time_is_over_or_the_document_is_edited() {
        let bob = Person::of_test("bob");
        for (cache, seen) in [(300.0, "r"), (0.0, "rw")] {
            let mut world = world(cache);
            world
                .webstrates
                .insert("doc".into(), Document::empty("doc"));
            let write = |world: &mut World, permissions| {
                let document = world.webstrates.get_mut("doc").unwrap();
                document.set_auth(Some(document.auth_with(&bob, Some(permissions))));
            };
            // What was nothing is not remembered.
            write(&mut world, "");
            assert_eq!(world.permissions(&bob, "doc"), "");
            write(&mut world, "r");
            assert_eq!(world.permissions(&bob, "doc"), "r");
            write(&mut world, "rw");
            assert_eq!(world.permissions(&bob, "doc"), seen);
            world.auth_was_edited("doc");
            assert_eq!(world.permissions(&bob, "doc"), "rw");
        }
        assert_eq!(world(1.0).permissions(&bob, "ghost"), "arw");
    }
}
