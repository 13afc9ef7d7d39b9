//! `invite-key`: what can be said about invite keys offline, on the command line.

fn main() {}
