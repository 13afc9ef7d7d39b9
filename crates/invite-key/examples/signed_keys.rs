//! Issues and verifies signed keys, one JSON request a line, one JSON answer a line: for programs in other languages.
//!
//! `cargo run -p invite-key --features issue --example signed_keys`, then for instance
//!
//! ```json
//! {"do":"issue","secret":"<64 hex digits>","claims":{"issuer":"https://invites.example","resource":"notes","id":"invite_1","issuedAt":1795262400,"expiresAt":1795867200,"permissions":"r"}}
//! {"do":"verify","jwks":"{\"keys\":[…]}","audience":"https://invites.example/notes","now":1795262400,"keys":["invs1_…"]}
//! ```

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use invite_key::signed::{Audience, Checks, Claims, Issuer, KeySet};
use invite_key::{Permissions, Verdict, hex};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let answer = answer(&request).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(request: &Value) -> Result<Value, Box<dyn Error>> {
    match text(request, "do")? {
        "issue" => issue(request),
        "verify" => verify(request),
        other => Err(format!("there is no `{other}`").into()),
    }
}

fn issue(request: &Value) -> Result<Value, Box<dyn Error>> {
    let issuer = Issuer::new(&secret(text(request, "secret")?)?);
    let claims = request.get("claims").ok_or("claims are missing")?;
    let claims = Claims {
        issuer: text(claims, "issuer")?.into(),
        resource: text(claims, "resource")?.into(),
        id: text(claims, "id")?.into(),
        issued_at: number(claims, "issuedAt").ok_or("issuedAt is missing")?,
        expires_at: number(claims, "expiresAt").ok_or("expiresAt is missing")?,
        permissions: Permissions::parse(text(claims, "permissions")?)?,
        not_before: number(claims, "notBefore"),
        max_uses: number(claims, "maxUses"),
        inviter: text(claims, "inviter").ok().map(String::from),
    };
    let mut keys = KeySet::new();
    keys.insert(issuer.kid(), issuer.public_key())?;
    let key = issuer.issue(&claims)?;
    Ok(json!({ "key": key.reveal(), "kid": issuer.kid(), "jwks": keys.to_json() }))
}

fn verify(request: &Value) -> Result<Value, Box<dyn Error>> {
    let keys = KeySet::parse(text(request, "jwks")?)?;
    let audience = Audience::Address(text(request, "audience")?);
    let checks = Checks::new(audience, number(request, "now").ok_or("now is missing")?)?;
    let texts = request.get("keys").and_then(Value::as_array);
    let texts: Vec<&str> = texts
        .ok_or("keys are missing")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // One by one and all at once: two ways, one verdict.
    let verdicts: Vec<Verdict> = texts.iter().map(|key| keys.verify(key, &checks)).collect();
    if verdicts != keys.verify_each(&texts, &checks) {
        return Err("one by one and all at once differ".into());
    }
    Ok(verdicts.iter().map(describe).collect())
}

fn describe(verdict: &Verdict) -> Value {
    let (code, sentence, at) = (verdict.code(), verdict.sentence(), verdict.at());
    match verdict {
        Verdict::Malformed(malformed) => json!({
            "code": code, "sentence": sentence, "at": at,
            "reason": malformed.code(), "hint": malformed.hint,
        }),
        Verdict::Authentic { claims } => json!({
            "code": code, "sentence": sentence,
            "claims": {
                "issuer": claims.issuer,
                "resource": claims.resource,
                "id": claims.id,
                "issuedAt": claims.issued_at,
                "expiresAt": claims.expires_at,
                "permissions": claims.permissions.as_str(),
                "notBefore": claims.not_before,
                "maxUses": claims.max_uses,
                "inviter": claims.inviter,
            },
        }),
        _ => json!({ "code": code, "sentence": sentence, "at": at }),
    }
}

fn text<'request>(request: &'request Value, name: &str) -> Result<&'request str, String> {
    let text = request.get(name).and_then(Value::as_str);
    text.ok_or_else(|| format!("{name} is missing"))
}

fn number(request: &Value, name: &str) -> Option<u64> {
    request.get(name).and_then(Value::as_u64)
}

fn secret(digits: &str) -> Result<[u8; 32], Box<dyn Error>> {
    let mut secret = [0; 32];
    hex::decode_into(digits, &mut secret).ok_or("a secret is 64 hex digits")?;
    Ok(secret)
}
