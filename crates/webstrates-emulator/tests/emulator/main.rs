//! The emulated Webstrates: it replays what was recorded, and shows each documented fault.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, in its helpers too"
)]

mod accepting;
#[path = "../../../invite-server/tests/wire/behaviours.rs"]
#[allow(dead_code, reason = "the reasons are for the document")]
mod behaviours;
mod both;
mod creating;
mod cutting;
mod emulator;
mod identity;
mod pages;
mod program;
#[path = "../../../invite-server/tests/wire/recorded.rs"]
mod recorded;
mod replay;
mod silence;
#[allow(dead_code, reason = "shared with the tests of our own server")]
mod support;
