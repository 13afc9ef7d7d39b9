//! A replicated database that fails over under load: three Patroni nodes, three copies of the server, and everything that
//! can be killed killed. The real programs, as an operator would run them; it takes minutes, so `cargo xtask test --full`
//! runs it and nothing else does. `-- --ignored --nocapture` shows the table.

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
#[path = "../durability/backend.rs"]
mod backend;
#[path = "../support/bench.rs"]
mod bench;
mod copies;
mod crowd;
#[path = "../support/front.rs"]
mod front;
mod kills;
#[path = "../support/ledger.rs"]
mod ledger;
mod patroni;
#[path = "../support/postgres.rs"]
mod postgres;
mod scenario;
#[path = "../support/stories.rs"]
mod stories;
mod supervised;
mod table;
mod watched;
