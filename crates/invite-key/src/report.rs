//! Verdicts and what was found as JSON text: the same for the browser and for `invite-key --json`. Written by hand, for
//! `serde_json` would be most of the browser's module.

use alloc::string::String;
use core::ops::Range;

use crate::find::{Broken, Found, Repair};
use crate::json::{Object, array, push_string};
use crate::key::InviteKey;
use crate::link::Link;
use crate::verdict::Verdict;

#[cfg(feature = "signed")]
mod signed;

#[cfg(feature = "signed")]
pub use signed::{inspect, time};

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
        #[cfg(feature = "signed")]
        _ => signed::members(&mut json, verdict),
    }
    if let Some(at) = verdict.at() {
        json.integer("at", at as u64);
    }
    json
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
    json.integer("start", range.start as u64);
    json.integer("end", range.end as u64);
}

fn repairs(repairs: impl Iterator<Item = Repair>) -> String {
    array(repairs.map(|repair| {
        let mut json = String::new();
        push_string(&mut json, repair.as_str());
        json
    }))
}

/// Both as they are while they are found, which is shorter in the browser's module.
#[cfg(all(feature = "wasm-find", target_arch = "wasm32"))]
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
