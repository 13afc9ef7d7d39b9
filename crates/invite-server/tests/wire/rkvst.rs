//! RKVST's Invites API, byte by byte.

mod authorisation;
mod calls;
mod documented;
mod mailed;
mod pages;
mod quotas;
mod tokens;
mod world;
