//! What the tests of signed keys share.

#![allow(dead_code, reason = "not every test needs all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

pub(crate) mod vectors;

use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use invite_key::Permissions;
use invite_key::signed::ed25519::{self, Signed};
use invite_key::signed::{Audience, Checks, Claims, EXAMPLE_KEY, Issuer, KeySet, PublicKey};

pub(crate) const SERVER: &str = "https://invites.example";
pub(crate) const NOW: u64 = 1_795_262_400;

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The private key of RFC 8037, appendix A.
pub(crate) fn secret() -> [u8; 32] {
    let secret = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    secret.try_into().unwrap()
}

pub(crate) fn issuer() -> Issuer {
    Issuer::new(&secret())
}

pub(crate) fn keys() -> KeySet {
    let mut keys = KeySet::new();
    keys.insert(issuer().kid(), issuer().public_key()).unwrap();
    keys
}

pub(crate) fn checks() -> Checks<'static> {
    Checks::new(Audience::Server(SERVER), NOW).unwrap()
}

/// A token with this header and payload, whatever they are, rightly signed.
pub(crate) fn sign(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let message = format!("{}.{}", base64url(header), base64url(payload));
    let signature = ed25519_dalek::SigningKey::from_bytes(&secret()).sign(message.as_bytes());
    format!("invs1_{message}.{}", base64url(signature.to_bytes()))
}

type Verified = ([u8; 32], Vec<u8>, [u8; 64], bool);

static VERIFIED: Mutex<Vec<Verified>> = Mutex::new(Vec::new());

/// All that [`verify_every_way`] was asked so far, and what it said.
pub(crate) fn verified() -> Vec<Verified> {
    VERIFIED.lock().unwrap().clone()
}

/// What every way of verifying says: they have to agree, or this panics.
pub(crate) fn verify_every_way(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let is_right = verify(key, message, signature);
    let asked = (*key, message.to_vec(), *signature, is_right);
    VERIFIED.lock().unwrap().push(asked);
    is_right
}

fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let Some(cold) = PublicKey::from_bytes(key) else {
        return false;
    };
    let warm = PublicKey::from_bytes(key).unwrap();
    warm.warm_up();

    let plain = cold.verify(message, signature);
    assert_eq!(warm.verify(message, signature), plain, "with a table");

    // Among right and wrong signatures by another key, cold and warm.
    let other = PublicKey::from_bytes(&OTHER_KEY.0).unwrap();
    let one = |key, message, signature| Signed {
        key,
        message,
        signature,
    };
    let batch = [
        one(&other, b"other", &OTHER_KEY.1),
        one(&cold, message, signature),
        one(&other, b"another", &OTHER_KEY.1),
        one(&warm, message, signature),
    ];
    let expected = [true, plain, false, plain];
    assert_eq!(ed25519::verify_each(&batch), expected, "in a batch");
    plain
}

/// Another key and its signature of `other`.
static OTHER_KEY: LazyLock<([u8; 32], [u8; 64])> = LazyLock::new(|| {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    (
        key.verifying_key().to_bytes(),
        key.sign(b"other").to_bytes(),
    )
});

/// What [`EXAMPLE_KEY`] says.
pub(crate) fn claims() -> Claims {
    Claims {
        issuer: SERVER.into(),
        resource: "notes".into(),
        id: "invite_1".into(),
        issued_at: NOW,
        expires_at: NOW + 604_800,
        permissions: Permissions::READ,
        not_before: None,
        max_uses: Some(5),
        inviter: Some("Alice".into()),
    }
}

/// And how.
pub(crate) fn claims_json() -> String {
    let payload = EXAMPLE_KEY.split('.').nth(1).unwrap();
    String::from_utf8(from_base64url(payload)).unwrap()
}
