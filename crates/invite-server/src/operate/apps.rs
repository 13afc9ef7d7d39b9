//! `apps`: backends that take part.

use clap::Subcommand;

use super::{OperateError, webhooks};
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
    /// Tell a backend what happens to all invites, as Standard Webhooks: prints the secret (whsec_…) that it verifies
    /// signatures with, which is never shown again. Setting it anew makes another secret and sends there at once what
    /// waits
    Webhook {
        /// The app's name
        name: String,
        /// https://…, or http:// on this machine; see --webhooks-to
        #[arg(required_unless_present = "none")]
        url: Option<String>,
        /// Tell it nothing any more; what waits is forgotten
        #[arg(long, conflicts_with = "url")]
        none: bool,
    },
    /// List where backends are told, how much waits, and what went wrong last
    Webhooks,
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
            Apps::Webhook { name, url, .. } => Ok(match url {
                Some(url) => webhooks::set(invites, name, url).await?,
                None => webhooks::remove(invites, name).await?,
            }),
            Apps::Webhooks => Ok(webhooks::list(invites).await?),
            Apps::Remove { name } => {
                invites.remove_app(name).await?;
                Ok(format!("{name} takes part no longer."))
            }
        }
    }
}
