//! The rules over the server's own store: what every dialect works with.

use crate::core;
use crate::store::Database;

/// The rules over the server's own store.
pub type Invites = core::Invites<Database>;
