//! Our HTTP API over a real socket: every call, every refusal, every sort of asker.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod addressed;
mod apps;
mod authorisation;
mod calls;
mod concurrency;
mod cookies;
mod description;
mod events;
mod malformed;
mod member;
mod members;
mod origin;
mod pending;
mod receipts;
mod refusals;
mod repeats;
mod resend;
mod resources;
mod server;
mod signed;
mod webhooks;
