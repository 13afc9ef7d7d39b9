//! The invite server.

pub mod api;
pub mod app;
pub mod auth;
pub mod config;
pub mod core;
pub mod limits;
pub mod mail;
pub mod operate;
pub mod rkvst;
pub mod site;
pub mod store;
mod tls;
pub mod webhooks;
pub mod webstrates;
