//! A year of operation in minutes: disks that fill up and fail, lines that die, poolers, proxies, kills, clocks. Under load,
//! the real programs, as an operator has them; `cargo xtask test --full` runs it and nothing else does. `cargo test --test
//! year -- --ignored --nocapture --test-threads=1` shows each row as it comes.

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

#[path = "../failover/apps.rs"]
mod apps;
#[path = "../support/authority.rs"]
mod authority;
#[path = "../durability/backend.rs"]
mod backend;
#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/between.rs"]
mod between;
#[path = "../support/bouncer.rs"]
mod bouncer;
mod clock;
#[path = "../support/postgres.rs"]
mod cluster;
mod damaged;
mod dead_lines;
#[path = "../support/disk.rs"]
mod disk;
#[path = "../support/front.rs"]
mod front;
mod full_disk;
mod instance;
mod kills;
#[path = "../support/ledger.rs"]
mod ledger;
#[path = "../durability/people.rs"]
mod people;
mod pooler;
#[path = "../wire/post.rs"]
mod post;
mod proxies;
mod read_only;
mod row;
mod scene;
mod slow_mail;
mod slow_webhook;
mod stalled;
#[path = "../support/states.rs"]
mod states;
#[path = "../support/stories.rs"]
mod stories;
#[path = "../wire/support.rs"]
mod support;
