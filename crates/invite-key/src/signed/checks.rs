//! What a key is checked against: for what it has to be, and what time it is. Nothing here has a clock, so both are
//! given, and a mistake in them must never make a verdict kinder: checks that make no sense cannot be made.

use alloc::string::String;
use core::fmt;

use super::claims::{Claims, is_address};
use crate::resource;

/// How many seconds clocks may differ unless something else is said.
pub const DEFAULT_LEEWAY: u64 = 60;

/// How many seconds clocks may differ at most: an hour.
pub const MAX_LEEWAY: u64 = 3_600;

/// The first second since 1970-01-01 UTC that is taken for a time, in 2001. So every time has ten digits: milliseconds
/// are too many seconds, and seconds are too few milliseconds.
const FIRST: u64 = 1_000_000_000;

/// The last, in 2286.
const LAST: u64 = 9_999_999_999;

/// What a key has to be for, and what time it is. There are none that make no sense.
///
/// ```
/// use invite_key::signed::{Audience, Checks, ChecksError};
///
/// let audience = Audience::Server("https://invites.example");
/// assert!(Checks::new(audience, 1_795_262_400).is_ok());
/// assert_eq!(Checks::new(audience, 1_795_262_400_000), Err(ChecksError::Now));
/// assert_eq!(Checks::new(Audience::Server("invites"), 1_795_262_400), Err(ChecksError::Audience));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks<'text> {
    pub(super) audience: Audience<'text>,
    pub(super) now: u64,
    pub(super) leeway: u64,
}

impl<'text> Checks<'text> {
    /// These checks at a time, in seconds since 1970-01-01 UTC, with the [default leeway](DEFAULT_LEEWAY). An error
    /// unless the audience is an address, and the time one from 2001 to 2286.
    pub fn new(audience: Audience<'text>, now: u64) -> Result<Self, ChecksError> {
        if !audience.is_possible() {
            return Err(ChecksError::Audience);
        }
        if !(FIRST..=LAST).contains(&now) {
            return Err(ChecksError::Now);
        }
        Ok(Self {
            audience,
            now,
            leeway: DEFAULT_LEEWAY,
        })
    }

    /// The same with so many seconds by which the issuer's clock may differ from ours: [`MAX_LEEWAY`] at most.
    pub fn with_leeway(self, leeway: u64) -> Result<Self, ChecksError> {
        if leeway > MAX_LEEWAY {
            return Err(ChecksError::Leeway);
        }
        Ok(Self { leeway, ..self })
    }

    /// The same checks of numbers as JavaScript has them: milliseconds since 1970-01-01 UTC, and seconds.
    ///
    /// ```
    /// use invite_key::signed::{Audience, Checks, ChecksError};
    ///
    /// let audience = Audience::Server("https://invites.example");
    /// let checks = |now, leeway| Checks::from_numbers(audience, now, leeway);
    /// assert_eq!(checks(1_795_262_400_000.0, 60.0), Checks::new(audience, 1_795_262_400));
    /// assert_eq!(checks(f64::NAN, 60.0), Err(ChecksError::Now));
    /// assert_eq!(checks(1_795_262_400_000.0, f64::INFINITY), Err(ChecksError::Leeway));
    /// ```
    pub fn from_numbers(
        audience: Audience<'text>,
        milliseconds: f64,
        leeway: f64,
    ) -> Result<Self, ChecksError> {
        Self::new(audience, whole(milliseconds / 1000.0))?.with_leeway(whole(leeway))
    }
}

/// The number without its fraction; too large a one if it is none, or below zero.
fn whole(number: f64) -> u64 {
    if number >= 0.0 {
        number as u64
    } else {
        u64::MAX
    }
}

