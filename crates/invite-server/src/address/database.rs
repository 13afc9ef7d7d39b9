//! Where the invites are kept, as the operator says it.

use std::path::PathBuf;

/// Where invites are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A SQLite file.
    File(PathBuf),
    /// The address of a server that speaks PostgreSQL's protocol. A password may be in it.
    Postgres(String),
}

impl std::str::FromStr for DatabaseAddress {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        Ok(if postgres {
            Self::Postgres(text.to_owned())
        } else {
            Self::File(text.into())
        })
    }
}

impl std::fmt::Debug for DatabaseAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.fmt(formatter),
            Self::Postgres(_) => formatter.write_str("postgres://…"),
        }
    }
}
