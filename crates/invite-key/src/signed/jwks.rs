//! Public keys by name: JWK sets (RFC 7517) with keys of RFC 8037.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::base64url;
use super::claims::is_name;
use super::ed25519::PublicKey;
use super::json::{self, Fault, Reader};
use crate::verdict::{Reason, push_number};

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
        let mut set = Self::new();
        let mut count = 0;
        let mut has_keys = false;
        let mut error = None;
        json::object(json.as_bytes(), &mut |name, reader| {
            if name != "keys" {
                return reader.skip();
            }
            has_keys = true;
            reader.array(&mut |reader| {
                let at = reader.at();
                count += 1;
                let added = if count > MAX_KEYS {
                    Err(KeySetError::TooManyKeys)
                } else {
                    let jwk = Jwk::read(reader)?;
                    jwk.key(at).and_then(|named| match named {
                        Some((kid, key)) => set.insert(&kid, key),
                        None => Ok(()),
                    })
                };
                added.map_err(|found| {
                    error = Some(found);
                    Fault::new(Reason::BadMember, at, None)
                })
            })
        })
        .map_err(|fault| error.unwrap_or(KeySetError::NotAKeySet { at: fault.at }))?;
        if has_keys {
            Ok(set)
        } else {
            Err(KeySetError::NotAKeySet { at: 0 })
        }
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
            json::write_string(kid, &mut json);
            json.push_str(r#","x":""#);
            base64url::encode(key.as_bytes(), &mut json);
            json.push_str(r#""}"#);
        }
        json.push_str("]}");
        json
    }
}

/// The members of a JWK that matter here.
#[derive(Default)]
struct Jwk<'json> {
    kty: Option<Cow<'json, str>>,
    crv: Option<Cow<'json, str>>,
    x: Option<Cow<'json, str>>,
    kid: Option<Cow<'json, str>>,
    /// Made for something else than verifying signatures.
    foreign: bool,
    private: bool,
}

impl<'json> Jwk<'json> {
    fn read(reader: &mut Reader<'json>) -> Result<Self, Fault> {
        let mut jwk = Self::default();
        reader.object(&mut |name, reader| {
            match name {
                "kty" => jwk.kty = reader.optional_string()?,
                "crv" => jwk.crv = reader.optional_string()?,
                "x" => jwk.x = reader.optional_string()?,
                "kid" => jwk.kid = reader.optional_string()?,
                "use" => jwk.foreign |= reader.optional_string()?.as_deref() != Some("sig"),
                "alg" => {
                    let algorithm = reader.optional_string()?;
                    jwk.foreign |= !matches!(algorithm.as_deref(), Some("EdDSA" | "Ed25519"));
                }
                "key_ops" => {
                    let mut verifies = false;
                    reader.array(&mut |reader| {
                        verifies |= reader.optional_string()?.as_deref() == Some("verify");
                        Ok(())
                    })?;
                    jwk.foreign |= !verifies;
                }
                "d" => {
                    jwk.private = true;
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(jwk)
    }

    /// The key and its name, unless it is one to be passed over.
    fn key(&self, at: usize) -> Result<Option<(Cow<'json, str>, PublicKey)>, KeySetError> {
        if self.kty.as_deref() != Some("OKP") || self.crv.as_deref() != Some("Ed25519") {
            return Ok(None);
        }
        if self.private {
            return Err(KeySetError::PrivateKey);
        }
        let Some(kid) = self.kid.as_ref().filter(|_| !self.foreign) else {
            return Ok(None);
        };
        let bytes = base64url::decode(self.x.as_deref().unwrap_or_default().as_bytes());
        let key = bytes
            .ok()
            .and_then(|bytes| PublicKey::from_bytes(&bytes.try_into().ok()?))
            .ok_or(KeySetError::BadKey { at })?;
        Ok(Some((kid.clone(), key)))
    }
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
            push_number(&mut sentence, at);
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