/// What a key has to be for. Addresses are compared as they are; only one slash at their end does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'text> {
    /// Issued by the server with this public address, for any of its resources.
    Server(&'text str),
    /// Issued by this server for this resource.
    Resource {
        /// The server's public address.
        server: &'text str,
        /// The resource.
        resource: &'text str,
    },
    /// Whichever of both this one address is: a server's, or a server's with a slash and a resource's name behind it.
    Address(&'text str),
}

impl<'text> Audience<'text> {
    /// What an address means where the issuer is known: it must be the issuer's, alone or with a slash and a resource
    /// behind it.
    ///
    /// ```
    /// use invite_key::signed::{Audience, ChecksError};
    ///
    /// let by = |address| Audience::of_issuer("https://a.example", address);
    /// assert_eq!(by("https://a.example/"), Ok(Audience::Server("https://a.example")));
    /// assert_eq!(by("https://a.example.evil.com/x"), Err(ChecksError::NotTheIssuers));
    /// assert_eq!(by("https://a.example-notes"), Err(ChecksError::NotTheIssuers));
    /// ```
    pub fn of_issuer(issuer: &'text str, address: &'text str) -> Result<Self, ChecksError> {
        let server = without_slash(issuer);
        if !is_address(server) {
            return Err(ChecksError::Issuer);
        }
        match split(address, server) {
            Some(None) => Ok(Self::Server(server)),
            Some(Some(resource)) => Ok(Self::Resource { server, resource }),
            None => Err(ChecksError::NotTheIssuers),
        }
    }

    fn is_possible(&self) -> bool {
        match self {
            Self::Server(address) | Self::Address(address) => is_address(without_slash(address)),
            Self::Resource { server, resource } => {
                is_address(without_slash(server)) && resource::is_valid(resource)
            }
        }
    }

    pub(super) fn fits(&self, claims: &Claims) -> bool {
        match self {
            Self::Server(server) => claims.issuer == without_slash(server),
            Self::Resource { server, resource } => {
                claims.issuer == without_slash(server) && claims.resource == *resource
            }
            Self::Address(address) => split(address, &claims.issuer)
                .is_some_and(|resource| resource.is_none_or(|name| name == claims.resource)),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Server(address) | Self::Address(address) => String::from(without_slash(address)),
            Self::Resource { server, resource } => {
                let mut text = String::from(without_slash(server));
                text.push('/');
                text.push_str(resource);
                text
            }
        }
    }
}

/// What an address has behind a server's and a slash, if that is how it begins.
fn split<'text>(address: &'text str, server: &str) -> Option<Option<&'text str>> {
    match without_slash(address).strip_prefix(server)? {
        "" => Some(None),
        rest => rest.strip_prefix('/').map(Some),
    }
}

fn without_slash(address: &str) -> &str {
    address.strip_suffix('/').unwrap_or(address)
}

/// Why there are no such checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChecksError {
    /// The audience is no address.
    Audience,
    /// The issuer is no address.
    Issuer,
    /// The audience is not the issuer's.
    NotTheIssuers,
    /// The time is none of our centuries: perhaps it is in another unit.
    Now,
    /// The leeway is longer than [`MAX_LEEWAY`].
    Leeway,
}

impl ChecksError {
    /// Which of the things that were given is wrong: `audience`, `issuer`, `now` or `leeway`.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Audience | Self::NotTheIssuers => "audience",
            Self::Issuer => "issuer",
            Self::Now => "now",
            Self::Leeway => "leeway",
        }
    }

    /// What to give instead, as an English sentence for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Audience => {
                "The audience must be the server's address, such as https://invites.example, alone or with / and a \
                 resource behind it."
            }
            Self::Issuer => {
                "The issuer must be a server's address, such as https://invites.example."
            }
            Self::NotTheIssuers => {
                "The audience must be the issuer's address, alone or with / and a resource behind it."
            }
            Self::Now => "The time must be in seconds since 1970, and from 2001 to 2286.",
            Self::Leeway => "The leeway must be in seconds, from 0 to 3600.",
        }
    }
}

impl fmt::Display for ChecksError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence())
    }
}

impl core::error::Error for ChecksError {}
