//! JWS in compact serialization (RFC 7515) with the server's own keys. The `typ` says what a text is good for, so that
//! none of one sort is ever taken for another.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Moment, Secrets};

/// Longer texts are not ours.
const LIMIT: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Seconds that the clocks of copies of the server may differ by.
const LEEWAY: i64 = 60;

/// What says when it was made and until when it counts, both in seconds since 1970.
pub(super) trait Timed {
    /// How long it counts at most, in seconds.
    const LIFETIME: u32;

    /// From when, and until when.
    fn times(&self) -> (i64, i64);
}

/// Signs claims with the active key, if there is one that others know.
pub(super) fn sign(secrets: &Secrets, typ: &str, claims: &impl Serialize) -> Option<String> {
    secrets.can_make().ok()?;
    let signing = secrets.signing();
    let header = Header {
        alg: "EdDSA".into(),
        kid: signing.kid().to_owned(),
        typ: typ.into(),
    };
    let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
    let header = encode(serde_json::to_vec(&header).ok()?);
    let payload = encode(serde_json::to_vec(claims).ok()?);
    let signed = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(signing.sign(signed.as_bytes()));
    Some(format!("{signed}.{signature}"))
}

/// The claims of a text of this type, if it counts now and a key of ours that counts for such has signed it. However
/// somebody came by a key, what they sign counts no longer than what we do, and with the key no longer than that.
pub(super) fn open<Claims: DeserializeOwned + Timed>(
    secrets: &Secrets,
    typ: &str,
    text: &str,
    now: Moment,
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
    let key = secrets.public_key(&header.kid, Claims::LIFETIME, now)?;
    if !key.verify(signed.as_bytes(), &signature) {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&decode(payload)?).ok()?;
    let (from, until) = claims.times();
    let seconds = now.0.div_euclid(1000);
    let counts = from <= seconds.saturating_add(LEEWAY)
        && until.saturating_sub(from) <= i64::from(Claims::LIFETIME)
        && seconds < until;
    counts.then_some(claims)
}
