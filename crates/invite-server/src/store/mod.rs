//! Where invites live: one folder per database, each with what the core needs of a store.

mod catalogue;
mod copy;
mod database;
pub mod postgres;
mod readiness;
mod shares;
pub mod sqlite;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use invite_key::KeyKind;

pub use crate::core::Store;
pub use catalogue::sweep::{Person, Retention, Swept};
pub use copy::{Scratch, back_up, restore};
pub use database::{Database, Line, TimeSeen};
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;

/// So many of an invite's uses come with it; `uses` counts them all.
const ACCEPTED_SHOWN: u32 = 100;

/// A store could not be opened; the sentence says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreUnusable(pub String);

/// A fresh `webhook-id`.
fn message_id() -> Option<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("msg_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The kind that a row names.
fn kind_named(name: &str) -> Option<KeyKind> {
    [
        KeyKind::Opaque,
        KeyKind::Webstrates,
        KeyKind::Signed,
        KeyKind::Userkit,
        KeyKind::Rkvst,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == name)
}
