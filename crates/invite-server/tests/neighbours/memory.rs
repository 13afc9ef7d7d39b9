//! How much memory the server's process takes.

use std::fs;

use crate::support::Server;

/// Resident bytes of the process, and the most they have been since [`forget_the_most`].
pub fn resident(server: &Server) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let bytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes * 1024
    };
    (bytes("VmRSS:"), bytes("VmHWM:"))
}

/// The most is from now on.
pub fn forget_the_most(server: &Server) {
    fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
}

pub fn mebibytes(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}
