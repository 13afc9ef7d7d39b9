//! How often one may call: one set of counts for all dialects.
//!
//! Whoever is signed in counts as themselves and as their address, everybody else as their address. Each copy of the
//! server counts for itself.

mod layer;
mod meter;
mod wrong_keys;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

pub use layer::{limit, limit_address};

use crate::config::LimitOptions;
use crate::core::{Actor, Refusal, User};
use meter::Meter;
use wrong_keys::WrongKeys;

/// Calls a minute from one address, unless the operator says otherwise.
const ADDRESS: u32 = 3000;
/// Calls a minute by one person.
const USER: u32 = 600;
/// Invites a minute that somebody looks up who is not signed in.
const SIGNED_OUT_CHECK: u32 = 30;
/// Invites a minute that are kept in a cookie.
const PENDING: u32 = 30;
/// Keys a minute that open nothing.
const WRONG_KEYS: u32 = 20;
/// Mails an hour by one person.
const MAILS: u32 = 60;

/// All counts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits(Arc<All>);

#[derive(Debug)]
struct All {
    address: Option<Meter>,
    user: Option<Meter>,
    signed_out_check: Option<Meter>,
    pending: Option<Meter>,
    wrong_keys: Option<WrongKeys>,
    mails: Option<Meter>,
}

/// Who calls, as far as it counts.
#[derive(Debug, Clone)]
pub struct Who {
    /// From where; `None` where there is no network in between, as in a test.
    pub address: Option<IpAddr>,
    /// Who is signed in.
    pub user: Option<User>,
}

impl Who {
    /// From this address, and perhaps signed in.
    pub fn new(address: Option<IpAddr>, actor: Option<&Actor>) -> Who {
        Who {
            address: address.map(neighbourhood),
            user: actor.map(|actor| actor.user.clone()),
        }
    }
}

impl Limits {
    /// With the operator's numbers, or else the usual ones; a demo has no limits that it was not given.
    pub fn new(options: &LimitOptions, demo: bool) -> Limits {
        let per_minute = |given: Option<u32>, usual: u32| {
            Meter::per_minute(given.unwrap_or(if demo { 0 } else { usual }))
        };
        let mails = options.limit_mails.unwrap_or(if demo { 0 } else { MAILS });
        Limits(Arc::new(All {
            mails: Meter::per_hour(mails),
            address: per_minute(options.limit_address, ADDRESS),
            user: per_minute(options.limit_user, USER),
            signed_out_check: per_minute(options.limit_signed_out_check, SIGNED_OUT_CHECK),
            pending: per_minute(options.limit_pending, PENDING),
            wrong_keys: per_minute(options.limit_wrong_keys, WRONG_KEYS).map(WrongKeys::new),
        }))
    }

    /// No limits at all.
    pub fn none() -> Limits {
        Limits::new(&LimitOptions::default(), true)
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
        take(&self.0.address, who.address)
    }

    /// Counts a call by this person, if it is somebody.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn user(&self, who: &Who) -> Result<(), Refusal> {
        take(
            &self.0.user,
            who.user
                .as_ref()
                .map(|user| (&user.username, &user.provider)),
        )
    }

    /// Counts a look at an invite by somebody who is not signed in.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn signed_out_check(&self, who: &Who) -> Result<(), Refusal> {
        take(&self.0.signed_out_check, who.address)
    }

    /// Counts an invite that is to be kept in a cookie.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn pending(&self, who: &Who) -> Result<(), Refusal> {
        take(&self.0.pending, who.address)
    }

    /// Counts an invite that this person has mailed.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when it is one too many.
    pub fn mail(&self, user: &User) -> Result<(), Refusal> {
        take(&self.0.mails, Some((&user.username, &user.provider)))
    }

    /// Whether they may try a key; not after too many that opened nothing.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] when they may not.
    pub fn try_key(&self, who: &Who) -> Result<(), Refusal> {
        self.0
            .wrong_keys
            .as_ref()
            .map_or(Ok(()), |wrong| wrong.allow(who))
    }

    /// Counts a key that opened nothing.
    pub fn wrong_key(&self, who: &Who) {
        if let Some(wrong) = &self.0.wrong_keys {
            wrong.count(who);
        }
    }
}

fn take(meter: &Option<Meter>, who: Option<impl std::hash::Hash>) -> Result<(), Refusal> {
    match (meter, who) {
        (Some(meter), Some(who)) => meter.take(who),
        _ => Ok(()),
    }
}

/// Who has one IPv6 address has 2⁶⁴ of them.
fn neighbourhood(address: IpAddr) -> IpAddr {
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
        let options = LimitOptions {
            limit_address: Some(1),
            ..LimitOptions::default()
        };
        let limits = Limits::new(&options, true);
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
    fn a_demo_has_the_limits_it_was_given() {
        let limits = Limits::none();
        for _ in 0..10_000 {
            assert_eq!(limits.call(&from("192.0.2.1")), Ok(()));
            limits.wrong_key(&from("192.0.2.1"));
        }
        assert_eq!(limits.try_key(&from("192.0.2.1")), Ok(()));
        let usual = Limits::new(&LimitOptions::default(), false);
        let mut allowed = 0;
        while usual.signed_out_check(&from("192.0.2.1")).is_ok() {
            allowed += 1;
        }
        assert!((30..60).contains(&allowed), "{allowed}");
    }
}
