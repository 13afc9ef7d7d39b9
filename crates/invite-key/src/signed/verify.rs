//! Verdicts about signed keys.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::checks::Checks;
use super::ed25519::{self, CHUNK, PublicKey};
use super::jwks::KeySet;
use super::token::{SignedKey, open};
use crate::verdict::Verdict;

/// Looks at a text as [`crate::inspect`] does, and inside a signed key too: what can be said without any public key.
///
/// ```
/// let key = invite_key::signed::EXAMPLE_KEY;
/// assert_eq!(invite_key::signed::inspect(key).code(), "plausible");
///
/// let cut_off = &key[..key.len() - 6];
/// let verdict = invite_key::signed::inspect(cut_off);
/// assert_eq!(verdict.sentence(), "The key is too short (431 of 437 characters: cut off?).");
/// ```
pub fn inspect(text: &str) -> Verdict {
    match open(text) {
        Ok((kind, _)) => Verdict::Plausible { kind },
        Err(malformed) => Verdict::Malformed(malformed),
    }
}

impl KeySet {
    /// Says whether a key is authentic. An unsigned key is [plausible](Verdict::Plausible) at best.
    ///
    /// ```
    /// use invite_key::signed::{Audience, Checks, KeySet};
    ///
    /// # let (jwks, text) = (invite_key::signed::EXAMPLE_KEY_SET, invite_key::signed::EXAMPLE_KEY);
    /// let keys = KeySet::parse(jwks)?;
    /// let checks = Checks::new(Audience::Server("https://invites.example"), 1_795_262_400)?;
    /// assert_eq!(keys.verify(text, &checks).code(), "authentic");
    ///
    /// let elsewhere = Checks::new(Audience::Server("https://elsewhere.example"), 1_795_262_400)?;
    /// assert_eq!(keys.verify(text, &elsewhere).code(), "wrong_audience");
    ///
    /// let much_later = Checks::new(Audience::Server("https://invites.example"), 1_900_000_000)?;
    /// assert_eq!(keys.verify(text, &much_later).code(), "expired");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify(&self, text: &str, checks: &Checks<'_>) -> Verdict {
        match self.find_signer(text) {
            Err(verdict) => verdict,
            Ok((token, key)) => {
                let is_signed = key.verify(token.message, &token.signature);
                conclude(token, is_signed, checks)
            }
        }
    }

    /// Says of each key what [`verify`](Self::verify) says, several times as fast.
    pub fn verify_each(&self, texts: &[&str], checks: &Checks<'_>) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(texts.len());
        for texts in texts.chunks(CHUNK) {
            let found: Vec<_> = texts.iter().map(|text| self.find_signer(text)).collect();
            let signed: Vec<_> = found
                .iter()
                .flatten()
                .map(|(token, key)| ed25519::Signed {
                    key,
                    message: token.message,
                    signature: &token.signature,
                })
                .collect();
            let mut are_signed = ed25519::verify_each(&signed).into_iter();
            verdicts.extend(found.into_iter().map(|found| match found {
                Err(verdict) => verdict,
                Ok((token, _)) => conclude(token, are_signed.next() == Some(true), checks),
            }));
        }
        verdicts
    }

    /// A signed key taken apart, and the public key that is said to have signed it; or the verdict already.
    fn find_signer<'text>(
        &self,
        text: &'text str,
    ) -> Result<(SignedKey<'text>, &PublicKey), Verdict> {
        match open(text) {
            Err(malformed) => Err(Verdict::Malformed(malformed)),
            Ok((kind, None)) => Err(Verdict::Plausible { kind }),
            Ok((_, Some(token))) => match self.get(token.kid()) {
                Some(key) => Ok((token, key)),
                None => Err(Verdict::UnknownKey {
                    kid: String::from(token.kid()),
                    at: token.places.kid,
                }),
            },
        }
    }
}

/// What is left to be said once the signature is known to be right or wrong. It comes first: nothing that a forger
/// wrote is judged.
fn conclude(token: SignedKey<'_>, is_signed: bool, checks: &Checks<'_>) -> Verdict {
    let places = token.places;
    if !is_signed {
        return Verdict::BadSignature {
            at: places.signature,
        };
    }
    let claims = token.into_claims();
    if !checks.audience.fits(&claims) {
        return Verdict::WrongAudience {
            expected: checks.audience.text(),
            found: claims.audience(),
            at: places.audience,
        };
    }
    if let Some(until) = claims.not_before
        && until > checks.now.saturating_add(checks.leeway)
    {
        return Verdict::NotYetValid {
            until,
            at: places.not_before,
        };
    }
    if claims.expires_at.saturating_add(checks.leeway) <= checks.now {
        return Verdict::Expired {
            since: claims.expires_at,
            at: places.expires_at,
        };
    }
    Verdict::Authentic {
        claims: Box::new(claims),
    }
}
