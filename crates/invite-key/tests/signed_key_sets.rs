//! Sets of public keys, and how they change.

#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use invite_key::signed::{Issuer, KeySet, KeySetError, MAX_KEYS};
use support::{base64url, checks, claims};

#[test]
fn key_sets_are_read_strictly() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"1","x":"{x}"}}"#);
    let set = |keys: &str| KeySet::parse(&format!(r#"{{"keys":[{keys}]}}"#));
    let with = |member: &str| set(&jwk.replace('}', &format!(",{member}}}")));
    // Taken.
    assert_eq!(set(&jwk).unwrap().len(), 1);
    for member in [
        r#""use":"sig""#,
        r#""alg":"EdDSA""#,
        r#""alg":"Ed25519""#,
        r#""key_ops":["sign","verify"]"#,
        r#""ext":true,"x5c":["…"],"hello":{"a":[1]}"#,
    ] {
        assert_eq!(with(member).map(|set| set.len()), Ok(1), "{member}");
    }
    // Passed over.
    for member in [
        r#""use":"enc""#,
        r#""alg":"ES256""#,
        r#""key_ops":["encrypt"]"#,
    ] {
        assert_eq!(with(member).map(|set| set.len()), Ok(0), "{member}");
    }
    for other in [
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1"}"#.to_owned(),
        r#"{"kty":"OKP","crv":"X25519","x":"AA","kid":"1"}"#.to_owned(),
        jwk.replace(r#","kid":"1""#, ""),
        "{}".to_owned(),
    ] {
        assert_eq!(set(&other).map(|set| set.len()), Ok(0), "{other}");
        assert_eq!(set(&format!("{other},{jwk}")).map(|set| set.len()), Ok(1));
    }
    // Errors.
    let small_order = jwk.replace(x, &base64url([0; 32]));
    let no_point = jwk.replace(x, &base64url([2; 32]));
    for (found, expected) in [
        (
            with(r#""d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A""#),
            KeySetError::PrivateKey,
        ),
        (set(&format!("{jwk},{jwk}")), KeySetError::RepeatedKid),
        (set(&jwk.replace(r#""1""#, r#""a b""#)), KeySetError::BadKid),
        (set(&small_order), KeySetError::BadKey { at: 9 }),
        (
            set(&format!("{jwk},{no_point}")),
            KeySetError::BadKey { at: 10 + jwk.len() },
        ),
        (
            set(&jwk.replace("URo", "URp")),
            KeySetError::BadKey { at: 9 },
        ),
        (
            set(&jwk.replace("URo", "UR")),
            KeySetError::BadKey { at: 9 },
        ),
        (
            set(&jwk.replace(&format!(r#""{x}""#), "null")),
            KeySetError::BadKey { at: 9 },
        ),
        (
            set(&["{}"; MAX_KEYS + 1].join(",")),
            KeySetError::TooManyKeys,
        ),
        (set("1"), KeySetError::NotAKeySet { at: 9 }),
        (KeySet::parse("{}"), KeySetError::NotAKeySet { at: 0 }),
        (KeySet::parse("[]"), KeySetError::NotAKeySet { at: 0 }),
        (
            KeySet::parse(r#"{"keys":[],"keys":[]}"#),
            KeySetError::NotAKeySet { at: 11 },
        ),
        (
            KeySet::parse(&" ".repeat(32 * 1024 + 1)),
            KeySetError::TooLong,
        ),
    ] {
        assert_eq!(
            found.map(|set| set.len()),
            Err(expected),
            "{}",
            expected.sentence()
        );
    }
    assert_eq!(set(&["{}"; MAX_KEYS].join(",")).map(|set| set.len()), Ok(0));
    let all = (0..MAX_KEYS).map(|kid| jwk.replace(r#""1""#, &format!(r#""{kid}""#)));
    let all = set(&all.collect::<Vec<_>>().join(",")).unwrap();
    assert_eq!(
        KeySet::parse(&all.to_json()).map(|set| set.to_json()),
        Ok(all.to_json())
    );
}

#[test]
fn keys_change() {
    let (old, new) = (Issuer::new(&[1; 32]), Issuer::new(&[2; 32]));
    let mut only_old = KeySet::new();
    only_old.insert(old.kid(), old.public_key()).unwrap();
    let by_old = old.issue(&claims()).unwrap();
    let by_new = new.issue(&claims()).unwrap();

    let mut keys = only_old.clone();
    assert_eq!(
        keys.verify(by_new.reveal(), &checks()).code(),
        "unknown_key"
    );
    let mut both = only_old.clone();
    both.insert(new.kid(), new.public_key()).unwrap();
    keys.replace(both);
    assert_eq!(keys.verify(by_old.reveal(), &checks()).code(), "authentic");
    assert_eq!(keys.verify(by_new.reveal(), &checks()).code(), "authentic");
    let mut only_new = KeySet::new();
    only_new.insert(new.kid(), new.public_key()).unwrap();
    keys.replace(only_new);
    assert_eq!(
        keys.verify(by_old.reveal(), &checks()).code(),
        "unknown_key"
    );

    // A name that now stands for another key.
    let mut renamed = KeySet::new();
    renamed.insert(new.kid(), old.public_key()).unwrap();
    keys.replace(renamed);
    assert_eq!(
        keys.verify(by_new.reveal(), &checks()).code(),
        "bad_signature"
    );
}
