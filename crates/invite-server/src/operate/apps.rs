//! `apps`: backends that take part.

use super::{OperateError, webhooks};
use crate::{config::Apps, core::App, invites::Invites};

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
