//! The server's secrets: keys of invites are derived from them, so the database alone yields none.

mod file;
mod known;
mod ring;
mod secret;
#[cfg(test)]
mod tests;
mod text;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use invite_key::{
    InviteKey, KeyKind,
    signed::{Claims, KeySet, PublicKey},
};
use zeroize::Zeroizing;

use super::{Clock, Moment, Refusal, WebhookSecret};
pub use file::SecretFileUnusable;
use file::{refuse_readable_by_others, replace, unreachable, write_new};
pub use known::{KnownSecret, MadeWith, SecretChange};
use ring::Ring;
pub use ring::Stage;
use secret::Secret;

/// All secrets of a server. Cheap to clone: all clones have the same, and take others up together. `Debug` shows none.
#[derive(Clone)]
pub struct Secrets(Arc<Held>);

struct Held {
    ring: RwLock<Arc<Ring>>,
    /// The latest moment that anybody has named: by an earlier one, what counts no longer would count again.
    latest: AtomicI64,
}

/// Where one of the secrets stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its id: a hash of it.
    pub id: String,
    /// Its stage.
    pub stage: Stage,
    /// Since when.
    pub since: Moment,
}

/// Signs with the active secret's key.
pub(super) struct Signing(Arc<Ring>);

impl Signing {
    /// The name of the key.
    pub(super) fn kid(&self) -> &str {
        self.0.active.secret.issuer().kid()
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.active.secret.sign(message)
    }
}

impl Secrets {
    fn of(ring: Ring) -> Secrets {
        Secrets(Arc::new(Held {
            ring: RwLock::new(Arc::new(ring)),
            latest: AtomicI64::new(i64::MIN),
        }))
    }

