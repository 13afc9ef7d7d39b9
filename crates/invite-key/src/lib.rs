//! Invite keys, offline.
