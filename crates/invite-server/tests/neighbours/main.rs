//! A bad neighbour costs only themselves: what everybody else waits before and while somebody misbehaves, on both
//! databases. The real program, as an operator would run it; `-- --nocapture` shows the table.

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

mod behaviours;
#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/postgres.rs"]
mod cluster;
mod everybody;
mod filled;
mod measure;
mod memory;
mod scene;
mod sockets;
mod streams;
#[path = "../wire/support.rs"]
mod support;
mod table;
