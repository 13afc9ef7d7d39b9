//! The header of a signed key: exactly three members.

use alloc::string::String;

use super::claims::{is_name, required, text};
use super::json::{self, Fault};
use crate::verdict::Reason;

/// The `typ` of signed keys, so that a token made for something else is never taken for one.
pub(super) const TYPE: &str = "invite+jwt";

/// Reads a header, and gives the `kid` and its place in it.
pub(super) fn read(header: &[u8]) -> Result<(String, usize), Fault> {
    let mut algorithm = None;
    let mut kid = None;
    let mut kind = None;
    let mut kid_at = 0;
    json::object(header, &mut |name, reader| {
        let at = reader.at();
        match name {
            // RFC 9864 names the curve, RFC 8037 the family; with an Ed25519 key both mean the same.
            "alg" => match &*text(reader, "alg", |_| true)? {
                "EdDSA" | "Ed25519" => algorithm = Some(()),
                _ => return Err(Fault::new(Reason::UnsupportedAlgorithm, at, None)),
            },
            "kid" => {
                kid_at = at;
                kid = Some(text(reader, "kid", is_name)?.into_owned());
            }
            "typ" => kind = Some(text(reader, "typ", |kind| kind == TYPE)?),
            _ => {
                let known = FOREIGN.iter().find(|foreign| **foreign == name).copied();
                return Err(Fault::new(Reason::UnsupportedMember, at, known));
            }
        }
        Ok(())
    })?;
    required(algorithm, "alg")?;
    required(kind, "typ")?;
    Ok((required(kid, "kid")?, kid_at))
}

/// What other tokens may have, and what attacks use: a key taken from the token, a rule that may not be understood.
/// A member that is none of these is not named in the verdict, for the sender chose its name.
const FOREIGN: [&str; 11] = [
    "b64", "crit", "cty", "enc", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u", "zip",
];
