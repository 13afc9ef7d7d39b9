//! The SQL catalogue: each statement stands once, in the subset that SQLite and PostgreSQL share, beside what it takes
//! and what its rows mean. What the engines have to say differently is a word with its reason (`text.rs`).
//!
//! An engine gives an [`Executor`]: one transaction that answers queries. On SQLite it answers at once, on the thread
//! that asks; on PostgreSQL what is asked together travels together.

pub(super) mod apps;
pub(super) mod changes;
pub(super) mod clients;
pub(super) mod clock;
mod counts;
pub(super) mod ends;
pub(super) mod events;
mod executor;
pub(super) mod listing;
pub(super) mod mails;
pub(super) mod members;
pub(super) mod people;
pub(super) mod probe;
pub(super) mod queues;
pub(super) mod reading;
mod row;
pub(super) mod schema;
pub(super) mod secrets;
pub(super) mod sweep;
mod text;
pub(super) mod webhooks;

pub(super) use executor::Executor;
pub(super) use row::{Bind, Row, Unreadable, Value};
pub(super) use text::{Engine, Sql};

use executor::{all, binds, change, change_one, exists, one};
