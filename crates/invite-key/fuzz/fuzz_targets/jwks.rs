//! JWK sets: what is taken is JSON for others too, can be written and read again, and no wrong key verifies anything.

#![no_main]

use std::sync::LazyLock;

use invite_key::signed::{
    Audience, Checks, EXAMPLE_KEY, EXAMPLE_KEY_SET, KeySet, KeySetError, MAX_KEYS, MAX_SET_LENGTH,
    SignedKey,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The only key that the example is signed with.
static RIGHT: LazyLock<[u8; 32]> = LazyLock::new(|| {
    let keys = KeySet::parse(EXAMPLE_KEY_SET).unwrap();
    *keys.get(kid()).unwrap().as_bytes()
});

fn kid() -> &'static str {
    static KID: LazyLock<String> = LazyLock::new(|| {
        let key = SignedKey::read(EXAMPLE_KEY).unwrap().unwrap();
        key.kid().to_owned()
    });
    &KID
}

fuzz_target!(|json: &str| {
    match KeySet::parse(json) {
        Ok(keys) => taken(json, &keys),
        Err(error) => {
            assert!(!error.code().is_empty() && !error.sentence().is_empty());
            match error {
                KeySetError::NotAKeySet { at } | KeySetError::BadKey { at } => {
                    assert!(at <= json.len());
                }
                KeySetError::TooLong => assert!(json.len() > MAX_SET_LENGTH),
                _ => {}
            }
        }
    }
});

fn taken(json: &str, keys: &KeySet) {
    assert!(keys.len() <= MAX_KEYS && json.len() <= MAX_SET_LENGTH);
    let value: Value = serde_json::from_str(json).expect("what is taken is JSON");
    let listed = value["keys"].as_array().expect("with keys");
    let mut names = 0;
    for jwk in listed {
        let Some(kid) = jwk["kid"].as_str() else {
            continue;
        };
        if let Some(key) = keys.get(kid) {
            names += 1;
            assert!(jwk.get("d").is_none() || jwk["crv"] != "Ed25519" || jwk["kty"] != "OKP");
            let again = invite_key::signed::PublicKey::from_bytes(key.as_bytes());
            assert!(again.is_some_and(|again| again == *key));
        }
    }
    assert!(names >= keys.len());

    let written = keys.to_json();
    let again = KeySet::parse(&written).expect("what is written can be read");
    assert_eq!(again.to_json(), written);
    assert_eq!(again.len(), keys.len());

    let checks = Checks::new(Audience::Server("https://invites.example"), 1_795_262_400)
        .expect("these make sense");
    let verdict = keys.verify(EXAMPLE_KEY, &checks);
    let expected = match keys.get(kid()) {
        None => "unknown_key",
        Some(key) if *key.as_bytes() == *RIGHT => "authentic",
        Some(_) => "bad_signature",
    };
    assert_eq!(verdict.code(), expected);
}
