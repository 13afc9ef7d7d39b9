//! Public keys by name: JWK sets (RFC 7517) with keys of RFC 8037.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::base64url;
use super::claims::is_name;
use super::ed25519::PublicKey;
use super::json::{self, Fault, Member, Reader};
use crate::json::push_string;
use crate::text::push_integer;
use crate::verdict::Reason;

/// The longest JWK set, in bytes, that is read.
pub const MAX_SET_LENGTH: usize = 32 * 1024;

/// How many keys a set may have, of whatever sort.
pub const MAX_KEYS: usize = 32;

/// The keys of an issuer by their names: what `/.well-known/jwks.json` serves.
///
/// Keys of other sorts, other curves, for other uses or without a name are passed over, as RFC 7517 asks. A broken
/// Ed25519 key is an error, and so is a private one: someone has to know.
///
/// ```
/// use invite_key::signed::KeySet;
///
/// let keys = KeySet::parse(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026",
///     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)?;
/// assert!(keys.get("2026").is_some());
/// # Ok::<(), invite_key::signed::KeySetError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<(String, Arc<PublicKey>)>,
}

impl KeySet {
    /// A set without keys.
    pub const fn new() -> Self {
        Self { keys: Vec::new() }
    }

    /// Reads a JWK set.
    pub fn parse(json: &str) -> Result<Self, KeySetError> {
        if json.len() > MAX_SET_LENGTH {
            return Err(KeySetError::TooLong);
        }
        let not_a_key_set = |at| KeySetError::NotAKeySet { at };
        let members = json::document(json.as_bytes(), &["keys"]);
        let members = members.map_err(|fault| not_a_key_set(fault.at))?;
        let Ok([Some(keys)]) = members.named() else {
            return Err(not_a_key_set(0));
        };
        let start = keys.at;
        let mut set = Self::new();
        let mut count = 0;
        let mut error = None;
        Reader::new(keys.as_other().unwrap_or_default())
            .array(&mut |reader| {
                let at = reader.at();
                let jwk = reader.members(&JWK_MEMBERS)?;
                count += 1;
                let added = if count > MAX_KEYS {
                    Err(KeySetError::TooManyKeys)
                } else {
                    set.take(jwk.named()?, start + at)
                };
                added.map_err(|found| {
                    error = Some(found);
                    Fault::new(Reason::BadMember, at, None)
                })
            })
            .map_err(|fault| error.unwrap_or(not_a_key_set(start + fault.at)))?;
        Ok(set)
    }

