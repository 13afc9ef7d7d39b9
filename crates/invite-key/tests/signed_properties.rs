//! What holds for every signed key and everything that is not one.

#![cfg(feature = "issue")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use invite_key::signed::{
    Audience, Checks, ChecksError, Claims, EXAMPLE_KEY, EXAMPLE_KEY_SET, Issuer, KeySet, SignedKey,
    inspect,
};
use invite_key::{Permissions, Verdict};
use proptest::prelude::*;
use support::{base64url, checks, issuer, keys, sign};

fn some_claims() -> impl Strategy<Value = Claims> {
    let times = (
        0..1_u64 << 53,
        0..1_u64 << 53,
        proptest::option::of(0..1_u64 << 53),
    );
    let texts = (
        "https?://[!-~]{0,40}[!-.0-~]",
        "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}",
        "[!-~]{1,128}",
        proptest::option::of("\\PC{1,60}"),
    );
    let granted = (
        proptest::sample::select(vec!["r", "rw", "wr", "raw", "a"]),
        proptest::option::of(1..1_u64 << 53),
    );
    (texts, times, granted).prop_map(|(texts, times, granted)| Claims {
        issuer: texts.0,
        resource: texts.1,
        id: texts.2,
        issued_at: times.0,
        expires_at: times.1,
        permissions: Permissions::parse(granted.0).unwrap(),
        not_before: times.2,
        max_uses: granted.1,
        inviter: texts.3,
    })
}

