//! JWS in compact serialization (RFC 7515) with the server's own keys. The `typ` says what a text is good for, so that
//! none of one sort is ever taken for another.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Secrets;

/// Longer texts are not ours.
const LIMIT: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Signs claims with the newest key.
pub(super) fn sign(secrets: &Secrets, typ: &str, claims: &impl Serialize) -> Option<String> {
    let (kid, sign) = secrets.signing();
    let header = Header {
        alg: "EdDSA".into(),
        kid,
        typ: typ.into(),
    };
    let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let header = encode(serde_json::to_vec(&header).ok()?);
    let payload = encode(serde_json::to_vec(claims).ok()?);
    let signed = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    Some(format!("{signed}.{signature}"))
}

/// The claims of a text of this type, if one of our keys has signed it. Its time is the caller's to look at.
pub(super) fn open<Claims: DeserializeOwned>(
    secrets: &Secrets,
    typ: &str,
    text: &str,
) -> Option<Claims> {
    if text.len() > LIMIT {
        return None;
    }
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
    // One algorithm, one type, and keys of our own only.
    if header.alg != "EdDSA" || header.typ != typ {
        return None;
    }
    let signature: [u8; 64] = decode(signature)?.try_into().ok()?;
    let key = secrets.public_key(&header.kid)?;
    if !key.verify(signed.as_bytes(), &signature) {
        return None;
    }
    serde_json::from_slice(&decode(payload)?).ok()
}
