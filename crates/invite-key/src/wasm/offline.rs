//! What can be said of a key and its link, and signed keys.

use alloc::string::String;
use core::cell::RefCell;
use std::thread_local;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::json::Object;
use crate::key::InviteKey;
use crate::link::{self, Link, LinkError, LinkOptions, Placement};
use crate::report;
use crate::signed::{Audience, Checks, KeySet, PublicKey};

fn named(parameter: String) -> LinkOptions {
    LinkOptions { parameter }
}

/// What was wrong with an argument, for `offline.js` to throw.
fn wrong(code: &str, field: &str, sentence: &str) -> String {
    let mut error = Object::new();
    error.text("error", code);
    error.text("field", field);
    error.text("message", sentence);
    error.finish()
}

fn wrong_link(error: &LinkError) -> String {
    let (code, field) = match error {
        LinkError::Key(_) => ("malformed_key", "key"),
        LinkError::Parameter => ("invalid_option", "param"),
        LinkError::Resource => ("invalid_option", "resource"),
        _ => ("invalid_option", "link"),
    };
    wrong(code, field, &error.sentence())
}

/// The verdict on a key, or on the one in a link.
#[wasm_bindgen(skip_jsdoc)]
pub fn inspect(text: &str, parameter: String) -> String {
    report::inspect(text, &named(parameter)).1
}

/// The parts of a link, or `null`.
#[wasm_bindgen(js_name = parseLink, skip_jsdoc)]
pub fn parse_link(text: &str, parameter: String) -> String {
    match link::parse(text, &named(parameter)) {
        Ok(None) => String::from("null"),
        Ok(Some(link)) => report::link(&link, true),
        Err(error) => wrong_link(&error),
    }
}

/// `{"link":…}`. An empty resource is none.
#[wasm_bindgen(js_name = buildLink, skip_jsdoc)]
pub fn build_link(
    page: &str,
    resource: &str,
    key: &str,
    in_query: bool,
    parameter: String,
) -> String {
    let options = named(parameter);
    let resource = (!resource.is_empty()).then_some(resource);
    let placement = if in_query {
        Placement::Query
    } else {
        Placement::Fragment
    };
    let link = InviteKey::parse(key)
        .map_err(LinkError::Key)
        .and_then(|key| Link::new(page, resource, key, placement, &options));
    match link {
        Ok(link) => {
            let mut built = Object::new();
            built.text("link", &link::build(&link, &options));
            built.finish()
        }
        Err(error) => wrong_link(&error),
    }
}

thread_local! {
    /// The JWK set last read, with the tables of its keys.
    static KEYS: RefCell<(String, KeySet)> = const { RefCell::new((String::new(), KeySet::new())) };
}

/// The verdict on a signed key. Times are in seconds. With an issuer the audience is its address, perhaps with a
/// resource behind it; an empty one is none.
#[wasm_bindgen(js_name = verifySignedKey, skip_jsdoc)]
pub fn verify_signed_key(
    key: &str,
    jwks: String,
    issuer: &str,
    audience: &str,
    now: f64,
    leeway: f64,
) -> String {
    let audience = match audience.strip_prefix(issuer) {
        _ if issuer.is_empty() => Audience::Address(audience),
        Some("" | "/") => Audience::Server(issuer),
        Some(resource) => Audience::Resource {
            server: issuer,
            resource: resource.strip_prefix('/').unwrap_or(resource),
        },
        None => {
            return wrong(
                "invalid_option",
                "audience",
                "The audience must be the issuer's address, or that with a resource behind it.",
            );
        }
    };
    let checks = Checks {
        audience,
        now: now as u64,
        leeway: leeway as u64,
    };
    KEYS.with_borrow_mut(|(read, keys)| {
        if *read != jwks {
            match KeySet::parse(&jwks) {
                Ok(newer) => (*read, *keys) = (jwks, newer),
                Err(error) => return wrong("invalid_option", "jwks", &error.sentence()),
            }
        }
        report::verdict(&keys.verify(key, &checks))
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