/// JSON, or nearly, of the pieces that headers and claims are made of.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[\\[\\]{}:,\"\\\\]",
        "(\"alg\":\"EdDSA\"|\"kid\":\"1\"|\"typ\":\"invite\\+jwt\"|\"exp\":1|\"aud\":\"|\"iss\":|\"keys\":\\[)",
        "(\\\\u[0-9a-f]{3,4}|\\\\ud83d|null|true|-?[0-9]{1,20}|1e5|\\.5)",
        "\\PC{0,2}",
        "(\\{\"a\":|\\[)",
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// Makes some change, or none.
fn mutate(text: &str, kind: u8, at: prop::sample::Index, byte: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    match kind % 5 {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.remove(at)),
        3 => bytes.truncate(at),
        _ => bytes.swap(at, usize::from(byte) % text.len()),
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|mutated| mutated != text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_issued_is_read_and_authentic_at_its_time(claims in some_claims(), secret: [u8; 32]) {
        let issuer = Issuer::new(&secret);
        let Ok(key) = issuer.issue(&claims) else {
            // Of these only texts can be refused: an inviter of more than 256 bytes.
            prop_assert!(claims.inviter.is_some_and(|inviter| inviter.len() > 200));
            return Ok(());
        };
        let read = SignedKey::read(key.reveal()).unwrap().unwrap();
        prop_assert_eq!(read.unverified_claims(), &claims);
        let again = issuer.issue(read.unverified_claims()).unwrap();
        prop_assert_eq!(again.reveal(), key.reveal());

        let mut keys = KeySet::new();
        keys.insert(issuer.kid(), issuer.public_key()).unwrap();
        let now = claims.not_before.unwrap_or(1_795_262_400);
        let resource = Audience::Resource { server: &claims.issuer, resource: &claims.resource };
        for audience in [resource, Audience::Server(&claims.issuer), Audience::Address(&claims.audience())] {
            // No clock shows such a time.
            if !(1_000_000_000..10_000_000_000).contains(&now) {
                prop_assert_eq!(Checks::new(audience, now), Err(ChecksError::Now));
                continue;
            }
            let checks = Checks::new(audience, now).and_then(|checks| checks.with_leeway(0)).unwrap();
            let verdict = keys.verify(key.reveal(), &checks);
            if now < claims.expires_at {
                prop_assert_eq!(verdict, Verdict::Authentic { claims: Box::new(claims.clone()) });
            } else {
                prop_assert_eq!(verdict.code(), "expired");
            }
        }
    }

    #[test]
    fn no_change_leaves_a_key_authentic(
        changes in proptest::collection::vec((any::<u8>(), any::<prop::sample::Index>(), 0x20_u8..0x7F), 1..4),
    ) {
        let changed = changes.into_iter().try_fold(EXAMPLE_KEY.to_owned(), |text, (kind, at, byte)| {
            if text.is_empty() { Some(text) } else { mutate(&text, kind, at, byte) }
        });
        if let Some(changed) = changed.filter(|changed| changed != EXAMPLE_KEY) {
            let verdict = keys().verify(&changed, &checks());
            prop_assert_ne!(verdict.code(), "authentic");
            prop_assert!(verdict.at().is_none_or(|at| at <= changed.len()));
            prop_assert_eq!(inspect(&changed).code() == "malformed", verdict.code() == "malformed");
        }
    }

    #[test]
    fn nothing_panics(text: String, header in nearly_json(), payload in nearly_json(), signature: Vec<u8>) {
        let texts = [
            text.clone(),
            format!("invs1_{text}"),
            format!("invs1_{}.{}.{}", base64url(&header), base64url(&payload), base64url(signature)),
            sign(&header, &payload),
            sign(br#"{"alg":"EdDSA","kid":"1","typ":"invite+jwt"}"#, &payload),
        ];
        for text in &texts {
            let verdict = keys().verify(text, &checks());
            prop_assert_ne!(verdict.code(), "authentic");
            prop_assert!(!verdict.sentence().is_empty());
            prop_assert!(verdict.at().is_none_or(|at| at <= text.len()));
        }
        let _ = KeySet::parse(&header).map_err(|error| error.sentence());
        let _ = KeySet::parse(&text);
    }

    #[test]
    fn a_changed_key_set_verifies_only_with_the_same_key(
        kind: u8, at: prop::sample::Index, byte in 0x20_u8..0x7F,
    ) {
        if let Some(changed) = mutate(EXAMPLE_KEY_SET, kind, at, byte)
            && let Ok(set) = KeySet::parse(&changed)
        {
            let same = set.get(issuer().kid()) == Some(&issuer().public_key());
            let authentic = set.verify(EXAMPLE_KEY, &checks()).code() == "authentic";
            prop_assert_eq!(same, authentic);
        }
    }

    #[test]
    fn a_json_text_that_is_taken_is_json(payload in nearly_json()) {
        // The claims are read by ours; what ours reads, serde_json has to read as well.
        let set = format!(r#"{{"keys":[],"other":{payload}}}"#);
        if KeySet::parse(&set).is_ok() {
            let peer = serde_json::from_str::<serde_json::Value>(&set);
            // 1e500 is JSON; only a float cannot hold it, and nobody reads this member.
            let faulty = peer.err().filter(|error| !error.to_string().contains("out of range"));
            prop_assert!(faulty.is_none(), "{:?}", faulty);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_at_once_get_the_verdicts_of_one_by_one(
        choices in proptest::collection::vec((0..6_usize, any::<prop::sample::Index>(), 0..3_u8), 0..150),
        rounds in 1..3,
    ) {
        let issuers: Vec<Issuer> = (0..3).map(|seed| Issuer::new(&[seed; 32])).collect();
        let mut keys = KeySet::new();
        for issuer in &issuers {
            keys.insert(issuer.kid(), issuer.public_key()).unwrap();
        }
        let texts: Vec<String> = choices
            .into_iter()
            .map(|(choice, at, signer)| {
                let claims = Claims {
                    expires_at: if choice == 3 { 1 } else { 1_800_000_000 },
                    issuer: if choice == 4 { "https://b.example".into() } else { support::SERVER.into() },
                    ..support::claims()
                };
                let key = issuers[usize::from(signer)].issue(&claims).unwrap();
                match choice {
                    0 => EXAMPLE_KEY.to_owned(),
                    1 => mutate(key.reveal(), 0, at, b'A').unwrap_or_default(),
                    2 => "ab".repeat(32),
                    _ => key.reveal().to_owned(),
                }
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for _ in 0..rounds {
            let fresh = KeySet::parse(&keys.to_json()).unwrap();
            let one_by_one: Vec<Verdict> = texts.iter().map(|text| fresh.verify(text, &checks())).collect();
            prop_assert_eq!(keys.verify_each(&texts, &checks()), one_by_one);
        }
    }
}
