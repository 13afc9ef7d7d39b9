//! The server's secrets: keys of invites are derived from them, so the database alone yields none.

mod file;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use invite_key::{
    InviteKey, KeyKind, hex,
    signed::{Claims, Issuer, KeySet, PublicKey},
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Refusal, WebhookSecret};
pub use file::SecretFileUnusable;
use file::{refuse_readable_by_others, replace, unreachable, write_new};

/// The first line of a secret file.
const COMMENT: &str = "# Keys of invites are derived from these secrets. Keep this file with the database, and readable by nobody else.\n";

/// Bytes of a secret.
const LENGTH: usize = 32;

/// Hex digits of a secret's id.
const ID: usize = 16;

/// The length of a secret's line: its id, a space, its digits, the end.
const LINE: usize = ID + 2 * LENGTH + 2;

struct Secret {
    // A hash of the secret, so that no two files mean different secrets by it.
    id: String,
    // As long as a block of SHA-256: HMAC pads a shorter key with zeros itself, and so cannot refuse this one.
    bytes: Zeroizing<[u8; 64]>,
}

struct Ring {
    current: Secret,
    // Kept until the last invite made with them has expired.
    older: Vec<Secret>,
}

/// All secrets of a server. Cheap to clone; `Debug` shows none.
#[derive(Clone)]
pub struct Secrets(Arc<Ring>);

impl Secrets {
    /// One fresh random secret.
    pub fn generate() -> Result<Secrets, SecretFileUnusable> {
        let current = Secret::random()?;
        Ok(Secrets(Arc::new(Ring {
            current,
            older: Vec::new(),
        })))
    }

    /// Reads the secret file.
    pub fn load(path: &Path) -> Result<Secrets, SecretFileUnusable> {
        let text = fs::read_to_string(path).map_err(|cause| unreachable(path, cause))?;
        let text = Zeroizing::new(text);
        refuse_readable_by_others(path)?;
        Secrets::parse(&text, path)
    }

    /// Reads the secret file, if there is one.
    pub(super) fn find(path: &Path) -> Result<Option<Secrets>, SecretFileUnusable> {
        match Secrets::load(path) {
            Err(SecretFileUnusable::Unreachable { cause, .. })
                if cause.kind() == io::ErrorKind::NotFound =>
            {
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    /// Reads the secret file, or makes it (mode 0600) when there is none.
    pub fn load_or_create(path: &Path) -> Result<Secrets, SecretFileUnusable> {
        if let Some(secrets) = Secrets::find(path)? {
            return Ok(secrets);
        }
        let secrets = Secrets::generate()?;
        match write_new(path, &secrets.to_text()) {
            Ok(()) => Ok(secrets),
            // Another copy was faster: its file counts.
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                Secrets::load_or_create(path)
            }
            Err(cause) => Err(unreachable(path, cause)),
        }
    }

    /// Copies a secret file to where none is, or where another is kept beside as `….replaced`.
    pub fn copy(from: &Path, to: &Path, over: bool) -> Result<(), SecretFileUnusable> {
        let text = Secrets::load(from)?.to_text();
        let copied = if over && to.exists() {
            let mut kept = to.as_os_str().to_owned();
            kept.push(".replaced");
            fs::copy(to, PathBuf::from(kept)).and_then(|_| replace(to, &text))
        } else {
            write_new(to, &text)
        };
        copied.map_err(|cause| unreachable(to, cause))
    }

    /// Whether two files hold the same secrets.
    pub fn same(one: &Path, other: &Path) -> Result<bool, SecretFileUnusable> {
        Ok(Secrets::load(one)?.to_text() == Secrets::load(other)?.to_text())
    }

    /// Adds a fresh secret to the file, from which all keys are made from now on, and gives its id.
    pub fn rotate(path: &Path) -> Result<String, SecretFileUnusable> {
        let old = Secrets::load(path)?;
        let fresh = Secret::random()?;
        let mut text = old.to_text();
        write_secret(&mut text, &fresh);
        replace(path, &text).map_err(|cause| unreachable(path, cause))?;
        Ok(fresh.id)
    }

    /// The id of the secret that keys are made with.
    pub(super) fn current_id(&self) -> &str {
        &self.0.current.id
    }

    /// Whether there is a secret of this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.all().any(|secret| secret.id == id)
    }

    /// The key of an invite, derived from the newest secret; also that secret's id, to store.
    pub fn new_key(&self, kind: KeyKind, invite: &str) -> Result<(InviteKey, String), Refusal> {
        let secret = &self.0.current;
        let key = derive(secret, kind, invite).ok_or(Refusal::ServerError)?;
        Ok((key, secret.id.clone()))
    }

    /// The key of a stored invite again; `None` when its secret is no longer here.
    pub fn key(&self, kind: KeyKind, invite: &str, secret_id: &str) -> Option<InviteKey> {
        self.all()
            .find(|secret| secret.id == secret_id)
            .and_then(|secret| derive(secret, kind, invite))
    }

    /// A signed key of these claims, made with this secret's signing key or, without one, with the newest; also the
    /// secret's id. Ed25519 is deterministic: the same claims make the same key again.
    pub fn signed_key(
        &self,
        claims: &Claims,
        secret_id: Option<&str>,
    ) -> Option<(InviteKey, String)> {
        let secret = self
            .all()
            .find(|secret| secret_id.is_none_or(|id| secret.id == id))?;
        let key = signer(secret).issue(claims).ok()?;
        Some((key, secret.id.clone()))
    }

    /// The public halves of all signing keys, as a JWK set (RFC 7517).
    pub fn public_keys(&self) -> String {
        let mut keys = KeySet::new();
        for secret in self.all() {
            let signer = signer(secret);
            // More than a set holds are older than any invite that is out.
            if keys.insert(signer.kid(), signer.public_key()).is_err() {
                break;
            }
        }
        keys.to_json()
    }

    /// The name of the newest signing key, and what signs with it.
    pub(super) fn signing(&self) -> (String, impl Fn(&[u8]) -> [u8; 64]) {
        let secret = &self.0.current;
        let key = SigningKey::from_bytes(&signing_key(secret));
        let kid = signer(secret).kid().to_owned();
        (kid, move |message: &[u8]| key.sign(message).to_bytes())
    }

    /// The public half of the signing key of that name.
    pub(super) fn public_key(&self, kid: &str) -> Option<PublicKey> {
        self.all()
            .map(signer)
            .find(|signer| signer.kid() == kid)
            .map(|signer| signer.public_key())
    }

    /// The newest first.
    fn all(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.0.current).chain(self.0.older.iter().rev())
    }

