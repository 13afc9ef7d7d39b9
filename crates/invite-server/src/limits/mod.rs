//! How often one may call: one set of counts for all dialects.
//!
//! Whoever is signed in counts as themselves and as their address, an app as itself wherever it calls from and for whomever,
//! everybody else as their address. Each copy of the server counts for itself.

mod apps;
mod guesses;
mod layer;
mod meter;
mod over;
mod places;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

pub use layer::{limit, limit_address};
pub use over::Culprit;
pub use places::{Place, Places};

use crate::core::{Actor, Refusal, User};
use crate::dialect::Brought;
use apps::Known;
use guesses::Guesses;
use meter::Meter;

/// How often one may call; 0 is any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Calls a minute from one address.
    pub address: u32,
    /// Calls a minute by one person.
    pub user: u32,
    /// Calls a minute by one app.
    pub app: u32,
    /// Invites a minute that somebody looks up who is not signed in.
    pub signed_out_check: u32,
    /// Invites a minute that are kept in a cookie.
    pub pending: u32,
    /// Keys a minute that open nothing.
    pub wrong_keys: u32,
    /// Ids of resources a minute that one person tries to take, or one app in vain.
    pub names: u32,
    /// Mails an hour by one person.
    pub mails: u32,
    /// Connections at once from one address.
    pub connections: u32,
    /// WebSockets at once from one address.
    pub sockets: u32,
    /// Streams of events at once from one address.
    pub streams: u32,
}

impl Numbers {
    /// Unless the operator says otherwise.
    pub const USUAL: Numbers = Numbers {
        address: 3000,
        user: 600,
        app: 30_000,
        signed_out_check: 30,
        pending: 30,
        wrong_keys: 20,
        names: 30,
        mails: 60,
        connections: 512,
        sockets: 256,
        streams: 256,
    };

    /// No limits at all.
    pub const NONE: Numbers = Numbers {
        address: 0,
        user: 0,
        app: 0,
        signed_out_check: 0,
        pending: 0,
        wrong_keys: 0,
        names: 0,
        mails: 0,
        connections: 0,
        sockets: 0,
        streams: 0,
    };
}

/// All counts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits(Arc<All>);

#[derive(Debug)]
struct All {
    address: Option<Meter>,
    user: Option<Meter>,
    app: Option<Meter>,
    known: Known,
    strangers: Option<Guesses>,
    signed_out_check: Option<Meter>,
    pending: Option<Meter>,
    wrong_keys: Option<Guesses>,
    names: Option<Guesses>,
    mails: Option<Meter>,
}

/// Who calls, as far as it counts.
#[derive(Debug, Clone)]
pub struct Who {
    /// From where; `None` where there is no network in between, as in a test.
    pub address: Option<IpAddr>,
    /// Who is signed in.
    pub user: Option<User>,
    /// The app that calls, for whomever.
    pub app: Option<Arc<str>>,
}

impl Who {
    /// From this address, and perhaps signed in.
    pub fn new(address: Option<IpAddr>, actor: Option<&Actor>) -> Who {
        Who {
            address: address.map(neighbourhood),
            user: actor
                .filter(|actor| actor.app.is_none())
                .map(|actor| actor.user.clone()),
            app: actor.and_then(|actor| actor.app.as_deref().map(Arc::from)),
        }
    }
}

impl Limits {
    /// With these numbers.
    pub fn new(numbers: &Numbers) -> Limits {
        Limits(Arc::new(All {
            mails: Meter::per_hour(numbers.mails),
            address: Meter::per_minute(numbers.address),
            user: Meter::per_minute(numbers.user),
            app: Meter::per_minute(numbers.app),
            known: Known::default(),
            strangers: Meter::per_minute(numbers.wrong_keys).map(Guesses::new),
            signed_out_check: Meter::per_minute(numbers.signed_out_check),
            pending: Meter::per_minute(numbers.pending),
            wrong_keys: Meter::per_minute(numbers.wrong_keys).map(Guesses::new),
            names: Meter::per_minute(numbers.names).map(Guesses::new),
        }))
    }

    /// No limits at all.
    pub fn none() -> Limits {
        Limits::new(&Numbers::NONE)
    }

