//! What can be said of a key and its link, and signed keys.

use alloc::string::String;
use core::cell::RefCell;
use std::thread_local;

use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::{wrong, wrong_link};
use crate::json::Object;
use crate::key::InviteKey;
use crate::link::{self, Link, LinkOptions, Placement};
use crate::report;
use crate::signed::{Audience, Checks, ChecksError, KeySet, PublicKey};

/// The verdict on a key, or on the one in a link.
#[wasm_bindgen(skip_jsdoc)]
pub fn inspect(text: String, parameter: String) -> String {
    let text = Zeroizing::new(text);
    match LinkOptions::named(parameter) {
        Ok(options) => report::inspect(&text, &options).1,
        Err(error) => wrong_link(&error),
    }
}

/// The parts of a link, or `null`.
#[wasm_bindgen(js_name = parseLink, skip_jsdoc)]
pub fn parse_link(text: String, parameter: String) -> String {
    let text = Zeroizing::new(text);
    let parsed = LinkOptions::named(parameter).and_then(|options| link::parse(&text, &options));
    match parsed {
        Ok(None) => String::from("null"),
        Ok(Some(link)) => report::link(&link, true),
        Err(error) => wrong_link(&error),
    }
}

/// `{"link":…}`.
#[wasm_bindgen(js_name = buildLink, skip_jsdoc)]
pub fn build_link(
    page: &str,
    resource: Option<String>,
    key: String,
    placement: &str,
    parameter: String,
) -> String {
    let key = Zeroizing::new(key);
    let placement = match placement {
        "query" => Placement::Query,
        "fragment" => Placement::Fragment,
        _ => return wrong("invalid_option", "in", "in must be 'query' or 'fragment'."),
    };
    let built = LinkOptions::named(parameter).and_then(|options| {
        let key = InviteKey::parse(&key)?;
        let link = Link::new(page, resource.as_deref(), key, placement, &options)?;
        Ok(Zeroizing::new(link::build(&link, &options)))
    });
    match built {
        Ok(link) => Object::new().text("link", &link).finish(),
        Err(error) => wrong_link(&error),
    }
}

thread_local! {
    /// The JWK set last read, with the tables of its keys.
    static KEYS: RefCell<Option<(String, KeySet)>> = const { RefCell::new(None) };
}

fn wrong_checks(error: ChecksError) -> String {
    let sentence = match error {
        ChecksError::Now => {
            "now must be a Date, or a number of milliseconds since 1970, from 2001 to 2286."
        }
        other => other.sentence(),
    };
    wrong("invalid_option", error.field(), sentence)
}

/// The verdict on a signed key. The time is in milliseconds, the leeway in seconds. With an issuer the audience is its
/// address, perhaps with a resource behind it.
#[wasm_bindgen(js_name = verifySignedKey, skip_jsdoc)]
pub fn verify_signed_key(
    key: String,
    jwks: String,
    issuer: Option<String>,
    audience: &str,
    now: f64,
    leeway: f64,
) -> String {
    let key = Zeroizing::new(key);
    let audience = match &issuer {
        Some(issuer) => Audience::of_issuer(issuer, audience),
        None => Ok(Audience::Address(audience)),
    };
    let checks = audience.and_then(|audience| Checks::from_numbers(audience, now, leeway));
    let checks = match checks {
        Ok(checks) => checks,
        Err(error) => return wrong_checks(error),
    };
    KEYS.with_borrow_mut(|last| {
        let keys = match last {
            Some((read, keys)) if *read == jwks => keys,
            _ => match KeySet::parse(&jwks) {
                Ok(keys) => &mut last.insert((jwks, keys)).1,
                Err(error) => return wrong("invalid_option", "jwks", &error.sentence()),
            },
        };
        report::verdict(&keys.verify(&key, &checks))
    })
}

/// Whether a signature is right: for the published vectors, which are no keys.
#[wasm_bindgen(js_name = verifySignature, skip_jsdoc)]
pub fn verify_signature(key: &[u8], message: &[u8], signature: &[u8], is_warm: bool) -> bool {
    let (Ok(key), Ok(signature)) = (key.try_into(), signature.try_into()) else {
        return false;
    };
    let Some(key) = PublicKey::from_bytes(key) else {
        return false;
    };
    if is_warm {
        key.warm_up();
    }
    key.verify(message, signature)
}
