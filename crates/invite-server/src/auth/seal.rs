//! Short texts that only this server can have written: bearers, Webstrates access tokens and what waits in cookies.
//!
//! `base64url(JSON) . base64url(HMAC-SHA-256)`. The purpose is part of what is authenticated, so that one sort never
//! passes for another. Sealed texts are signed, not secret: put nothing in them that their holder may not read. Locked
//! ones are encrypted, too.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Longest text looked at; what we write is far shorter.
const LONGEST: usize = 2048;

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

/// Writes and reads sealed texts.
#[derive(Clone)]
pub struct Sealer {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer")
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    #[serde(flatten)]
    content: T,
    /// Seconds since 1970.
    expires: u64,
}

#[derive(Serialize, Deserialize)]
struct Locked {
    nonce: String,
    text: String,
}

impl Sealer {
    /// A sealer that writes with this secret.
    pub fn new(secret: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros itself; doing it here leaves nothing that could fail.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block
            .iter_mut()
            .zip(secret)
            .for_each(|(to, from)| *to = *from);
        Self {
            mac: Hmac::new(&block),
        }
    }

    /// Seals `content` until `expires`, seconds since 1970. Empty if it cannot be written as JSON.
    pub fn seal<T: Serialize>(&self, purpose: Purpose, content: &T, expires: u64) -> String {
        let Ok(json) = serde_json::to_vec(&Sealed { content, expires }) else {
            return String::new();
        };
        let body = URL_SAFE_NO_PAD.encode(json);
        let tag = self.tag(purpose, &body).finalize().into_bytes();
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// What was sealed, if it is ours, for this purpose, and not past its time.
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, text: &str, now: u64) -> Option<T> {
        self.open_until(purpose, text, now)
            .map(|(content, _)| content)
    }

    /// The same, and when its time is over, in seconds since 1970.
    pub fn open_until<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        text: &str,
        now: u64,
    ) -> Option<(T, u64)> {
        if text.len() > LONGEST {
            return None;
        }
        let (body, tag) = text.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        self.tag(purpose, body).verify_slice(&tag).ok()?;
        let sealed: Sealed<T> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        (now < sealed.expires).then_some((sealed.content, sealed.expires))
    }

    /// Seals `content` so that its holder cannot read it either. `None` if that gives too long a text.
    ///
    /// Encrypt-then-MAC: HMAC-SHA-256 of a random nonce and a counter is the key stream, and [`Self::seal`] signs the
    /// outcome. Its label keeps it apart from everything else that the secret signs.
    pub fn lock<T: Serialize>(
        &self,
        purpose: Purpose,
        content: &T,
        expires: u64,
    ) -> Option<String> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).ok()?;
        let mut bytes = serde_json::to_vec(content).ok()?;
        self.apply_stream(nonce, &mut bytes);
        let locked = Locked {
            nonce: URL_SAFE_NO_PAD.encode(nonce),
            text: URL_SAFE_NO_PAD.encode(bytes),
        };
        let text = self.seal(purpose, &locked, expires);
        (!text.is_empty() && text.len() <= LONGEST).then_some(text)
    }

    /// What was locked, under the same conditions as [`Self::open`].
    pub fn unlock<T: DeserializeOwned>(&self, purpose: Purpose, text: &str, now: u64) -> Option<T> {
        let Locked { nonce, text } = self.open(purpose, text, now)?;
        let nonce = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let mut bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        self.apply_stream(nonce, &mut bytes);
        serde_json::from_slice(&bytes).ok()
    }

    /// 32 bytes that only this secret makes of `from`; `label` keeps uses apart.
    pub fn derive(&self, label: &[u8], from: &[u8]) -> [u8; 32] {
        let mac = self.mac.clone().chain_update(label).chain_update(from);
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
        self.mac
            .clone()
            .chain_update(purpose.label())
            .chain_update(body)
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Who {
        username: String,
    }

    fn who() -> Who {
        Who {
            username: "alice".into(),
        }
    }

    #[test]
    fn what_was_sealed_opens_until_it_expires() {
        let sealer = Sealer::new(&[7; 32]);
        let text = sealer.seal(Purpose::SignIn, &who(), 100);
        assert_eq!(sealer.open::<Who>(Purpose::SignIn, &text, 99), Some(who()));
        assert_eq!(sealer.open::<Who>(Purpose::SignIn, &text, 100), None);
    }

    #[test]
    fn what_is_locked_shows_nothing_and_opens_for_us_alone() {
        let sealer = Sealer::new(&[7; 32]);
        let marked = "marked".repeat(20);
        let lock = || sealer.lock(Purpose::Pending, &marked, 100).unwrap();
        let text = lock();
        let body = URL_SAFE_NO_PAD
            .decode(text.split_once('.').unwrap().0)
            .unwrap();
        assert!(!String::from_utf8(body).unwrap().contains("marked"));
        assert_ne!(text, lock());
        let open = |sealer: &Sealer, now| sealer.unlock::<String>(Purpose::Pending, &text, now);
        assert_eq!(open(&sealer, 99), Some(marked.clone()));
        assert_eq!(open(&sealer, 100), None);
        assert_eq!(open(&Sealer::new(&[8; 32]), 99), None);
        assert_eq!(sealer.unlock::<String>(Purpose::SignIn, &text, 99), None);
        assert_eq!(
            sealer.lock(Purpose::Pending, &"x".repeat(LONGEST), 100),
            None
        );
    }

    #[test]
    fn another_purpose_secret_or_text_does_not_open() {
        let sealer = Sealer::new(&[7; 32]);
        let text = sealer.seal(Purpose::SignIn, &who(), 100);
        assert_eq!(sealer.open::<Who>(Purpose::Bearer, &text, 1), None);
        assert_eq!(
            Sealer::new(&[8; 32]).open::<Who>(Purpose::SignIn, &text, 1),
            None
        );
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                sealer.open::<Who>(Purpose::SignIn, &changed, 1),
                None,
                "byte {at}"
            );
        }
        for broken in ["", ".", "a.b", &format!("{text}A"), &"a".repeat(5000)] {
            assert_eq!(sealer.open::<Who>(Purpose::SignIn, broken, 1), None);
        }
    }
}
