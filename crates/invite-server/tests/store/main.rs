//! The store: one suite for every database, and what only SQLite has to prove.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/postgres.rs"]
mod cluster;
mod ends;
mod giving_up;
mod line;
mod plans;
mod postgres;
mod rotation;
mod secrets;
mod speed;
mod sqlite;
mod suite;
mod timekeeping;
mod tls;
mod troubles;
mod world;
