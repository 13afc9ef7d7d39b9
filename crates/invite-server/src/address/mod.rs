//! Addresses as plain values: who we are, where invites are kept, what is on this machine.

mod database;
mod loopback;
mod origins;
mod reach;

pub use database::DatabaseAddress;
pub use loopback::{is_loopback_host, is_loopback_url};
pub use origins::{NotAnOrigin, Origins};
pub use reach::Reach;
