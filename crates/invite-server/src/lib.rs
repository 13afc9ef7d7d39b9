//! The invite server.

pub mod api;
pub mod core;
pub mod store;
