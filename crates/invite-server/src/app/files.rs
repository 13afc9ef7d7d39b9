//! How many files the system lets the server have open: a connection is one, and goes on being one as a socket.

use crate::conditions::FILES_FEW;

/// Connections at once where nobody says how many; and as many sockets.
const USUAL: u32 = 4096;
/// With fewer nobody is served.
const LEAST: u32 = 16;
/// Kept for what is nobody's connection: the database, the log, mail, backends that are told.
const OWN: u64 = 256;

/// How many connections there may be, and as many sockets beside them: what the operator says, or the usual number, and no
/// more than there are files for, as others would fail in the middle of something.
pub(super) fn connections(asked: Option<u32>, database_connections: u32) -> u32 {
    let own = OWN + u64::from(database_connections);
    let wanted = asked.unwrap_or(USUAL);
    let needed = 2 * u64::from(wanted) + own;
    let Some(open) = allowed(needed).filter(|open| *open < needed) else {
        return wanted;
    };
    let fitting = u32::try_from(open.saturating_sub(own) / 2).unwrap_or(u32::MAX);
    let connections = wanted.min(fitting.max(LEAST));
    FILES_FEW.met(
        format_args!("{open} files"),
        format_args!("{needed} would be needed; connections: {connections}"),
    );
    connections
}

/// How many files may be open, after asking for as many as are needed; `None` where there is no such limit.
#[cfg(unix)]
fn allowed(needed: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current?;
    if current >= needed {
        return Some(current);
    }
    let raised = limit.maximum.map_or(needed, |most| most.min(needed));
    let asked = Rlimit {
        current: Some(raised),
        maximum: limit.maximum,
    };
    // A sandbox may forbid it; then it stays as it is.
    match setrlimit(Resource::Nofile, asked) {
        Ok(()) => Some(raised),
        Err(_) => Some(current),
    }
}

#[cfg(not(unix))]
fn allowed(_needed: u64) -> Option<u64> {
    None
}
