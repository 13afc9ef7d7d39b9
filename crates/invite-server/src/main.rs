//! The invite server.
fn main() {}
