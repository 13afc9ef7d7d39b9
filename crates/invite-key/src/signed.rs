//! Signed keys: who issued them, for what and until when can be told offline.
//!
//! A signed key is `invs1_` and a JWS in compact serialization (RFC 7515), so any JOSE library can verify what follows
//! the prefix. This one is stricter than most: the header has `alg`, `kid` and `typ` and nothing else, the algorithm
//! is Ed25519 whatever the token says, public keys never come from the token, and base64url and JSON are read in the
//! one way they can be written without doubt.
//!
//! A signed key still is a bearer token: whether it was removed or used up only its server knows.

mod base64url;
mod checks;
mod claims;
pub mod ed25519;
mod example;
mod header;
#[cfg(feature = "issue")]
mod issue;
mod json;
mod jwks;
pub(crate) mod sentence;
mod table;
mod token;
mod verify;

pub use checks::{Audience, Checks, ChecksError, DEFAULT_LEEWAY, MAX_LEEWAY};
pub use claims::Claims;
pub use ed25519::PublicKey;
pub use example::{EXAMPLE_KEY, EXAMPLE_KEY_SET};
#[cfg(feature = "issue")]
pub use issue::{IssueError, Issuer};
pub use jwks::{KeySet, KeySetError, MAX_KEYS, MAX_SET_LENGTH};
pub use token::SignedKey;
pub use verify::inspect;
