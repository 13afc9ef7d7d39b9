//! `apps`: backends that take part.

use clap::Subcommand;

use super::OperateError;
use crate::{core::App, store::Invites};

/// What to do with the apps. A running server knows of it at once.
#[derive(Debug, Clone, Subcommand)]
pub enum Apps {
    /// Let a backend take part: prints its key, which is never shown again
    Add {
        /// 1 to 64 letters, digits, dots, hyphens or underscores
        name: String,
    },
    /// List them
    List,
    /// Let a backend no longer take part
    Remove {
        /// Its name
        name: String,
    },
}

impl Apps {
    pub(super) async fn run(&self, invites: &Invites) -> Result<String, OperateError> {
        match self {
            // The key and nothing else: it is read by scripts too.
            Apps::Add { name } => Ok(invites.add_app(name).await?.reveal().to_owned()),
            Apps::List => {
                let line = |app: App| format!("{}  {}", app.created_at.to_iso(), app.name);
                let lines: Vec<_> = invites.apps().await?.into_iter().map(line).collect();
                Ok(lines.join("\n"))
            }
            Apps::Remove { name } => {
                invites.remove_app(name).await?;
                Ok(format!("{name} takes part no longer."))
            }
        }
    }
}
