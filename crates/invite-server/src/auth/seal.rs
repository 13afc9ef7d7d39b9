//! Short texts that only this server can have written: bearers, Webstrates access tokens and what waits in cookies.
//!
//! `base64url(JSON) . base64url(HMAC-SHA-256)`. The purpose is part of what is authenticated, so that one sort never
//! passes for another, and each has a longest life, whatever the text says. Sealed texts are signed, not secret: put
//! nothing in them that their holder may not read. Locked ones are encrypted, too.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::core::{Moment, Secrets};

/// Longest text looked at; what we write is far shorter.
const LONGEST: usize = 2048;
/// Seconds that the clocks of copies of the server may differ by.
const LEEWAY: u64 = 60;
const DAY: u32 = 24 * 3600;

/// What a sealed text is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `Authorization: Bearer`.
    Bearer,
    /// Webstrates' `?token=`.
    AccessToken,
    /// An invite that waits for a sign-in.
    Pending,
    /// A sign-in that has begun at an issuer.
    SignIn,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Bearer => b"invite-server/bearer/1/",
            Self::AccessToken => b"invite-server/access-token/1/",
            Self::Pending => b"invite-server/pending/1/",
            Self::SignIn => b"invite-server/sign-in/1/",
        }
    }
}

/// Writes and reads sealed texts. What was sealed counts under the active secret, the one after, and for its longest life
/// under the one before.
#[derive(Debug, Clone)]
pub struct Sealer {
    secrets: Secrets,
    /// Keeps what is derived apart from what others derive from the same secrets.
    label: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    #[serde(flatten)]
    content: T,
    /// Seconds since 1970.
    issued: u64,
    /// Seconds since 1970.
    expires: u64,
}

/// What was sealed.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<T> {
    /// The content.
    pub content: T,
    /// When its time is over, in seconds since 1970.
    pub until: u64,
    /// The secret it was sealed with, by its id: without it nothing of this counts any more.
    pub secret: String,
}

#[derive(Serialize, Deserialize)]
struct Locked {
    nonce: String,
    text: String,
}

impl Sealer {
    /// A sealer that writes with what is derived for `label`.
    pub fn new(secrets: Secrets, label: &'static str) -> Self {
        Self { secrets, label }
    }

    /// How long what is sealed for a purpose counts at most, in seconds.
    pub fn lifetime(&self, purpose: Purpose) -> u32 {
        match purpose {
            Purpose::Bearer => DAY / 2,
            Purpose::AccessToken | Purpose::Pending => DAY,
            Purpose::SignIn => 600,
        }
    }

    /// Seals `content` for so many seconds from `now` on, or for the purpose's longest life. Empty if it cannot be
    /// written as JSON.
    pub fn seal<T: Serialize>(
        &self,
        purpose: Purpose,
        content: &T,
        now: u64,
        seconds: u32,
    ) -> String {
        self.key()
            .seal(purpose, content, self.times(purpose, now, seconds))
    }

