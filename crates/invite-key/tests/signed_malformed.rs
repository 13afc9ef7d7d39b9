//! What is said about signed keys that cannot be read, and how much may differ in those that can.

#![cfg(feature = "issue")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

mod support;

use invite_key::signed::{EXAMPLE_KEY, inspect};
use invite_key::{Reason, Verdict};
use support::{checks, claims_json, issuer, keys, sign};

#[test]
fn damaged_texts_are_pointed_at() {
    let kid = issuer().kid().to_owned();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"invite+jwt"}}"#);
    let signed = |from: &str, to: &str| sign(header.replacen(from, to, 1), claims_json());
    let claiming = |from: &str, to: &str| {
        let payload = claims_json();
        assert!(payload.contains(from), "{from}");
        sign(&header, payload.replacen(from, to, 1))
    };
    let unsigned = EXAMPLE_KEY.len() - 86;
    let cut = |by: usize| EXAMPLE_KEY[..EXAMPLE_KEY.len() - by].to_owned();
    let payload_at = EXAMPLE_KEY.find('.').unwrap() + 1;
    #[rustfmt::skip]
    let table = [
        // The text.
        (cut(6), Reason::TooShort, Some("431 of 437 characters: cut off?"), Some(431)),
        (cut(87), Reason::TooShort, Some("cut off?"), None),
        (cut(200), Reason::TooShort, Some("cut off?"), None),
        (format!("{EXAMPLE_KEY}AA"), Reason::TooLong, Some("439 of 437 characters: something added?"), Some(437)),
        (format!("{}x", cut(1)), Reason::NotCanonical, None, Some(436)),
        (format!("{EXAMPLE_KEY}=="), Reason::BadCharacter, None, Some(437)),
        (EXAMPLE_KEY.replace("F_4", "F/4"), Reason::BadCharacter, None, EXAMPLE_KEY.find("_4")),
        (EXAMPLE_KEY.replacen('.', "..", 1), Reason::BadCharacter, None, Some(payload_at)),
        (format!("{EXAMPLE_KEY}.AAAA"), Reason::BadCharacter, None, Some(437)),
        (EXAMPLE_KEY.replacen("In0.", "In1.", 1), Reason::NotCanonical, None, None),
        (EXAMPLE_KEY.replacen("In0.", "In0A.", 1), Reason::NotJson, None, None),
        // The header.
        (signed("EdDSA", "none"), Reason::UnsupportedAlgorithm, None, Some(6 + 7 * 4 / 3)),
        (signed("EdDSA", "HS256"), Reason::UnsupportedAlgorithm, None, Some(6 + 7 * 4 / 3)),
        (signed("EdDSA", "ES256"), Reason::UnsupportedAlgorithm, None, None),
        (signed("EdDSA", "Ed448"), Reason::UnsupportedAlgorithm, None, None),
        (signed("EdDSA", "eddsa"), Reason::UnsupportedAlgorithm, None, None),
        (signed(r#""EdDSA""#, "null"), Reason::UnsupportedAlgorithm, None, None),
        (signed(r#""EdDSA""#, r#"["EdDSA"]"#), Reason::UnsupportedAlgorithm, None, None),
        (signed(r#""alg":"EdDSA","#, ""), Reason::MissingMember, Some("alg"), Some(6)),
        (signed(r#","typ":"invite+jwt""#, ""), Reason::MissingMember, Some("typ"), Some(6)),
        (signed(&format!(r#""kid":"{kid}","#), ""), Reason::MissingMember, Some("kid"), Some(6)),
        (signed("invite+jwt", "JWT"), Reason::BadMember, Some("typ"), None),
        (signed("invite+jwt", "INVITE+JWT"), Reason::BadMember, Some("typ"), None),
        (signed("invite+jwt", "application/invite+jwt"), Reason::BadMember, Some("typ"), None),
        (signed(&kid, ""), Reason::BadMember, Some("kid"), None),
        (signed(&kid, &"k".repeat(129)), Reason::BadMember, Some("kid"), None),
        (signed(&kid, "a b"), Reason::BadMember, Some("kid"), None),
        (signed(&format!(r#""{kid}""#), "7"), Reason::BadMember, Some("kid"), None),
        (signed("}", r#","crit":["exp"]}"#), Reason::UnsupportedMember, Some("crit"), None),
        (signed("}", r#","b64":false}"#), Reason::UnsupportedMember, Some("b64"), None),
        (signed("}", r#","jku":"https://evil.example"}"#), Reason::UnsupportedMember, Some("jku"), None),
        (signed("}", r#","jwk":{"kty":"OKP"}}"#), Reason::UnsupportedMember, Some("jwk"), None),
        (signed("}", r#","x5u":"https://evil.example"}"#), Reason::UnsupportedMember, Some("x5u"), None),
        (signed("}", r#","x5c":[]}"#), Reason::UnsupportedMember, Some("x5c"), None),
        (signed("}", r#","zip":"DEF"}"#), Reason::UnsupportedMember, Some("zip"), None),
        (signed("}", r#","hello":1}"#), Reason::UnsupportedMember, None, None),
        (signed("}", r#","alg":"EdDSA"}"#), Reason::DuplicateMember, None, None),
        (signed("}", r#","\u0061lg":"EdDSA"}"#), Reason::DuplicateMember, None, None),
        (signed("}", r#","k\u0069d":"other"}"#), Reason::DuplicateMember, None, None),
        (signed("}", "}}"), Reason::NotJson, None, None),
        (signed("}", "} {}"), Reason::NotJson, None, None),
        (signed("}", ",}"), Reason::NotJson, None, None),
        (signed("{", "\u{FEFF}{"), Reason::NotJson, None, Some(6)),
        (signed("{", "[{"), Reason::NotJson, None, Some(6)),
        // The claims.
        (claiming(r#""iat":1795262400,"#, ""), Reason::MissingMember, Some("iat"), Some(payload_at)),
        (claiming(r#""exp":1795867200,"#, ""), Reason::MissingMember, Some("exp"), Some(payload_at)),
        (claiming(r#""jti":"invite_1","#, ""), Reason::MissingMember, Some("jti"), None),
        (claiming(r#""permissions":"r","#, ""), Reason::MissingMember, Some("permissions"), None),
        (claiming(r#""iss":"https://invites.example","#, ""), Reason::MissingMember, Some("iss"), None),
        (claiming(r#""aud":"https://invites.example/notes","#, ""), Reason::MissingMember, Some("aud"), None),
        (claiming("1795867200", r#""1795867200""#), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "1795867200.0"), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "1.7958672e9"), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "-1"), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "9007199254740992"), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "99999999999999999999999"), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "null"), Reason::BadMember, Some("not a whole number"), None),
        (claiming("1795867200", "01795867200"), Reason::NotJson, None, None),
        (claiming("1795867200", "+1795867200"), Reason::NotJson, None, None),
        (claiming("}", r#","nbf":null}"#), Reason::BadMember, Some("not a whole number"), None),
        (claiming(r#""r""#, r#""rx""#), Reason::BadMember, Some("permissions"), None),
        (claiming(r#""r""#, r#""rr""#), Reason::BadMember, Some("permissions"), None),
        (claiming(r#""r""#, r#""""#), Reason::BadMember, Some("permissions"), None),
        (claiming(r#""max_uses":5"#, r#""max_uses":0"#), Reason::BadMember, Some("max_uses"), None),
        (claiming("Alice", ""), Reason::BadMember, Some("inviter"), None),
        (claiming("Alice", "A\\nlice"), Reason::BadMember, Some("inviter"), None),
        (claiming("Alice", &"A".repeat(257)), Reason::BadMember, Some("inviter"), None),
        (claiming("Alice", "A\nlice"), Reason::NotJson, None, None),
        (claiming("Alice", "\\ud800"), Reason::NotJson, None, None),
        (claiming("Alice", "\\udc00\\ud800"), Reason::NotJson, None, None),
        (claiming("Alice", "\\x41"), Reason::NotJson, None, None),
        (claiming("invite_1", "invite 1"), Reason::BadMember, Some("jti"), None),
        (claiming("example/notes", "example"), Reason::BadMember, Some("aud is not iss/resource"), None),
        (claiming("example/notes", "example/"), Reason::BadMember, Some("aud is not iss/resource"), None),
        (claiming("example/notes", "example/a/b"), Reason::BadMember, Some("aud is not iss/resource"), None),
        (claiming("example/notes", "example.evil/notes"), Reason::BadMember, Some("aud is not iss/resource"), None),
        (claiming(r#""https://invites.example/notes""#, r#"["https://invites.example/notes"]"#), Reason::BadMember, Some("aud"), None),
        (claiming(r#"example","aud"#, r#"example/","aud"#), Reason::BadMember, Some("iss"), None),
        (claiming(r#""https://invites.example","#, r#""ftp://invites.example","#), Reason::BadMember, Some("iss"), None),
        (claiming(r#""https://invites.example","#, r#""https://","#), Reason::BadMember, Some("iss"), None),
        (claiming("}", r#","exp":1}"#), Reason::DuplicateMember, None, None),
        (claiming("}", r#","x":{"a":1,"a":2}}"#), Reason::DuplicateMember, None, None),
        (claiming("}", r#","x":[[[[[[[[[]]]]]]]]]}"#), Reason::NotJson, Some("nested too deeply"), None),
        (claiming("}", r#","x":tru}"#), Reason::NotJson, None, None),
        (claiming("}", r#","x":}"#), Reason::NotJson, None, None),
    ];
    for (key, reason, hint, at) in table {
        let Verdict::Malformed(found) = inspect(&key) else {
            panic!("{key} is taken for a key");
        };
        assert_eq!(
            (found.reason, found.hint.as_deref()),
            (reason, hint),
            "{key} {at:?}"
        );
        if at.is_some() {
            assert_eq!(found.at, at, "{key}");
        }
        assert_eq!(
            keys().verify(&key, &checks()),
            Verdict::Malformed(found.clone())
        );
        assert!(found.at.is_some_and(|at| at <= key.len()), "{key}");
        // No verdict holds the secret part of the key.
        assert!(
            !found
                .sentence()
                .contains(&EXAMPLE_KEY[unsigned..unsigned + 8])
        );
        let prefixed = format!("secret-token:{key}");
        let Verdict::Malformed(shifted) = inspect(&prefixed) else {
            panic!("{prefixed} is taken for a key");
        };
        assert_eq!(shifted.at, found.at.map(|at| at + 13));
    }
}

#[test]
fn what_is_not_ours_is_passed_over() {
    let kid = issuer().kid().to_owned();
    for header in [
        format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"invite+jwt"}}"#),
        format!(r#"{{"typ":"invite+jwt","kid":"{kid}","alg":"EdDSA"}}"#),
        format!("\r\n{{ \"typ\" :\t\"invite\\u002bjwt\" ,\"kid\":\"{kid}\",\"alg\":\"EdDSA\" }} "),
    ] {
        let payload = claims_json().replace(
            '}',
            r#","sub":"x","a":[1,-2.5e+3,{"b":null,"c":true}],"é":"\ud83d\udddd"}"#,
        );
        assert_eq!(
            keys().verify(&sign(header, payload), &checks()).code(),
            "authentic"
        );
    }
    let invalid_utf8 = [
        claims_json().trim_end_matches('}').as_bytes(),
        b",\"x\":\"\xFF\"}",
    ]
    .concat();
    let header = EXAMPLE_KEY[6..].split('.').next().unwrap();
    let key = sign(support::from_base64url(header), invalid_utf8);
    let Verdict::Malformed(found) = inspect(&key) else {
        panic!("not UTF-8, and taken for a key");
    };
    assert_eq!(found.reason, Reason::NotJson);
}
