//! The issuer's keys, and which algorithms each may be used with: its type decides, never the token.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

use super::web::Trouble;

/// Most keys that are looked at.
const MOST: usize = 64;

/// A JWK set as it comes.
#[derive(Deserialize)]
pub(super) struct Published {
    keys: Vec<Value>,
}

/// The keys that may have signed a token.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

impl KeySet {
    /// Takes what can be used: keys of other types and uses are no mistake.
    pub(super) fn read(published: Published) -> Result<Self, Trouble> {
        let keys = published.keys.into_iter().take(MOST);
        let keys: Vec<Key> = keys.filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(Trouble::Unreadable("no key in it can be used".into()));
        }
        Ok(Self { keys })
    }

    /// The keys that may have signed a token with this head.
    pub(super) fn candidates(&self, header: &Header) -> Vec<&Key> {
        let named = |key: &&Key| header.kid.is_none() || key.id == header.kid;
        let fitting = |key: &&Key| key.algorithms.contains(&header.alg);
        self.keys.iter().filter(named).filter(fitting).collect()
    }
}

impl Key {
    fn read(json: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(json).ok()?;
        let signs = jwk
            .common
            .public_key_use
            .as_ref()
            .is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let verifies = jwk
            .common
            .key_operations
            .as_ref()
            .is_none_or(|all| all.contains(&KeyOperations::Verify));
        if !signs || !verifies {
            return None;
        }
        let mut algorithms = algorithms(&jwk.algorithm)?;
        if let Some(named) = jwk.common.key_algorithm {
            let named = Algorithm::try_from(named).ok()?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then_some(Self {
            id: jwk.common.key_id,
            algorithms,
            decoding,
        })
    }
}

fn algorithms(key: &AlgorithmParameters) -> Option<Vec<Algorithm>> {
    use Algorithm as A;
    match key {
        AlgorithmParameters::RSA(_) => Some(vec![
            A::RS256,
            A::RS384,
            A::RS512,
            A::PS256,
            A::PS384,
            A::PS512,
        ]),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Some(vec![A::ES256]),
            EllipticCurve::P384 => Some(vec![A::ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(key) => match key.curve {
            EllipticCurve::Ed25519 => Some(vec![A::EdDSA]),
            _ => None,
        },
        // A shared secret signs nothing that its other holders could not have signed.
        _ => None,
    }
}
