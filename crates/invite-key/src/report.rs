//! Verdicts and what was found as JSON text: the same for the browser and for `invite-key --json`. Written by hand, for
//! `serde_json` would be most of the browser's module.

use alloc::string::String;
use core::ops::Range;

use crate::find::{Broken, Found, Repair};
use crate::key::{InviteKey, KeyKind};
use crate::link::{self, Link, LinkError, LinkOptions};
use crate::signed::{self, Claims, SignedKey, sentence};
use crate::verdict::{Verdict, push_number};

/// A JSON object being written.
#[derive(Debug)]
pub struct Object {
    text: String,
}

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

impl Object {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            text: String::from("{"),
        }
    }

    /// A member that is JSON already.
    pub fn json(&mut self, name: &str, value: &str) -> &mut Self {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        push_string(&mut self.text, name);
        self.text.push(':');
        self.text.push_str(value);
        self
    }

    /// A member that is a text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        let mut json = String::with_capacity(value.len() + 2);
        push_string(&mut json, value);
        self.json(name, &json)
    }

    /// A member that is a number.
    pub fn number(&mut self, name: &str, value: usize) -> &mut Self {
        let mut json = String::new();
        push_number(&mut json, value);
        self.json(name, &json)
    }

    /// A member that is a time, given in seconds since 1970-01-01 UTC: `2026-11-21T12:00:00Z`.
    fn time(&mut self, name: &str, seconds: u64) -> &mut Self {
        self.text(name, &time(seconds))
    }

    /// The object as text.
    pub fn finish(&mut self) -> String {
        let mut text = core::mem::take(&mut self.text);
        text.push('}');
        text
    }
}

/// Seconds since 1970-01-01 UTC as `2026-11-21T12:00:00Z`.
pub fn time(seconds: u64) -> String {
    let mut text = String::new();
    sentence::push_time(&mut text, seconds, "T", "Z");
    text
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                json.push('\\');
                json.push(character);
            }
            '\0'..' ' => {
                json.push_str(if character < '\u{10}' {
                    "\\u000"
                } else {
                    "\\u001"
                });
                json.push(char::from_digit(u32::from(character) & 15, 16).unwrap_or('0'));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// A JSON array of what is JSON already.
pub fn array(items: impl IntoIterator<Item = String>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&item);
    }
    text.push(']');
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

/// A verdict.
pub fn verdict(verdict: &Verdict) -> String {
    verdict_members(verdict).finish()
}

fn verdict_members(verdict: &Verdict) -> Object {
    let mut json = Object::new();
    json.text("verdict", verdict.code());
    json.text("sentence", &verdict.sentence());
    match verdict {
        Verdict::Malformed(malformed) => {
            json.text("reason", malformed.code());
            if let Some(hint) = &malformed.hint {
                json.text("hint", hint);
            }
        }
        Verdict::Plausible { kind } => {
            json.text("kind", kind.as_str());
        }
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
        Verdict::BadSignature { .. } => {}
    }
    if let Some(at) = verdict.at() {
        json.number("at", at);
    }
    json
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
        json.number("maxUses", usize::try_from(max_uses).unwrap_or(usize::MAX));
    }
    if let Some(inviter) = &claims.inviter {
        json.text("inviter", inviter);
    }
    json.finish()
}

/// A link taken apart. The key is in it only if it is asked for.
pub fn link(link: &Link, with_key: bool) -> String {
    let mut json = Object::new();
    json.text("page", &link.page);
    if let Some(resource) = &link.resource {
        json.text("resource", resource);
    }
    if with_key {
        json.text("key", link.key.reveal());
    }
    json.text("in", link.placement.as_str());
    json.finish()
}

/// An invite that was found, at this range of whatever the reader counts.
pub fn found(found: &Found, range: Range<usize>, with_key: bool) -> Object {
    let mut json = Object::new();
    push_found(&mut json, range, &found.key, found.link.as_ref(), with_key);
    json.json("repairs", &repairs(found.repairs.iter().copied()));
    json
}

fn push_found(
    json: &mut Object,
    range: Range<usize>,
    key: &InviteKey,
    parts: Option<&Link>,
    with_key: bool,
) {
    push_range(json, range);
    if with_key {
        json.text("key", key.reveal());
    }
    json.text("kind", key.kind().as_str());
    if let Some(parts) = parts {
        json.json("link", &link(parts, with_key));
    }
}

/// What is meant to be an invite but has no key.
pub fn broken(broken: &Broken, range: Range<usize>) -> Object {
    let mut json = Object::new();
    push_range(&mut json, range);
    let malformed = Verdict::Malformed(broken.malformed.clone());
    json.json("verdict", &verdict(&malformed));
    json.json("repairs", &repairs(broken.repairs.iter().copied()));
    json
}

fn push_range(json: &mut Object, range: Range<usize>) {
    json.number("start", range.start);
    json.number("end", range.end);
}

fn repairs(repairs: impl Iterator<Item = Repair>) -> String {
    array(repairs.map(|repair| {
        let mut json = String::new();
        push_string(&mut json, repair.as_str());
        json
    }))
}

/// Both as they are while they are found, which is shorter in the browser's module.
#[cfg(all(feature = "wasm", target_arch = "wasm32"))]
pub(crate) fn piece(piece: crate::find::Piece, range: Range<usize>) -> (bool, String) {
    let mut json = Object::new();
    let is_whole = piece.key.is_ok();
    match piece.key {
        Ok(key) => push_found(&mut json, range, &key, piece.link.as_ref(), true),
        Err(malformed) => {
            push_range(&mut json, range);
            json.json("verdict", &verdict(&Verdict::Malformed(malformed)));
        }
    }
    json.json("repairs", &repairs(piece.repairs.list()));
    (is_whole, json.finish())
}
