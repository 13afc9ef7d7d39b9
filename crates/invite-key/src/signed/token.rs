//! A signed key taken apart: JWS compact serialization (RFC 7515), read strictly.

use alloc::string::String;
use core::fmt;

use super::base64url;
use super::claims::{self, Claims};
use super::header;
use super::json::Fault;
use crate::key::KeyKind;
use crate::shape::{self, SIGNED_PREFIX, counted};
use crate::verdict::{Malformed, Reason};

/// Characters of an Ed25519 signature: 64 bytes.
const SIGNATURE_LENGTH: usize = 86;

/// What stands in a signed key, **before** anyone has verified it.
///
/// ```
/// use invite_key::signed::SignedKey;
///
/// # let text = invite_key::signed::EXAMPLE_KEY;
/// let key = SignedKey::read(text)?.expect("a signed key, not one of another kind");
/// assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// assert_eq!(key.unverified_claims().resource, "notes");
/// # Ok::<(), invite_key::Malformed>(())
/// ```
pub struct SignedKey<'text> {
    /// What is signed: header and payload with the dot between them.
    pub(super) message: &'text [u8],
    pub(super) signature: [u8; 64],
    pub(super) places: Places,
    kid: String,
    claims: Claims,
}

/// Where things stand in the text that was given.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) kid: usize,
    pub(super) audience: usize,
    pub(super) expires_at: usize,
    pub(super) not_before: usize,
    pub(super) signature: usize,
}

impl<'text> SignedKey<'text> {
    /// Takes a signed key apart. `None` if the text is a key of another kind.
    pub fn read(text: &'text str) -> Result<Option<Self>, Malformed> {
        open(text).map(|(_, key)| key)
    }

    /// The name of the key that is said to have signed it.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it says. Anybody can write that: only a [verdict](crate::Verdict) tells whether the issuer did.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    pub(super) fn into_claims(self) -> Claims {
        self.claims
    }
}

impl fmt::Debug for SignedKey<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignedKey")
            .field("kid", &self.kid)
            .field("unverified_claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// Reads a key of any kind, and takes it apart if it is a signed one.
pub(super) fn open(given: &str) -> Result<(KeyKind, Option<SignedKey<'_>>), Malformed> {
    let (kind, text) = shape::recognise(given)?;
    if kind != KeyKind::Signed {
        return Ok((kind, None));
    }
    let token = text
        .as_bytes()
        .get(SIGNED_PREFIX.len()..)
        .unwrap_or_default();
    let start = given.len() - token.len();
    let mut parts = token.split(|byte| *byte == b'.');
    // There are three parts: the shape was looked at.
    let mut part = || parts.next().unwrap_or_default();
    let (header, payload, signature) = (part(), part(), part());
    let header = Part {
        text: header,
        at: start,
    };
    let payload = Part {
        text: payload,
        at: start + header.text.len() + 1,
    };
    let signature = Part {
        text: signature,
        at: payload.at + payload.text.len() + 1,
    };

    let (kid, kid_at) = header.read(header::read)?;
    let (claims, places) = payload.read(claims::read)?;
    let places = Places {
        kid: header.place(kid_at),
        audience: payload.place(places.audience),
        expires_at: payload.place(places.expires_at),
        not_before: payload.place(places.not_before),
        signature: signature.at,
    };
    let key = SignedKey {
        message: token.get(..signature.at - start - 1).unwrap_or_default(),
        signature: signature.signature(text.len())?,
        places,
        kid,
        claims,
    };
    Ok((kind, Some(key)))
}

/// One of a token's three parts, and where it begins in the text that was given.
#[derive(Clone, Copy)]
struct Part<'text> {
    text: &'text [u8],
    at: usize,
}

impl Part<'_> {
    /// Where in the given text a byte of the decoded part stands.
    fn place(&self, byte: usize) -> usize {
        self.at + byte * 4 / 3
    }

    fn decode(&self) -> Result<alloc::vec::Vec<u8>, Malformed> {
        base64url::decode(self.text)
            .map_err(|at| Malformed::new(Reason::NotCanonical, Some(self.at + at), None))
    }

    fn read<T>(&self, read: fn(&[u8]) -> Result<T, Fault>) -> Result<T, Malformed> {
        read(&self.decode()?)
            .map_err(|fault| Malformed::new(fault.reason, Some(self.place(fault.at)), fault.hint))
    }

    fn signature(&self, whole: usize) -> Result<[u8; 64], Malformed> {
        let end = self.at + self.text.len().min(SIGNATURE_LENGTH);
        let expected = whole - self.text.len() + SIGNATURE_LENGTH;
        let wrong_length = |reason, guess| {
            Err(Malformed {
                reason,
                hint: Some(counted(whole, expected, guess)),
                at: Some(end),
            })
        };
        match self.text.len() {
            ..SIGNATURE_LENGTH => wrong_length(Reason::TooShort, "cut off?"),
            SIGNATURE_LENGTH => self
                .decode()?
                .try_into()
                .map_err(|_| Malformed::new(Reason::TooShort, Some(end), None)),
            _ => wrong_length(Reason::TooLong, "something added?"),
        }
    }
}
