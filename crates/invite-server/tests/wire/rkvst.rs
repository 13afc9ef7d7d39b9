//! RKVST's Invites API, byte by byte.

mod tokens;
mod world;
