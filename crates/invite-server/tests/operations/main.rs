//! A year of operation: full disks, files that are replaced, lines that die, poolers; and that the log says so.

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

#[path = "../support/between.rs"]
mod between;
#[path = "../support/bouncer.rs"]
mod bouncer;
#[path = "../support/postgres.rs"]
mod cluster;
mod copies;
#[path = "../support/disk.rs"]
mod disk;
mod files;
mod lines;
#[path = "../durability/people.rs"]
mod people;
mod pooler;
mod secrets;
#[path = "../support/states.rs"]
mod states;
#[path = "../wire/support.rs"]
mod support;
mod words;
mod written;