    fn ring(&self) -> Arc<Ring> {
        let held = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held)
    }

    /// It was this late. Whatever the clock says later, a retired secret that counted no more by then does not again.
    pub fn see_time(&self, at: Moment) -> Moment {
        let before = self.0.latest.fetch_max(at.0, Ordering::Relaxed);
        Moment(before.max(at.0))
    }

    /// Fresh random secrets: one to begin with and the next.
    pub fn generate() -> Result<Secrets, SecretFileUnusable> {
        Ring::generate(Clock::system().now()).map(Secrets::of)
    }

    /// Reads the secret file.
    pub fn load(path: &Path) -> Result<Secrets, SecretFileUnusable> {
        let text = fs::read_to_string(path).map_err(|cause| unreachable(path, cause))?;
        let text = Zeroizing::new(text);
        refuse_readable_by_others(path)?;
        text::parse(&text, path).map(Secrets::of)
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
        match write_new(path, &text::write(&secrets.ring())) {
            Ok(()) => Ok(secrets),
            // Another copy was faster: its file counts.
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                Secrets::load_or_create(path)
            }
            Err(cause) => Err(unreachable(path, cause)),
        }
    }

    /// Writes them in place of what the file holds: whoever reads it finds all of the one or all of the other.
    pub(super) fn save(&self, path: &Path) -> Result<(), SecretFileUnusable> {
        replace(path, &text::write(&self.ring())).map_err(|cause| unreachable(path, cause))
    }

    /// Copies a secret file to where none is, or where another is kept beside as `….replaced`.
    pub fn copy(from: &Path, to: &Path, over: bool) -> Result<(), SecretFileUnusable> {
        let text = text::write(&Secrets::load(from)?.ring());
        let copied = if over && to.exists() {
            let mut kept = to.as_os_str().to_owned();
            kept.push(".replaced");
            fs::copy(to, PathBuf::from(kept)).and_then(|_| replace(to, &text))
        } else {
            write_new(to, &text)
        };
        copied.map_err(|cause| unreachable(to, cause))
    }

    /// Whether a file holds every secret that another holds.
    pub fn holds_all(file: &Path, of: &Path) -> Result<bool, SecretFileUnusable> {
        let (file, of) = (Secrets::load(file)?, Secrets::load(of)?);
        Ok(of.standings().iter().all(|one| file.has(&one.id)))
    }

    /// Takes others up in place of these, everywhere. Whether they differ.
    pub(super) fn take_up(&self, others: &Secrets) -> bool {
        let others = others.ring();
        let mut held = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        let differs = *text::write(&held) != *text::write(&others);
        *held = others;
        differs
    }

    /// Makes the next secret active.
    pub(super) fn rotate(&self, now: Moment, at_once: bool) -> Result<(), SecretFileUnusable> {
        self.change(|ring| ring.rotate(now, at_once))
    }

    /// Takes a secret out, and another into its place. Whether it was here.
    pub(super) fn revoke(&self, id: &str, now: Moment) -> Result<bool, SecretFileUnusable> {
        self.change(|ring| ring.revoke(id, now))
    }

    /// Takes a retired secret out that nothing needs any more.
    pub(super) fn forget(&self, id: &str) -> Result<bool, SecretFileUnusable> {
        self.change(|ring| Ok(ring.forget(id)))
    }

    /// The ids of the retired ones under which nothing counts any more but what was prolonged.
    pub(super) fn over(&self, now: Moment) -> Vec<String> {
        let ring = self.ring();
        ring.over(now).map(|secret| secret.id.clone()).collect()
    }

    /// The same without those that were revoked; `None` if nothing could be made with what is left.
    pub(super) fn without(&self, revoked: &[String]) -> Option<Secrets> {
        Ring::clone(&self.ring()).without(revoked).map(Secrets::of)
    }

    /// Gives up those of these that were revoked, whatever the file says.
    pub(super) fn give_up(
        &self,
        revoked: &[String],
        now: Moment,
    ) -> Result<(), SecretFileUnusable> {
        self.change(|ring| ring.give_up(revoked, now))
    }

    /// Refuses where all there was to make something with was revoked.
    pub(super) fn can_make(&self) -> Result<(), Refusal> {
        if self.ring().stands_in {
            Err(Refusal::TryAgain)
        } else {
            Ok(())
        }
    }

    fn change<Answer>(
        &self,
        change: impl FnOnce(&mut Ring) -> Result<Answer, SecretFileUnusable>,
    ) -> Result<Answer, SecretFileUnusable> {
        let mut held = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        let mut ring = Ring::clone(&held);
        let answer = change(&mut ring)?;
        *held = Arc::new(ring);
        Ok(answer)
    }

    /// All of them: the active one, the next, and the others, the latest first.
    pub fn standings(&self) -> Vec<Standing> {
        let ring = self.ring();
        let all = ring.all().map(|(stage, kept)| Standing {
            id: kept.secret.id.clone(),
            stage,
            since: kept.since,
        });
        all.collect()
    }

    /// The id of the secret that all is made with.
    pub fn active_id(&self) -> String {
        self.ring().active.secret.id.clone()
    }

    /// Whether there is a secret of this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.ring().find(id).is_some()
    }

    /// The key of an invite, derived from the active secret; also that secret's id, to store.
    pub fn new_key(&self, kind: KeyKind, invite: &str) -> Result<(InviteKey, String), Refusal> {
        let secret = &self.ring().active.secret;
        let key = secret.invite_key(kind, invite);
        Ok((key.ok_or(Refusal::ServerError)?, secret.id.clone()))
    }

    /// The key of a stored invite again; `None` when its secret is no longer here.
    pub fn key(&self, kind: KeyKind, invite: &str, secret_id: &str) -> Option<InviteKey> {
        self.ring().find(secret_id)?.invite_key(kind, invite)
    }

    /// A signed key of these claims, made with this secret's signing key or, without one, with the active one's; also
    /// the secret's id. Ed25519 is deterministic: the same claims make the same key again.
    pub fn signed_key(
        &self,
        claims: &Claims,
        secret_id: Option<&str>,
    ) -> Option<(InviteKey, String)> {
        self.with(secret_id, |secret| secret.issuer().issue(claims).ok())
    }

    /// The public halves of the signing keys that count or are about to, as a JWK set (RFC 7517).
    pub fn public_keys(&self, now: Moment) -> String {
        let (mut keys, now) = (KeySet::new(), self.see_time(now));
        for secret in self.ring().published(now) {
            let issuer = secret.issuer();
            // More than a set holds are older than any invite that is out.
            if keys.insert(issuer.kid(), issuer.public_key()).is_err() {
                break;
            }
        }
        keys.to_json()
    }

    /// What signs.
    pub(super) fn signing(&self) -> Signing {
        Signing(self.ring())
    }

    /// The public half of the signing key of that name, if something counts under it that lives so many seconds at most.
    pub(super) fn public_key(&self, kid: &str, seconds: u32, now: Moment) -> Option<PublicKey> {
        let (ring, now) = (self.ring(), self.see_time(now));
        let mut counting = ring.counting(seconds, now).map(Secret::issuer);
        let issuer = counting.find(|issuer| issuer.kid() == kid)?;
        Some(issuer.public_key())
    }

    /// The secret of the webhook of that id, derived from this secret or, without one, from the active one; also the
    /// secret's id.
    pub(super) fn webhook_secret(
        &self,
        webhook: &str,
        secret_id: Option<&str>,
    ) -> Option<(WebhookSecret, String)> {
        self.with(secret_id, |secret| {
            Some(WebhookSecret::new(secret.mac(&["webhook/1/", webhook])))
        })
    }

    fn with<Made>(
        &self,
        secret_id: Option<&str>,
        make: impl FnOnce(&Secret) -> Option<Made>,
    ) -> Option<(Made, String)> {
        let ring = self.ring();
        let secret = match secret_id {
            Some(id) => ring.find(id)?,
            None => &ring.active.secret,
        };
        Some((make(secret)?, secret.id.clone()))
    }

    /// 32 bytes for another purpose (what sessions are sealed with, say), which say nothing about any key.
    pub fn derive_for(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.ring().active.secret.mac(&["purpose/1/", purpose])
    }

    /// The same of each secret under which something counts that lives so many seconds at most, with its id; the active
    /// one's first.
    pub fn derive_counting(
        &self,
        purpose: &str,
        seconds: u32,
        now: Moment,
    ) -> Vec<(String, Zeroizing<[u8; 32]>)> {
        let (ring, now) = (self.ring(), self.see_time(now));
        let counting = ring.counting(seconds, now);
        let derived = |secret: &Secret| (secret.id.clone(), secret.mac(&["purpose/1/", purpose]));
        counting.map(derived).collect()
    }

    /// Whether something counts under the secret of that id that lives so many seconds at most.
    pub fn counts(&self, id: &str, seconds: u32, now: Moment) -> bool {
        let (ring, now) = (self.ring(), self.see_time(now));
        let mut counting = ring.counting(seconds, now);
        counting.any(|secret| secret.id == id)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({})", self.ring().all().count())
    }
}
