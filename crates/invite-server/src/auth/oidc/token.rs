//! Whether a token is the issuer's, for us, and in force.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Header, Validation, decode, decode_header};
use serde_json::Value;

use super::keys::KeySet;
use super::person::Claims;

/// Longest token looked at.
const LONGEST: usize = 16 * 1024;
/// Seconds that clocks may differ by.
pub(super) const LEEWAY: u64 = 60;
/// What a token that says who somebody is may call itself. Others of the same issuer and audience call themselves
/// otherwise.
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/at+jwt", "application/jwt"];
/// What a logout token may call itself: older issuers give it no name of its own.
const LOGOUT_TYPES: [&str; 3] = ["logout+jwt", "application/logout+jwt", "jwt"];

/// What a token has to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audiences: &'a [String],
    pub(super) sort: Sort,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Saying who somebody is.
    Bearer,
    /// Saying that somebody has signed out.
    Logout,
}

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// No key could have signed it; newer keys may.
    NoKey,
    /// Nothing will make it good. The reason is for the log.
    Bad(String),
}

/// The head of what may be a token.
pub(super) fn head(token: &str, sort: Sort) -> Result<Header, Fault> {
    if token.len() > LONGEST {
        return Err(Fault::Bad("it is too long".into()));
    }
    let header = decode_header(token).map_err(|_| Fault::Bad("its head is no JWS's".into()))?;
    let kind = header.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
    let types = match sort {
        Sort::Bearer => &TYPES[..],
        Sort::Logout => &LOGOUT_TYPES[..],
    };
    if !types.contains(&kind.as_str()) {
        return Err(Fault::Bad("it is a token of another type".into()));
    }
    // Nothing is understood that may be critical.
    if header.crit.is_some() {
        return Err(Fault::Bad("it has critical extensions".into()));
    }
    Ok(header)
}

/// The claims of a token, if one of the keys has signed it and it says what is expected.
pub(super) fn verify(
    token: &str,
    header: &Header,
    keys: &KeySet,
    expected: Expected<'_>,
) -> Result<Claims, Fault> {
    let mut fault = Fault::NoKey;
    for key in keys.candidates(header) {
        match verify_with(token, header, &key.decoding, expected) {
            Ok(claims) => return Ok(claims),
            Err(found) => fault = found,
        }
    }
    Err(fault)
}

/// Whom a token of three parts says it comes from. Anybody can write that.
pub(super) fn issuer_of(token: &str) -> Option<String> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    let issuer = claims.get("iss")?.as_str()?.to_owned();
    parts.next().is_none().then_some(issuer)
}

/// When a token that is good counts no longer, in seconds since 1970.
pub(super) fn end(claims: &Claims) -> Option<u64> {
    let end = claims.get("exp")?;
    let whole = end.as_u64().or_else(|| Some(end.as_f64()? as u64))?;
    Some(whole.saturating_add(LEEWAY))
}

fn verify_with(
    token: &str,
    header: &Header,
    key: &DecodingKey,
    expected: Expected<'_>,
) -> Result<Claims, Fault> {
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(expected.audiences);
    let (required, optional) = (["exp", "iss", "aud"], ["sub"]);
    // A logout token may name a session alone.
    let optional = optional.iter().filter(|_| expected.sort == Sort::Bearer);
    let required: Vec<_> = required.iter().chain(optional).collect();
    validation.set_required_spec_claims(&required);
    let claims = decode::<Claims>(token, key, &validation)
        .map_err(|error| Fault::Bad(error.to_string()))?
        .claims;
    // An older issuer's logout token says who somebody is, but nobody signs in with it.
    if expected.sort == Sort::Bearer && claims.contains_key("events") {
        return Err(Fault::Bad("it tells of an event".into()));
    }
    // The library takes a list that holds the issuer, too.
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(Fault::Bad("InvalidIssuer".into()));
    }
    Ok(claims)
}
