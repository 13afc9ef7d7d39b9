//! The server over real sockets: the Webstrates dialect, sign-in, pages, limits, and what survives `kill -9`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, in its helpers too"
)]

mod apps;
mod authorisation;
#[path = "../support/authority.rs"]
mod authority;
mod bearer;
mod behaviours;
mod cors;
mod deletion;
mod differences;
mod durable;
mod files;
mod identity;
mod idle;
mod issuer;
mod limits;
mod looks;
mod mail;
mod mail_tls;
mod operation;
mod pages;
mod post;
mod program;
mod proxy;
mod rates;
mod reading;
mod recorded;
mod replay;
mod rkvst;
mod secrecy;
mod sessions;
mod several;
mod sign_in;
mod socket;
mod stalled;
mod stopping;
mod support;
mod unnoticed;
mod written;
