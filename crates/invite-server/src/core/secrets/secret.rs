//! One secret, and what is made of it.

use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use invite_key::{InviteKey, KeyKind, hex, signed::Issuer};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::file::SecretFileUnusable;

/// Bytes of a secret.
pub(super) const LENGTH: usize = 32;
/// Hex digits of its id.
pub(super) const ID: usize = 16;

/// As long as a block of SHA-256: HMAC pads a shorter key with zeros itself, and so cannot refuse this one.
type Block = Zeroizing<[u8; 64]>;

pub(super) struct Secret {
    /// A hash of the secret, so that no two files mean different secrets by it.
    pub(super) id: String,
    bytes: Block,
    // The signing key is of the secret's age and goes with it: one file to keep, one thing to rotate.
    signing: SigningKey,
    issuer: Issuer,
}

impl Secret {
    fn of(bytes: Block) -> Secret {
        let hash = mac(&bytes, &["secret-id/1/"]);
        let signing = mac(&bytes, &["signing-key/1/"]);
        Secret {
            id: hex::encode(hash.get(..ID / 2).unwrap_or_default()),
            signing: SigningKey::from_bytes(&signing),
            issuer: Issuer::new(&signing),
            bytes,
        }
    }

    pub(super) fn random() -> Result<Secret, SecretFileUnusable> {
        let mut bytes = Block::new([0u8; 64]);
        let (random, _) = bytes.split_at_mut(LENGTH);
        getrandom::fill(random).map_err(|_| SecretFileUnusable::NoRandomBytes)?;
        Ok(Secret::of(bytes))
    }

    pub(super) fn from_hex(digits: &str) -> Option<Secret> {
        let mut bytes = Block::new([0u8; 64]);
        hex::decode_into(digits, bytes.get_mut(..LENGTH)?)?;
        Some(Secret::of(bytes))
    }

    /// Appends its digits to a text with room for them.
    pub(super) fn push_hex(&self, text: &mut String) {
        hex::push(text, self.bytes.get(..LENGTH).unwrap_or_default());
    }

    pub(super) fn invite_key(&self, kind: KeyKind, invite: &str) -> Option<InviteKey> {
        let bytes = self.mac(&["invite-key/1/", kind.as_str(), invite]);
        match kind {
            KeyKind::Webstrates => Some(InviteKey::webstrates(&bytes)),
            KeyKind::Opaque => Some(InviteKey::opaque(&bytes)),
            _ => None,
        }
    }

    /// What issues signed keys.
    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    pub(super) fn mac(&self, parts: &[&str]) -> Zeroizing<[u8; 32]> {
        mac(&self.bytes, parts)
    }
}

fn mac(bytes: &Block, parts: &[&str]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new((&**bytes).into());
    for part in parts {
        mac.update(part.as_bytes());
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}
