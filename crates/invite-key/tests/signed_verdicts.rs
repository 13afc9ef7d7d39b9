//! What is said about signed keys that can be read.

#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use invite_key::signed::{
    Audience, Checks, Claims, EXAMPLE_KEY, EXAMPLE_KEY_SET, IssueError, Issuer, MAX_LEEWAY,
    SignedKey, inspect,
};
use invite_key::{KeyKind, Permissions, Verdict};
use support::{NOW, SERVER, checks, claims, claims_json, issuer, keys};

fn verdict(claims: &Claims, checks: &Checks<'_>) -> Verdict {
    keys().verify(issuer().issue(claims).unwrap().reveal(), checks)
}

fn at(now: u64) -> Checks<'static> {
    Checks::new(Audience::Server(SERVER), now).unwrap()
}

#[test]
fn the_example_is_made_again_from_its_claims() {
    let key = issuer().issue(&claims()).unwrap();
    assert_eq!(key.reveal(), EXAMPLE_KEY);
    assert_eq!(key.kind(), KeyKind::Signed);
    assert_eq!(keys().to_json(), EXAMPLE_KEY_SET);
    assert_eq!(
        keys().verify(EXAMPLE_KEY, &checks()),
        Verdict::Authentic {
            claims: Box::new(claims())
        }
    );
    let prefixed = format!("secret-token:{EXAMPLE_KEY}");
    assert_eq!(keys().verify(&prefixed, &checks()).code(), "authentic");
}

#[test]
fn every_claim_survives() {
    let all = Claims {
        permissions: Permissions::parse("wra").unwrap(),
        not_before: Some(NOW - 1),
        max_uses: Some(9_007_199_254_740_991),
        inviter: Some("Åse \"the\\boss\" 測試 🗝".into()),
        ..claims()
    };
    let none = Claims {
        not_before: None,
        max_uses: None,
        inviter: None,
        ..claims()
    };
    for claims in [all, none] {
        let key = issuer().issue(&claims).unwrap();
        let read = SignedKey::read(key.reveal()).unwrap().unwrap();
        assert_eq!(*read.unverified_claims(), claims);
        assert_eq!(read.kid(), issuer().kid());
        assert_eq!(verdict(&claims, &checks()).code(), "authentic");
    }
}

#[test]
fn time_counts_with_its_leeway() {
    let claims = Claims {
        not_before: Some(NOW + 100),
        expires_at: NOW + 200,
        ..claims()
    };
    for (now, leeway, expected) in [
        (NOW + 39, 60, "not_yet_valid"),
        (NOW + 40, 60, "authentic"),
        (NOW + 259, 60, "authentic"),
        (NOW + 260, 60, "expired"),
        (NOW + 99, 0, "not_yet_valid"),
        (NOW + 100, 0, "authentic"),
        (NOW + 199, 0, "authentic"),
        (NOW + 200, 0, "expired"),
        (1_000_000_000, MAX_LEEWAY, "not_yet_valid"),
        (9_999_999_999, MAX_LEEWAY, "expired"),
    ] {
        let checks = at(now).with_leeway(leeway).unwrap();
        assert_eq!(verdict(&claims, &checks).code(), expected, "{now} {leeway}");
    }
}

#[test]
fn only_the_audience_that_was_asked_for_will_do() {
    let resource = |server, resource| Audience::Resource { server, resource };
    for (audience, expected) in [
        (Audience::Server(SERVER), true),
        (Audience::Server("https://invites.example/"), true),
        (Audience::Server("https://invites.example/notes"), false),
        (Audience::Server("http://invites.example"), false),
        (Audience::Server("https://invites.exampl"), false),
        (Audience::Server("https://invites.examplenotes"), false),
        (resource(SERVER, "notes"), true),
        (resource("https://invites.example/", "notes"), true),
        (resource(SERVER, "note"), false),
        (resource(SERVER, "notes2"), false),
        (resource("https://elsewhere.example", "notes"), false),
        (Audience::Address(SERVER), true),
        (Audience::Address("https://invites.example/"), true),
        (Audience::Address("https://invites.example/notes"), true),
        (Audience::Address("https://invites.example/notes/"), true),
        (Audience::Address("https://invites.example/plans"), false),
        (Audience::Address("https://invites.example/a/notes"), false),
        (Audience::Address("https://elsewhere.example/notes"), false),
        (Audience::Address("https://invites.example/notes2"), false),
        (Audience::Address("https://invites.examplenotes"), false),
        (
            Audience::Address("https://invites.example.evil.com/notes"),
            false,
        ),
        (
            Audience::Address("https://invites.example:443/notes"),
            false,
        ),
    ] {
        let checks = Checks::new(audience, NOW).unwrap();
        let expected = if expected {
            "authentic"
        } else {
            "wrong_audience"
        };
        assert_eq!(verdict(&claims(), &checks).code(), expected, "{audience:?}");
    }
}

