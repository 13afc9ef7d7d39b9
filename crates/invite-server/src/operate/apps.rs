//! `apps`: backends that take part.

use invite_key::Permissions;

use super::{OperateError, webhooks};
use crate::{
    address::Reach,
    config::Apps,
    core::{App, AppDialect},
    invites::Invites,
};

impl Apps {
    pub(super) async fn run(
        &self,
        invites: &Invites,
        reach: Reach,
    ) -> Result<String, OperateError> {
        match self {
            // Credentials and nothing else: they are read by scripts too.
            Apps::Add {
                name,
                dialect: AppDialect::Http,
                resource,
                all_resources,
                ..
            } => {
                let key = invites.add_app(name, *all_resources).await?;
                if let Some(resource) = resource
                    && let Err(refusal) = invites.grant_app(name, resource).await
                {
                    invites.remove_app(name).await?;
                    return Err(refusal.into());
                }
                Ok(key.reveal().to_owned())
            }
            Apps::Add {
                name,
                dialect: AppDialect::Rkvst,
                resource,
                permissions,
                ..
            } => {
                let resource = resource.as_deref().unwrap_or_default();
                let permissions = permissions.unwrap_or(Permissions::READ);
                let (client, secret) = invites.add_client(name, resource, permissions).await?;
                Ok(format!("{}\n{}", client.id, secret.reveal()))
            }
            Apps::Grant { name, resource } => {
                invites.grant_app(name, resource).await?;
                Ok(format!("{name} acts on {resource}."))
            }
            Apps::Revoke { name, resource } => {
                invites.revoke_app(name, resource).await?;
                Ok(format!("{name} acts on {resource} no longer."))
            }
            Apps::List => {
                let lines: Vec<_> = invites.apps().await?.iter().map(line).collect();
                Ok(lines.join("\n"))
            }
            Apps::Webhook { name, url, .. } => Ok(match url {
                Some(url) => webhooks::set(invites, reach, name, url).await?,
                None => webhooks::remove(invites, name).await?,
            }),
            Apps::Webhooks => Ok(webhooks::list(invites).await?),
            Apps::Remove { name } => {
                let app = invites.remove_app(name).await?;
                Ok(format!("{} takes part no longer.", app.name))
            }
        }
    }
}

/// So many resources of an app are shown.
const SHOWN: usize = 10;

fn line(app: &App) -> String {
    let mut line = format!(
        "{}  {}  {}",
        app.created_at.to_iso(),
        app.name,
        app.dialect.as_str()
    );
    if let Some(id) = &app.id {
        line.push_str(&format!("  {id}"));
    }
    if app.all_resources {
        line.push_str("  all resources");
        return line;
    }
    let shown = app.resources.iter().take(SHOWN);
    let shown = shown.map(|(resource, letters)| match letters {
        Some(letters) => format!("{resource} ({})", letters.as_str()),
        None => resource.clone(),
    });
    let shown: Vec<_> = shown.collect();
    if !shown.is_empty() {
        line.push_str(&format!("  {}", shown.join(", ")));
    }
    let more = app.resources.len().saturating_sub(SHOWN);
    if more > 0 {
        line.push_str(&format!(" and {more} more"));
    }
    line
}
