//! The invite server.

pub mod address;
pub mod api;
pub mod app;
pub mod auth;
pub mod conditions;
pub mod config;
pub mod core;
mod demo;
pub mod dialect;
mod html;
pub mod hub;
pub mod invites;
pub mod limits;
pub mod mail;
pub mod operate;
pub mod rkvst;
pub mod site;
pub mod stop;
pub mod store;
pub mod timekeeping;
mod tls;
pub mod waiting;
pub mod webhooks;
pub mod webstrates;