#[test]
fn every_verdict_has_its_code_sentence_and_place() {
    let header_length = EXAMPLE_KEY.find('.').unwrap();
    let signature = EXAMPLE_KEY.rfind('.').unwrap() + 1;
    let said = |checks: Checks<'_>, key: &str| {
        let verdict = keys().verify(key, &checks);
        (verdict.code(), verdict.sentence(), verdict.at())
    };
    let late = at(NOW + 700_000);
    let other = Checks::new(Audience::Server("https://b.example"), NOW).unwrap();
    let forged = format!(
        "{}w",
        &EXAMPLE_KEY[..EXAMPLE_KEY.len() - 1].replace(".u", ".v")
    );
    let stranger = Issuer::with_kid(&[7; 32], "2025").unwrap();
    let stranger = stranger.issue(&claims()).unwrap();
    let early = Claims {
        not_before: Some(NOW + 1_000),
        ..claims()
    };
    let early = issuer().issue(&early).unwrap();
    for ((code, sentence, at), expected, text, place) in [
        (
            said(checks(), EXAMPLE_KEY),
            "authentic",
            "It was issued by https://invites.example, invites to notes with the permissions r and ends on 2026-11-28 at \
             12:00:00 UTC; only the server can tell whether it was removed or used up.",
            None,
        ),
        (
            said(late, EXAMPLE_KEY),
            "expired",
            "The key is genuine but expired on 2026-11-28 at 12:00:00 UTC.",
            // The place in the payload, in base64url, behind the header and its dot.
            Some(header_length + 1 + claims_json().find("1795867200").unwrap() * 4 / 3),
        ),
        (
            said(checks(), early.reveal()),
            "not_yet_valid",
            "The key is genuine but begins only on 2026-11-21 at 12:16:40 UTC.",
            Some(header_length + 1 + (claims_json().find(r#","exp"#).unwrap() + 7) * 4 / 3),
        ),
        (
            said(other, EXAMPLE_KEY),
            "wrong_audience",
            "The key is for https://invites.example/notes, not for https://b.example.",
            Some(
                header_length
                    + 1
                    + claims_json()
                        .find(r#""https://invites.example/notes"#)
                        .unwrap()
                        * 4
                        / 3,
            ),
        ),
        (
            said(checks(), stranger.reveal()),
            "unknown_key",
            "The key is signed with “2025”, which is not among the issuer's keys; perhaps a newer list of them has it.",
            Some(6 + r#"{"alg":"EdDSA","kid":"#.len() * 4 / 3),
        ),
        (
            said(checks(), &forged),
            "bad_signature",
            "The signature is wrong: the key was changed, or someone else made it.",
            Some(signature),
        ),
        (
            said(checks(), &"ab".repeat(32)),
            "plausible",
            "It looks like an invite key; only its server can tell whether it works.",
            None,
        ),
    ] {
        assert_eq!((code, &*sentence, at), (expected, text, place));
    }
}

#[test]
fn a_forger_learns_nothing_but_that() {
    // Expired, for someone else, and forged: only the last is said.
    let expired = Claims {
        issuer: "https://b.example".into(),
        expires_at: 1,
        ..claims()
    };
    let forger = Issuer::with_kid(&[7; 32], issuer().kid()).unwrap();
    let verdict = keys().verify(forger.issue(&expired).unwrap().reveal(), &checks());
    assert_eq!(verdict.code(), "bad_signature");
}

#[test]
fn nothing_is_issued_that_could_not_be_read() {
    let long = "n".repeat(128);
    for wrong in [
        Claims {
            issuer: "https://invites.example/".into(),
            ..claims()
        },
        Claims {
            issuer: "invites.example".into(),
            ..claims()
        },
        Claims {
            resource: "a/b".into(),
            ..claims()
        },
        Claims {
            resource: String::new(),
            ..claims()
        },
        Claims {
            id: String::new(),
            ..claims()
        },
        Claims {
            permissions: Permissions::NONE,
            ..claims()
        },
        Claims {
            expires_at: 1 << 53,
            ..claims()
        },
        Claims {
            max_uses: Some(0),
            ..claims()
        },
        Claims {
            inviter: Some("a\tb".into()),
            ..claims()
        },
    ] {
        assert_eq!(
            issuer().issue(&wrong),
            Err(IssueError::Unreadable),
            "{wrong:?}"
        );
    }
    // The longest claims that there are still make a key.
    let longest = Claims {
        issuer: format!("https://{}", "h".repeat(504)),
        resource: long.clone(),
        id: long,
        inviter: Some("\"".repeat(256)),
        ..claims()
    };
    let key = issuer().issue(&longest).unwrap();
    assert_eq!(inspect(key.reveal()).code(), "plausible");
    assert!(Issuer::with_kid(&[7; 32], "a b").is_none());
}

#[test]
fn secrets_do_not_show() {
    let issuer = Issuer::with_kid(&[0xAB; 32], "2026").unwrap();
    assert_eq!(format!("{issuer:?}"), r#"Issuer { kid: "2026", .. }"#);
    let key = SignedKey::read(EXAMPLE_KEY).unwrap().unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains("invite_1") && !shown.contains("187, 125") && !shown.contains("u31L"));
}