    /// The secret of the webhook of that id, derived from this secret or, without one, from the newest; also the
    /// secret's id.
    pub(super) fn webhook_secret(
        &self,
        webhook: &str,
        secret_id: Option<&str>,
    ) -> Option<(WebhookSecret, String)> {
        let secret = self
            .all()
            .find(|secret| secret_id.is_none_or(|id| secret.id == id))?;
        let bytes = mac(secret, &["webhook/1/", webhook]);
        Some((WebhookSecret::new(bytes), secret.id.clone()))
    }

    /// 32 bytes for another purpose (a session cookie's signature, say), which say nothing about any key.
    pub fn derive_for(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        mac(&self.0.current, &["purpose/1/", purpose])
    }

    fn parse(text: &str, path: &Path) -> Result<Secrets, SecretFileUnusable> {
        let malformed = |line| SecretFileUnusable::Malformed {
            path: path.to_owned(),
            line,
        };
        let mut all = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let secret = line
                .split_once(' ')
                .and_then(|(id, digits)| {
                    let secret = Secret::of(from_hex(digits.trim())?);
                    (secret.id == id).then_some(secret)
                })
                .filter(|secret| all.iter().all(|other: &Secret| other.id != secret.id))
                .ok_or_else(|| malformed(number + 1))?;
            all.push(secret);
        }
        let current = all.pop().ok_or_else(|| malformed(0))?;
        Ok(Secrets(Arc::new(Ring {
            current,
            older: all,
        })))
    }

    fn to_text(&self) -> Zeroizing<String> {
        let all = || self.0.older.iter().chain([&self.0.current]);
        // Room for all of it, and for one line more: growing would leave secrets behind.
        let room = COMMENT.len() + (all().count() + 1) * LINE;
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.push_str(COMMENT);
        for secret in all() {
            write_secret(&mut text, secret);
        }
        text
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({})", self.0.older.len() + 1)
    }
}

impl Secret {
    fn of(bytes: Zeroizing<[u8; 64]>) -> Secret {
        let mut secret = Secret {
            id: String::new(),
            bytes,
        };
        let hash = mac(&secret, &["secret-id/1/"]);
        secret.id = hex::encode(hash.get(..ID / 2).unwrap_or_default());
        secret
    }

    fn random() -> Result<Secret, SecretFileUnusable> {
        let mut bytes = Zeroizing::new([0u8; 64]);
        let (random, _) = bytes.split_at_mut(LENGTH);
        getrandom::fill(random).map_err(|_| SecretFileUnusable::NoRandomBytes)?;
        Ok(Secret::of(bytes))
    }
}

fn derive(secret: &Secret, kind: KeyKind, invite: &str) -> Option<InviteKey> {
    let bytes = mac(secret, &["invite-key/1/", kind.as_str(), invite]);
    match kind {
        KeyKind::Webstrates => Some(InviteKey::webstrates(&bytes)),
        KeyKind::Opaque => Some(InviteKey::opaque(&bytes)),
        _ => None,
    }
}

// The signing key is of the secret's age and goes with it: one file to keep, one thing to rotate.
fn signer(secret: &Secret) -> Issuer {
    Issuer::new(&signing_key(secret))
}

fn signing_key(secret: &Secret) -> Zeroizing<[u8; 32]> {
    mac(secret, &["signing-key/1/"])
}

fn mac(secret: &Secret, parts: &[&str]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new((&*secret.bytes).into());
    for part in parts {
        mac.update(part.as_bytes());
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn write_secret(text: &mut String, secret: &Secret) {
    text.push_str(&secret.id);
    text.push(' ');
    hex::push(text, secret.bytes.get(..LENGTH).unwrap_or_default());
    text.push('\n');
}

fn from_hex(digits: &str) -> Option<Zeroizing<[u8; 64]>> {
    let mut bytes = Zeroizing::new([0u8; 64]);
    hex::decode_into(digits, bytes.get_mut(..LENGTH)?)?;
    Some(bytes)
}
