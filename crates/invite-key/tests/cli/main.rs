//! The program `invite-key`, run as people run it.
