//! What a database knows of secrets.

use crate::core::Moment;

/// A secret that rows may name, as the database knows it: by a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSecret {
    /// Its id.
    pub id: String,
    /// When it was taken back; it counts nowhere any more, whatever a file says.
    pub revoked_at: Option<Moment>,
}

/// What is out that was made with a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeWith {
    /// The secret's id.
    pub secret: String,
    /// How many invites have neither been told to be over nor been taken back.
    pub live: i64,
    /// When the last of them ends.
    pub last_end: Moment,
}

/// What is written about secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretChange {
    /// Rows may name one from now on: without it the server does not start.
    Know {
        /// Its id.
        id: String,
        /// When.
        at: Moment,
    },
    /// One counts nowhere any more.
    Revoke {
        /// Its id.
        id: String,
        /// When.
        at: Moment,
    },
    /// Nothing needs one any more.
    Forget {
        /// Its id.
        id: String,
    },
}
