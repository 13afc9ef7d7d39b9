//! The real program on real databases: three copies on one, and what survives `kill -9` of the server and of PostgreSQL.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests; what is shared with others is not all used here"
)]

mod apps;
mod backend;
mod backup;
mod clients;
#[path = "../support/postgres.rs"]
mod cluster;
mod copies;
mod gone;
#[path = "../wire/issuer.rs"]
mod issuer;
mod kill;
mod lacking;
mod leaked;
mod ledger;
mod marked;
mod operate;
mod people;
#[path = "../wire/post.rs"]
mod post;
mod rotate;
mod rotation;
#[path = "../support/states.rs"]
mod states;
#[path = "../wire/support.rs"]
mod support;
