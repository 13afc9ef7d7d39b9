//! Invite keys, offline: formats, links, permissions and verdicts.
//!
//! Nothing here has a clock, a network or a browser, and nothing here can say that a key *works*: that is for the
//! server that made it. What can be said without asking is whether a text has the shape of a key, and if not, what
//! is wrong with it and where.
//!
//! ```
//! use invite_key::{InviteKey, KeyKind, Verdict, inspect};
//!
//! let key = InviteKey::opaque(&[7; 32]);
//! assert_eq!(inspect(key.reveal()), Verdict::Plausible { kind: KeyKind::Opaque });
//!
//! let cut_off = &key.reveal()[..38];
//! assert_eq!(inspect(cut_off).sentence(), "The key is too short (38 of 41 characters: cut off?).");
//! ```
#![no_std]

extern crate alloc;
// WebAssembly needs somebody who handles panics.
#[cfg(all(feature = "wasm", target_arch = "wasm32"))]
extern crate std;

mod base62;
pub mod find;
pub mod hex;
pub mod json;
mod key;
pub mod link;
pub mod percent;
pub mod permissions;
#[cfg(feature = "qr")]
pub mod qr;
#[cfg(any(feature = "wasm", feature = "cli"))]
#[doc(hidden)]
pub mod report;
pub mod resource;
mod shape;
#[cfg(feature = "signed")]
pub mod signed;
pub mod text;
mod verdict;
#[cfg(all(feature = "wasm", target_arch = "wasm32"))]
#[doc(hidden)]
pub mod wasm;

pub use key::{InviteKey, KeyKind};
pub use permissions::{Permission, Permissions, PermissionsError};
pub use shape::MAX_LENGTH;
pub use verdict::{Malformed, Reason, Verdict, inspect};
