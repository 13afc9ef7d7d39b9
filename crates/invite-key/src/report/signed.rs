//! What signed keys add to it.

use alloc::string::String;

use super::verdict_members;
use crate::json::Object;
use crate::key::KeyKind;
use crate::link::{self, LinkError, LinkOptions};
use crate::signed::{self, Claims, SignedKey, sentence};
use crate::verdict::Verdict;

impl Object {
    /// A member that is a time, given in seconds since 1970-01-01 UTC: `2026-11-21T12:00:00Z`.
    fn time(&mut self, name: &str, seconds: u64) -> &mut Self {
        self.text(name, &time(seconds))
    }
}

/// Seconds since 1970-01-01 UTC as `2026-11-21T12:00:00Z`.
pub fn time(seconds: u64) -> String {
    let mut text = String::new();
    sentence::push_time(&mut text, seconds, "T", "Z");
    text
}

/// A key, or a link with one, looked at: the verdict, and what a signed key says of itself.
pub fn inspect(text: &str, options: &LinkOptions) -> (Verdict, String) {
    let found;
    let key = match link::parse(text, options) {
        Ok(Some(link)) => {
            found = link;
            found.key.reveal()
        }
        Err(LinkError::Key(malformed)) => {
            let verdict = Verdict::Malformed(malformed);
            let json = verdict_members(&verdict).finish();
            return (verdict, json);
        }
        _ => text,
    };
    let verdict = signed::inspect(key);
    let mut json = verdict_members(&verdict);
    if let Ok(Some(key)) = SignedKey::read(key) {
        json.json("unverifiedClaims", &claims(key.unverified_claims()));
    }
    let json = json.finish();
    (verdict, json)
}

/// The members of a verdict that only a signed key can get.
pub(super) fn members(json: &mut Object, verdict: &Verdict) {
    match verdict {
        Verdict::Authentic { claims: said } => {
            json.text("kind", KeyKind::Signed.as_str());
            json.json("claims", &claims(said));
        }
        Verdict::Expired { since, .. } => {
            json.time("since", *since);
        }
        Verdict::NotYetValid { until, .. } => {
            json.time("until", *until);
        }
        Verdict::WrongAudience {
            expected, found, ..
        } => {
            json.text("expected", expected);
            json.text("found", found);
        }
        Verdict::UnknownKey { kid, .. } => {
            json.text("kid", kid);
        }
        _ => {}
    }
}

fn claims(claims: &Claims) -> String {
    let mut json = Object::new();
    json.text("issuer", &claims.issuer);
    json.text("resource", &claims.resource);
    json.text("permissions", claims.permissions.as_str());
    json.text("id", &claims.id);
    json.time("issuedAt", claims.issued_at);
    json.time("expiresAt", claims.expires_at);
    if let Some(not_before) = claims.not_before {
        json.time("notBefore", not_before);
    }
    if let Some(max_uses) = claims.max_uses {
        json.integer("maxUses", max_uses);
    }
    if let Some(inviter) = &claims.inviter {
        json.text("inviter", inviter);
    }
    json.finish()
}
