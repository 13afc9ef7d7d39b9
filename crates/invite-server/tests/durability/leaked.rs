//! What somebody with a secret of the server can write: everything the server does, with the times they like.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use invite_key::signed::Issuer;
use serde_json::{Value, json};
use sha2::Sha256;

/// A secret, leaked.
pub struct Leaked {
    pub id: String,
    bytes: Vec<u8>,
}

impl Leaked {
    /// The active one of a file.
    pub fn from(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let active = lines.iter().find(|line| line.contains(" active "));
        let mut words = active.or(lines.last()).unwrap().split(' ');
        let (id, digits) = (words.next().unwrap(), words.next().unwrap());
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        Self {
            id: id.to_owned(),
            bytes: (0..64).step_by(2).map(byte).collect(),
        }
    }

    /// What is sealed for a demo's sign-in, from now on for so many seconds.
    pub fn sealed(&self, purpose: &str, mut content: Value, now: i64, seconds: i64) -> String {
        content["issued"] = json!(now);
        content["expires"] = json!(now + seconds);
        let body = URL_SAFE_NO_PAD.encode(content.to_string());
        let key = mac(&self.bytes, "purpose/1/demo sign-in");
        let tag = mac(&key, &format!("invite-server/{purpose}/1/{body}"));
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// A JWS of this type.
    pub fn signed(&self, typ: &str, mut claims: Value, now: i64, seconds: i64) -> String {
        let key = mac(&self.bytes, "signing-key/1/");
        let head = json!({ "alg": "EdDSA", "kid": Issuer::new(&key).kid(), "typ": typ });
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + seconds);
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(head), encode(claims));
        let signature = SigningKey::from_bytes(&key).sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

fn mac(key: &[u8], text: &str) -> [u8; 32] {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&block).into());
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}
