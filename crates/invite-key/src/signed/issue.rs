//! Making signed keys.

use alloc::string::String;
use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::base64url;
use super::claims::{self, Claims, is_name};
use super::ed25519::PublicKey;
use super::header::TYPE;
use crate::json;
use crate::key::{InviteKey, KeyKind};
use crate::shape::{MAX_LENGTH, SIGNED_PREFIX};
use crate::text::push_integer;

/// A server's private key and its name. It is wiped on drop, and `Debug` shows the name only.
///
/// Ed25519 is deterministic, and members always come in the same order: the same claims make the same key, so a server
/// keeps the claims and makes the key again when it has to show it.
///
/// ```
/// use invite_key::signed::{Audience, Checks, Claims, Issuer, KeySet};
/// use invite_key::Permissions;
///
/// let issuer = Issuer::new(&[7; 32]); // in truth: 32 random bytes from the secret file
/// let claims = Claims {
///     issuer: "https://invites.example".into(),
///     resource: "notes".into(),
///     id: "invite_1".into(),
///     issued_at: 1_795_262_400,
///     expires_at: 1_795_867_200,
///     permissions: Permissions::READ,
///     not_before: None,
///     max_uses: Some(5),
///     inviter: Some("Alice".into()),
/// };
/// let key = issuer.issue(&claims)?;
/// assert_eq!(issuer.issue(&claims)?, key);
///
/// let mut keys = KeySet::new();
/// keys.insert(issuer.kid(), issuer.public_key())?;
/// let checks = Checks::new(Audience::Server("https://invites.example"), 1_795_262_400)?;
/// assert_eq!(keys.verify(key.reveal(), &checks).code(), "authentic");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Issuer {
    key: SigningKey,
    kid: String,
}

impl Issuer {
    /// Takes a private key: 32 random bytes. Its name is the public key's thumbprint (RFC 7638, RFC 8037).
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let kid = thumbprint(key.verifying_key().as_bytes());
        Self { key, kid }
    }

    /// Takes a private key with a name of its own: 1 to 128 printable ASCII characters, or `None`.
    pub fn with_kid(secret: &[u8; 32], kid: &str) -> Option<Self> {
        is_name(kid).then(|| Self {
            key: SigningKey::from_bytes(secret),
            kid: String::from(kid),
        })
    }

    /// The name that the keys it issues refer to.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key, to be published under the name.
    pub fn public_key(&self) -> PublicKey {
        let point = self.key.verifying_key().to_edwards();
        PublicKey::from_point(self.key.verifying_key().to_bytes(), point)
    }

    /// Makes a key that says this. The same claims always make the same key.
    pub fn issue(&self, claims: &Claims) -> Result<InviteKey, IssueError> {
        let payload = write(claims);
        // What could not be read again is not signed.
        match claims::read(payload.as_bytes()) {
            Ok((read, _)) if read == *claims => {}
            _ => return Err(IssueError::Unreadable),
        }
        let mut header = String::from(r#"{"alg":"EdDSA","kid":"#);
        json::push_string(&mut header, &self.kid);
        header.push_str(r#","typ":""#);
        header.push_str(TYPE);
        header.push_str(r#""}"#);

        let mut text = Zeroizing::new(String::with_capacity(MAX_LENGTH));
        text.push_str(SIGNED_PREFIX);
        base64url::encode(header.as_bytes(), &mut text);
        text.push('.');
        base64url::encode(payload.as_bytes(), &mut text);
        let message = text.as_bytes().get(SIGNED_PREFIX.len()..);
        let signature = self.key.sign(message.unwrap_or_default());
        text.push('.');
        base64url::encode(&signature.to_bytes(), &mut text);
        if text.len() > MAX_LENGTH {
            return Err(IssueError::TooLong);
        }
        Ok(InviteKey::made(text, KeyKind::Signed))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Issuer")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The payload. Its members' order is part of every key that was ever issued: new ones go to the end.
fn write(claims: &Claims) -> String {
    let mut json = String::from(r#"{"iss":"#);
    json::push_string(&mut json, &claims.issuer);
    json.push_str(r#","aud":"#);
    json::push_string(&mut json, &claims.audience());
    json.push_str(r#","jti":"#);
    json::push_string(&mut json, &claims.id);
    let number = |json: &mut String, name: &str, value: u64| {
        json.push_str(name);
        push_integer(json, value);
    };
    number(&mut json, r#","iat":"#, claims.issued_at);
    if let Some(not_before) = claims.not_before {
        number(&mut json, r#","nbf":"#, not_before);
    }
    number(&mut json, r#","exp":"#, claims.expires_at);
    json.push_str(r#","permissions":"#);
    json::push_string(&mut json, claims.permissions.as_str());
    if let Some(max_uses) = claims.max_uses {
        number(&mut json, r#","max_uses":"#, max_uses);
    }
    if let Some(inviter) = &claims.inviter {
        json.push_str(r#","inviter":"#);
        json::push_string(&mut json, inviter);
    }
    json.push('}');
    json
}

/// The thumbprint of a public key: SHA-256 of its JWK's required members in their order.
fn thumbprint(public_key: &[u8; 32]) -> String {
    let mut jwk = String::from(r#"{"crv":"Ed25519","kty":"OKP","x":""#);
    base64url::encode(public_key, &mut jwk);
    jwk.push_str(r#""}"#);
    let mut text = String::new();
    base64url::encode(&Sha256::digest(jwk.as_bytes()), &mut text);
    text
}

/// Why no key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// A claim has a value that it cannot have: an issuer that is no address, a resource that is no name, no permission.
    Unreadable,
    /// The key would be longer than a key may be.
    TooLong,
}

impl fmt::Display for IssueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unreadable => "A claim has a value that no signed key can have.",
            Self::TooLong => "The signed key would be too long.",
        })
    }
}

impl core::error::Error for IssueError {}