    /// Adds a key of a JWK set, unless it is one to be passed over.
    fn take(
        &mut self,
        jwk: &[Option<Member<'_>>; JWK_MEMBERS.len()],
        at: usize,
    ) -> Result<(), KeySetError> {
        let [kty, crv, x, kid, usage, alg, key_ops, d] = jwk;
        if text(kty) != Some("OKP") || text(crv) != Some("Ed25519") {
            return Ok(());
        }
        if d.is_some() {
            return Err(KeySetError::PrivateKey);
        }
        let for_signatures = usage.is_none() || text(usage) == Some("sig");
        let for_us = alg.is_none() || matches!(text(alg), Some("EdDSA" | "Ed25519"));
        let for_verifying = key_ops.as_ref().is_none_or(lists_verify);
        let (Some(kid), true, true, true) = (kid, for_signatures, for_us, for_verifying) else {
            return Ok(());
        };
        let key = base64url::decode(text(x).unwrap_or_default().as_bytes())
            .ok()
            .and_then(|bytes| PublicKey::from_bytes(&bytes.try_into().ok()?))
            .ok_or(KeySetError::BadKey { at })?;
        self.insert(kid.as_text().unwrap_or_default(), key)
    }

    /// Adds a key under a name of 1 to 128 printable ASCII characters that no other key of the set has.
    pub fn insert(&mut self, kid: &str, key: PublicKey) -> Result<(), KeySetError> {
        if !is_name(kid) {
            return Err(KeySetError::BadKid);
        }
        if self.get(kid).is_some() {
            return Err(KeySetError::RepeatedKid);
        }
        if self.keys.len() == MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        self.keys.push((String::from(kid), Arc::new(key)));
        Ok(())
    }

    /// Takes over a newer set, after the issuer has changed its keys. Keys that stay keep what was computed for them.
    pub fn replace(&mut self, newer: KeySet) {
        let older = core::mem::replace(self, newer);
        for (kid, key) in &mut self.keys {
            if let Some((_, same)) = older
                .keys
                .iter()
                .find(|(old, other)| old == kid && other == key)
            {
                *key = Arc::clone(same);
            }
        }
    }

    /// The key of this name.
    pub fn get(&self, kid: &str) -> Option<&PublicKey> {
        let (_, key) = self.keys.iter().find(|(name, _)| name == kid)?;
        Some(key)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The set as JSON, for `/.well-known/jwks.json`: always the same text for the same keys in the same order.
    pub fn to_json(&self) -> String {
        let mut json = String::from(r#"{"keys":["#);
        for (index, (kid, key)) in self.keys.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push_str(r#"{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"#);
            push_string(&mut json, kid);
            json.push_str(r#","x":""#);
            base64url::encode(key.as_bytes(), &mut json);
            json.push_str(r#""}"#);
        }
        json.push_str("]}");
        json
    }
}

/// The members of a JWK that matter here.
const JWK_MEMBERS: [&str; 8] = ["kty", "crv", "x", "kid", "use", "alg", "key_ops", "d"];

/// Whether `key_ops` is a list of strings, and `verify` among them.
fn lists_verify(operations: &Member<'_>) -> bool {
    let mut is_there = false;
    let json = operations.as_other().unwrap_or_default();
    let read = Reader::new(json).array(&mut |reader| {
        is_there |= reader.string()? == "verify";
        Ok(())
    });
    read.is_ok() && is_there
}

fn text<'member>(member: &'member Option<Member<'_>>) -> Option<&'member str> {
    member.as_ref().and_then(Member::as_text)
}

/// Why a text is no set of keys that could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySetError {
    /// It is longer than [`MAX_SET_LENGTH`].
    TooLong,
    /// It is not strict JSON of the form `{"keys":[{…},…]}`.
    NotAKeySet {
        /// The byte where the fault is.
        at: usize,
    },
    /// There are more than [`MAX_KEYS`].
    TooManyKeys,
    /// An Ed25519 key is no point of the curve, one of small order, or not canonically encoded.
    BadKey {
        /// The byte where the key begins.
        at: usize,
    },
    /// A key's name is not 1 to 128 printable ASCII characters.
    BadKid,
    /// Two keys have the same name.
    RepeatedKid,
    /// A private key: whoever published it has to make a new one.
    PrivateKey,
}

impl KeySetError {
    /// The error's stable name, such as `bad_key`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotAKeySet { .. } => "not_a_key_set",
            Self::TooManyKeys => "too_many_keys",
            Self::BadKey { .. } => "bad_key",
            Self::BadKid => "bad_kid",
            Self::RepeatedKid => "repeated_kid",
            Self::PrivateKey => "private_key",
        }
    }

    /// What is wrong, as an English sentence for people.
    pub fn sentence(self) -> String {
        let (text, at) = match self {
            Self::TooLong => ("The JWK set is too long", None),
            Self::NotAKeySet { at } => ("This is not a JWK set", Some(at)),
            Self::TooManyKeys => ("The JWK set has too many keys", None),
            Self::BadKey { at } => ("The JWK set has a broken Ed25519 key", Some(at)),
            Self::BadKid => ("The JWK set has a key with an unusable kid", None),
            Self::RepeatedKid => ("The JWK set has two keys with the same kid", None),
            Self::PrivateKey => (
                "The JWK set has a private key, which is private no more",
                None,
            ),
        };
        let mut sentence = String::from(text);
        if let Some(at) = at {
            sentence.push_str(" (at byte ");
            push_integer(&mut sentence, at as u64);
            sentence.push(')');
        }
        sentence.push('.');
        sentence
    }
}

impl fmt::Display for KeySetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence())
    }
}

impl core::error::Error for KeySetError {}
