//! The header of a signed key: exactly three members.

use alloc::string::String;

use super::claims::{is_name, required};
use super::json::{self, Fault};
use crate::verdict::Reason;

/// The `typ` of signed keys, so that a token made for something else is never taken for one.
pub(super) const TYPE: &str = "invite+jwt";

/// Besides ours those that other tokens may have, and that attacks use: a key taken from the token, a rule that may not
/// be understood. A member that is none of these is not named in the verdict, for the sender chose its name.
const NAMES: [&str; 14] = [
    "alg", "kid", "typ", "b64", "crit", "cty", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256",
    "x5u", "zip",
];

/// Reads a header, and gives the `kid` and its place in it.
pub(super) fn read(header: &[u8]) -> Result<(String, usize), Fault> {
    let members = json::document(header, &NAMES)?;
    let [alg, kid, typ, foreign @ ..] = members.named::<{ NAMES.len() }>()?;
    let mut known = NAMES.iter().skip(3).zip(foreign);
    if let Some((name, Some(member))) = known.find(|(_, member)| member.is_some()) {
        return Err(Fault::new(Reason::UnsupportedMember, member.at, Some(name)));
    }
    if let Some(at) = members.other {
        return Err(Fault::new(Reason::UnsupportedMember, at, None));
    }
    let alg = required(alg, "alg")?;
    // RFC 9864 names the curve, RFC 8037 the family; with an Ed25519 key both mean the same.
    if !matches!(alg.as_text(), Some("EdDSA" | "Ed25519")) {
        return Err(Fault::new(Reason::UnsupportedAlgorithm, alg.at, None));
    }
    required(typ, "typ")?.text("typ", |typ| typ == TYPE)?;
    let kid = required(kid, "kid")?;
    Ok((String::from(kid.text("kid", is_name)?), kid.at))
}
