//! Our own HTTP API: JSON in, JSON out, refusals as problem documents (RFC 9457).

mod asker;

pub use asker::{Asker, Authenticator, Proof};
