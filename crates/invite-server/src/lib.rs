//! The invite server.