    /// What was sealed, if it is ours, for this purpose, and not past its time.
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, text: &str, now: u64) -> Option<T> {
        self.open_until(purpose, text, now)
            .map(|opened| opened.content)
    }

    /// The same, and how long it counts.
    pub fn open_until<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        text: &str,
        now: u64,
    ) -> Option<Opened<T>> {
        let (opened, _) = self.opened(purpose, text, now)?;
        Some(opened)
    }

    /// Whether what was sealed for this purpose with the secret of that id counts still, but for its time.
    pub fn counts(&self, purpose: Purpose, secret: &str, now: u64) -> bool {
        let lifetime = self.lifetime(purpose);
        moment(now).is_some_and(|at| self.secrets.counts(secret, lifetime, at))
    }

    /// Seals `content` so that its holder cannot read it either. `None` if that gives too long a text.
    ///
    /// Encrypt-then-MAC: HMAC-SHA-256 of a random nonce and a counter is the key stream, and [`Self::seal`] signs the
    /// outcome. Its label keeps it apart from everything else that the secret signs.
    pub fn lock<T: Serialize>(
        &self,
        purpose: Purpose,
        content: &T,
        now: u64,
        seconds: u32,
    ) -> Option<String> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).ok()?;
        let mut bytes = serde_json::to_vec(content).ok()?;
        let key = self.key();
        key.apply_stream(nonce, &mut bytes);
        let locked = Locked {
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            text: URL_SAFE_NO_PAD.encode(bytes),
        };
        let text = key.seal(purpose, &locked, self.times(purpose, now, seconds));
        (!text.is_empty() && text.len() <= LONGEST).then_some(text)
    }

    /// What was locked, under the same conditions as [`Self::open`].
    pub fn unlock<T: DeserializeOwned>(&self, purpose: Purpose, text: &str, now: u64) -> Option<T> {
        let (locked, key) = self.opened::<Locked>(purpose, text, now)?;
        let Locked { nonce, text } = locked.content;
        let nonce = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        key.apply_stream(nonce, &mut bytes);
        serde_json::from_slice(&bytes).ok()
    }

    /// 32 bytes that only the active secret makes of `from`; `label` keeps uses apart.
    pub fn derive(&self, label: &[u8], from: &[u8]) -> [u8; 32] {
        self.key().derive(label, from)
    }

    fn key(&self) -> Key {
        Key::new(&self.secrets.derive_for(self.label))
    }

    fn times(&self, purpose: Purpose, now: u64, seconds: u32) -> (u64, u64) {
        let seconds = seconds.min(self.lifetime(purpose));
        (now, now.saturating_add(seconds.into()))
    }

    fn opened<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        text: &str,
        now: u64,
    ) -> Option<(Opened<T>, Key)> {
        if text.len() > LONGEST {
            return None;
        }
        let (body, tag) = text.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        let lifetime = self.lifetime(purpose);
        let at = moment(now)?;
        let secrets = self.secrets.derive_counting(self.label, lifetime, at);
        let (secret, key) = secrets
            .into_iter()
            .map(|(id, secret)| (id, Key::new(&secret)))
            .find(|(_, key)| key.tag(purpose, body).verify_slice(&tag).is_ok())?;
        let sealed: Sealed<T> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        let counts = sealed.issued <= now.saturating_add(LEEWAY)
            && sealed.expires.saturating_sub(sealed.issued) <= lifetime.into()
            && now < sealed.expires;
        let opened = Opened {
            content: sealed.content,
            until: sealed.expires,
            secret,
        };
        counts.then_some((opened, key))
    }
}

/// What is derived from one secret.
struct Key(Hmac<Sha256>);

impl Key {
    fn new(secret: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros itself; doing it here leaves nothing that could fail.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block
            .iter_mut()
            .zip(secret)
            .for_each(|(to, from)| *to = *from);
        Self(Hmac::new(&block))
    }

    fn seal<T: Serialize>(
        &self,
        purpose: Purpose,
        content: &T,
        (issued, expires): (u64, u64),
    ) -> String {
        let sealed = Sealed {
            content,
            issued,
            expires,
        };
        let Ok(json) = serde_json::to_vec(&sealed) else {
            return String::new();
        };
        let body = URL_SAFE_NO_PAD.encode(json);
        let tag = self.tag(purpose, &body).finalize().into_bytes();
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn derive(&self, label: &[u8], from: &[u8]) -> [u8; 32] {
        let mac = self.0.clone().chain_update(label).chain_update(from);
        mac.finalize().into_bytes().into()
    }

    fn apply_stream(&self, nonce: [u8; 16], bytes: &mut [u8]) {
        for (counter, block) in (0_u64..).zip(bytes.chunks_mut(32)) {
            let mut input = nonce.to_vec();
            input.extend(counter.to_be_bytes());
            let stream = self.derive(b"invite-server/key-stream/1/", &input);
            block
                .iter_mut()
                .zip(stream)
                .for_each(|(byte, key)| *byte ^= key);
        }
    }

    fn tag(&self, purpose: Purpose, body: &str) -> Hmac<Sha256> {
        self.0
            .clone()
            .chain_update(purpose.label())
            .chain_update(body)
    }
}

fn moment(seconds: u64) -> Option<Moment> {
    Some(Moment(i64::try_from(seconds).ok()?.saturating_mul(1000)))
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
