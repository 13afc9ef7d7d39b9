//! The server's secrets: keys of invites are derived from them, so the database alone yields none.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
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

/// The secret file cannot be used; the sentence names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileUnusable {
    /// It could not be read or written.
    #[error("the secret file {} cannot be read or written: {cause}", path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Others than its owner may read it.
    #[error("the secret file {} can be read by others; run: chmod 600 {}", path.display(), path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// It is not a secret file.
    #[error("line {line} of the secret file {} is not `<id> <64 hex digits>`", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Which line, from 1; 0 when there is no secret at all.
        line: usize,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomBytes,
}

/// The first line of a secret file.
const COMMENT: &str = "# Keys of invites are derived from these secrets. Keep this file with the database, and readable by nobody else.\n";

/// Bytes of a secret.
const LENGTH: usize = 32;

/// What a secret's line has besides its id: a space, the digits, the end.
const LINE: usize = 2 * LENGTH + 2;

struct Secret {
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
    /// One fresh random secret, of id `1`.
    pub fn generate() -> Result<Secrets, SecretFileUnusable> {
        let mut random = Zeroizing::new([0u8; 32]);
        getrandom::fill(random.as_mut_slice()).map_err(|_| SecretFileUnusable::NoRandomBytes)?;
        let current = Secret {
            id: "1".into(),
            bytes: padded(&random),
        };
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

    /// Reads the secret file, or makes it (mode 0600) when there is none.
    pub fn load_or_create(path: &Path) -> Result<Secrets, SecretFileUnusable> {
        let unreachable = |cause| unreachable(path, cause);
        match Secrets::load(path) {
            Err(SecretFileUnusable::Unreachable { cause, .. })
                if cause.kind() == io::ErrorKind::NotFound =>
            {
                let secrets = Secrets::generate()?;
                match write_new(path, &secrets.to_text()) {
                    Ok(()) => Ok(secrets),
                    // Another copy was faster: its file counts.
                    Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                        Secrets::load_or_create(path)
                    }
                    Err(cause) => Err(unreachable(cause)),
                }
            }
            outcome => outcome,
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
        let old = Secrets::load_or_create(path)?;
        let numbers = old.all().filter_map(|secret| secret.id.parse::<u64>().ok());
        let id = numbers.max().unwrap_or(0).saturating_add(1).to_string();
        let fresh = Secrets::generate()?;
        let mut text = old.to_text();
        write_secret(&mut text, &id, &fresh.0.current);
        replace(path, &text).map_err(|cause| SecretFileUnusable::Unreachable {
            path: path.to_owned(),
            cause,
        })?;
        Ok(id)
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
                    Some(Secret {
                        id: id.to_owned(),
                        bytes: from_hex(digits.trim())?,
                    })
                })
                .filter(|secret| {
                    !secret.id.is_empty() && all.iter().all(|other: &Secret| other.id != secret.id)
                })
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
        let lines: usize = all().map(|secret| secret.id.len() + LINE).sum();
        // Room for all of it, and for one line more: growing would leave secrets behind.
        let mut text = Zeroizing::new(String::with_capacity(COMMENT.len() + lines + 32 + LINE));
        text.push_str(COMMENT);
        for secret in all() {
            write_secret(&mut text, &secret.id, secret);
        }
        text
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({})", self.0.older.len() + 1)
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

fn write_secret(text: &mut String, id: &str, secret: &Secret) {
    text.push_str(id);
    text.push(' ');
    hex::push(text, secret.bytes.get(..LENGTH).unwrap_or_default());
    text.push('\n');
}

fn unreachable(path: &Path, cause: io::Error) -> SecretFileUnusable {
    SecretFileUnusable::Unreachable {
        path: path.to_owned(),
        cause,
    }
}

fn padded(bytes: &[u8; 32]) -> Zeroizing<[u8; 64]> {
    let mut padded = Zeroizing::new([0u8; 64]);
    for (slot, byte) in padded.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    padded
}

fn from_hex(digits: &str) -> Option<Zeroizing<[u8; 64]>> {
    let mut bytes = Zeroizing::new([0u8; 64]);
    hex::decode_into(digits, bytes.get_mut(..LENGTH)?)?;
    Some(bytes)
}

/// Writes beside and links into place, so that a crash leaves no half file and two copies agree on one.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let beside = write_beside(path, text)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked?;
    sync_folder(path)
}

/// Writes beside and moves into place: whoever reads finds the old or the new file, whole.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = write_beside(path, text)?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

fn write_beside(path: &Path, text: &str) -> io::Result<PathBuf> {
    let mut unique = [0u8; 8];
    getrandom::fill(&mut unique).map_err(|error| io::Error::other(error.to_string()))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", hex::encode(&unique)));
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(beside)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path) -> Result<(), SecretFileUnusable> {
    let metadata = fs::metadata(path).map_err(|cause| SecretFileUnusable::Unreachable {
        path: path.to_owned(),
        cause,
    })?;
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 == 0 {
        Ok(())
    } else {
        Err(SecretFileUnusable::ReadableByOthers {
            path: path.to_owned(),
        })
    }
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_path: &Path) -> Result<(), SecretFileUnusable> {
    Ok(())
}
