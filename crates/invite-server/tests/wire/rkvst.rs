//! RKVST's Invites API, byte by byte.

mod authorisation;
mod calls;
mod mailed;
mod pages;
mod tokens;
mod world;