    /// Counts a call of any sort.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn call(&self, who: &Who) -> Result<(), Refusal> {
        self.address(who)?;
        self.user(who)
    }

    /// Counts a call from this address.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn address(&self, who: &Who) -> Result<(), Refusal> {
        take("address", &self.0.address, who.address, || who.into())
    }

    /// Counts a call by this person, if it is somebody.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn user(&self, who: &Who) -> Result<(), Refusal> {
        take(
            "user",
            &self.0.user,
            who.user
                .as_ref()
                .map(|user| (&user.username, &user.provider)),
            || who.into(),
        )
    }

    /// Counts a call by this app.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn app(&self, app: &str) -> Result<(), Refusal> {
        take("app", &self.0.app, Some(app), || {
            Culprit::default().app(app)
        })
    }

    /// The app that these credentials were found to be of.
    fn known(&self, brought: &Brought) -> Option<Arc<str>> {
        self.0.known.find(brought)
    }

    /// Whether it may be looked up whose credentials somebody brings whom nobody knows; not after too many that were
    /// nobody's.
    fn may_introduce(&self, from: &Who) -> bool {
        let strangers = self.0.strangers.as_ref();
        strangers.is_none_or(|strangers| strangers.allow(from).is_ok())
    }

    /// These credentials are this app's, or nobody's.
    fn introduce(&self, from: &Who, brought: Brought, app: Option<&str>) -> Option<Arc<str>> {
        if app.is_none()
            && let Some(strangers) = &self.0.strangers
        {
            strangers.count(from);
        }
        app.map(|app| self.0.known.add(brought, app))
    }

    /// These credentials count no longer.
    fn forget(&self, brought: &Brought) {
        self.0.known.forget(brought);
    }

    /// Counts a look at an invite by somebody who is not signed in.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn signed_out_check(&self, who: &Who) -> Result<(), Refusal> {
        take(
            "signed_out_check",
            &self.0.signed_out_check,
            who.address,
            || who.into(),
        )
    }

    /// Counts an invite that is to be kept in a cookie.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn pending(&self, who: &Who) -> Result<(), Refusal> {
        take("pending", &self.0.pending, who.address, || who.into())
    }

    /// Counts an invite that this person has mailed.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn mail(&self, user: &User) -> Result<(), Refusal> {
        take(
            "mails",
            &self.0.mails,
            Some((&user.username, &user.provider)),
            || Culprit::default().person(user.user_id()),
        )
    }

    /// Whether they may try a key; not after too many that opened nothing.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when they may not.
    pub fn try_key(&self, who: &Who) -> Result<(), Refusal> {
        let wrong = self.0.wrong_keys.as_ref();
        let allowed = wrong.map_or(Ok(()), |wrong| wrong.allow(who));
        allowed.inspect_err(|_| refused("wrong_keys", &who.into()))
    }

    /// Counts a key that opened nothing.
    pub fn wrong_key(&self, who: &Who) {
        if let Some(wrong) = &self.0.wrong_keys {
            wrong.count(who);
        }
    }
}

impl Limits {
    /// Whether they may try to give a resource an id; not after too many.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when they may not.
    pub fn try_name(&self, who: &Who) -> Result<(), Refusal> {
        let names = self.0.names.as_ref();
        let allowed = names.map_or(Ok(()), |names| names.allow(who));
        allowed.inspect_err(|_| refused("names", &who.into()))
    }

    /// Counts an id that they have tried.
    pub fn name(&self, who: &Who) {
        if let Some(names) = &self.0.names {
            names.count(who);
        }
    }
}

/// The count of what is refused, by limit.
pub const REFUSED: &str = "invite_server_refused_total";
/// The limits that refuse.
pub const ALL: [&str; 11] = [
    "address",
    "user",
    "app",
    "signed_out_check",
    "pending",
    "wrong_keys",
    "names",
    "mails",
    "connections",
    "sockets",
    "streams",
];

/// Counts what one of these limits has refused, and tells the operator whom.
pub fn refused(limit: &'static str, culprit: &Culprit) {
    metrics::counter!(REFUSED, "limit" => limit).increment(1);
    over::tell(limit, culprit);
}

fn take(
    limit: &'static str,
    meter: &Option<Meter>,
    who: Option<impl std::hash::Hash>,
    culprit: impl FnOnce() -> Culprit,
) -> Result<(), Refusal> {
    match (meter, who) {
        (Some(meter), Some(who)) => meter.take(who).inspect_err(|_| refused(limit, &culprit())),
        _ => Ok(()),
    }
}

/// What counts as one address: who has one IPv6 address has 2⁶⁴ of them.
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits((address.to_bits() >> 64) << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Who {
        Who::new(Some(address.parse().unwrap()), None)
    }

    #[test]
    fn an_address_is_a_neighbourhood() {
        let limits = Limits::new(&Numbers {
            address: 1,
            ..Numbers::NONE
        });
        for (address, allowed) in [
            ("192.0.2.1", true),
            ("192.0.2.1", false),
            ("::ffff:192.0.2.1", false),
            ("192.0.2.2", true),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
            ("2001:db8:0:1::1", true),
        ] {
            assert_eq!(limits.call(&from(address)).is_ok(), allowed, "{address}");
        }
    }

    #[test]
    fn without_limits_there_are_none() {
        let limits = Limits::none();
        for _ in 0..10_000 {
            assert_eq!(limits.call(&from("192.0.2.1")), Ok(()));
            limits.wrong_key(&from("192.0.2.1"));
        }
        assert_eq!(limits.try_key(&from("192.0.2.1")), Ok(()));
        let usual = Limits::new(&Numbers::USUAL);
        let mut allowed = 0;
        while usual.signed_out_check(&from("192.0.2.1")).is_ok() {
            allowed += 1;
        }
        assert!((30..60).contains(&allowed), "{allowed}");
    }
}
