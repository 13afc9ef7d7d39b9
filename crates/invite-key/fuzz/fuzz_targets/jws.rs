//! Signed keys: authentic is only what the issuer signed, and what it signed says to others what it says to us.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use invite_key::signed::{
    Audience, Checks, Claims, EXAMPLE_KEY, EXAMPLE_KEY_SET, Issuer, KeySet, SignedKey,
};
use invite_key::{Permissions, Verdict};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SECRET: [u8; 32] = [9; 32];
const SERVER: &str = "https://invites.example";
const NO_SIGNATURE: &str =
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| Issuer::with_kid(&SECRET, "k").unwrap());
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let mut keys = KeySet::parse(EXAMPLE_KEY_SET).unwrap();
    keys.insert(ISSUER.kid(), ISSUER.public_key()).unwrap();
    keys
});

// Lines: `signed`, the time, a header (or nothing), the claims; or `claims` and what each says; or a whole key.
fuzz_target!(|text: &str| {
    if let Some(rest) = text.strip_prefix("signed\n") {
        let mut lines = rest.splitn(3, '\n');
        let mut line = || lines.next().unwrap_or_default();
        let (now, header, payload) = (number(line()), line(), line());
        signed(Some(header).filter(|line| !line.is_empty()), payload, now);
    } else if let Some(rest) = text.strip_prefix("claims\n") {
        let mut lines = rest.splitn(9, '\n');
        let mut line = || lines.next().unwrap_or_default();
        let option = |line: &str| (!line.is_empty()).then(|| number(line));
        issued(&Claims {
            issuer: line().to_owned(),
            resource: line().to_owned(),
            id: line().to_owned(),
            permissions: Permissions::parse(line()).unwrap_or(Permissions::READ),
            issued_at: number(line()),
            expires_at: number(line()),
            not_before: option(line()),
            max_uses: option(line()),
            inviter: Some(line().to_owned()).filter(|line| !line.is_empty()),
        });
    } else {
        unsigned(text);
    }
});

fn number(line: &str) -> u64 {
    line.parse().unwrap_or(1_795_262_400)
}

fn verify(text: &str, now: u64) -> Verdict {
    let checks = Checks::new(Audience::Server(SERVER), now).expect("these make sense");
    KEYS.verify(text, &checks)
}

/// Nobody but the issuer signs, and its one key is known.
fn unsigned(text: &str) {
    let verdict = verify(text, 1_795_262_400);
    let bare = text.len() - EXAMPLE_KEY.len().min(text.len());
    let is_example = text.get(bare..) == Some(EXAMPLE_KEY);
    assert_eq!(
        verdict.code() == "authentic",
        is_example && verdict.code() != "malformed"
    );
    if let Some(at) = verdict.at() {
        assert!(text.as_bytes()[..at].is_ascii());
    }
    let read = SignedKey::read(text);
    assert_eq!(read.is_err(), verdict.code() == "malformed");
}

fn signed(header: Option<&str>, payload: &str, now: u64) {
    // No clock shows another.
    let now = now.clamp(1_000_000_000, 9_999_999_999);
    let header = header.unwrap_or(r#"{"alg":"EdDSA","kid":"k","typ":"invite+jwt"}"#);
    let message = format!(
        "{}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(header),
        BASE64_URL_SAFE_NO_PAD.encode(payload)
    );
    let forged = format!("invs1_{message}.{NO_SIGNATURE}");
    let Ok(read) = SignedKey::read(&forged) else {
        assert_eq!(verify(&forged, now).code(), "malformed");
        return;
    };
    let read = read.expect("it begins like a signed key");
    let kid = read.kid().to_owned();
    let known = KEYS.get(&kid).is_some();
    let expected = if known {
        "bad_signature"
    } else {
        "unknown_key"
    };
    assert_eq!(verify(&forged, now).code(), expected);

    // What we could read, others read the same way.
    let header: Value = serde_json::from_str(header).expect("the header is JSON");
    assert_eq!(header.as_object().map(|members| members.len()), Some(3));
    assert!(matches!(header["alg"].as_str(), Some("EdDSA" | "Ed25519")));
    assert_eq!(
        (&header["kid"], &header["typ"]),
        (&Value::from(&*kid), &"invite+jwt".into())
    );
    let said: Value = serde_json::from_str(payload).expect("the claims are JSON");
    let claims = read.unverified_claims();
    assert_eq!(
        said["iss"]
            .as_str()
            .map(|text| text.strip_suffix('/').unwrap_or(text)),
        Some(&*claims.issuer)
    );
    assert_eq!(said["aud"], claims.audience());
    assert_eq!(said["jti"], *claims.id);
    assert_eq!(said["iat"], claims.issued_at);
    assert_eq!(said["exp"], claims.expires_at);
    assert_eq!(said["permissions"], claims.permissions.as_str());
    assert_eq!(said.get("nbf").and_then(Value::as_u64), claims.not_before);
    assert_eq!(
        said.get("max_uses").and_then(Value::as_u64),
        claims.max_uses
    );
    assert_eq!(
        said.get("inviter").and_then(Value::as_str),
        claims.inviter.as_deref()
    );

    let signature = SigningKey::from_bytes(&SECRET).sign(message.as_bytes());
    let text = format!(
        "invs1_{message}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes())
    );
    let verdict = verify(&text, now);
    let expected = if kid != ISSUER.kid() {
        if known {
            "bad_signature"
        } else {
            "unknown_key"
        }
    } else if claims.issuer != SERVER {
        "wrong_audience"
    } else if claims.not_before.is_some_and(|begin| begin > now + 60) {
        "not_yet_valid"
    } else if claims.expires_at.saturating_add(60) <= now {
        "expired"
    } else {
        "authentic"
    };
    assert_eq!(verdict.code(), expected);
}

fn issued(claims: &Claims) {
    let Ok(key) = ISSUER.issue(claims) else {
        return;
    };
    let read = SignedKey::read(key.reveal()).unwrap().unwrap();
    assert_eq!(read.unverified_claims(), claims);
    let payload = key.reveal().split('.').nth(1).unwrap();
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
    let said: Value = serde_json::from_slice(&payload).expect("the claims are JSON");
    assert_eq!(said["aud"], claims.audience());
    let now = claims.not_before.unwrap_or(1_795_262_400);
    let audience = Audience::Resource {
        server: &claims.issuer,
        resource: &claims.resource,
    };
    let checks = Checks::new(audience, now).and_then(|checks| checks.with_leeway(0));
    let Ok(checks) = checks else {
        assert!(!(1_000_000_000..10_000_000_000).contains(&now));
        return;
    };
    let verdict = KEYS.verify(key.reveal(), &checks);
    let expected = if claims.expires_at > now {
        "authentic"
    } else {
        "expired"
    };
    assert_eq!(verdict.code(), expected);
}
