//! `clients`: backends that speak RKVST's Invites API.

use super::OperateError;
use crate::{config::Clients, core::Client, invites::Invites};

impl Clients {
    pub(super) async fn run(&self, invites: &Invites) -> Result<String, OperateError> {
        match self {
            Clients::Add {
                name,
                resource,
                permissions,
            } => {
                let (client, secret) = invites.add_client(name, resource, *permissions).await?;
                Ok(format!("{}\n{}", client.id, secret.reveal()))
            }
            Clients::List => {
                let line = |one: Client| {
                    let (at, letters) = (one.created_at.to_iso(), one.permissions.as_str());
                    format!(
                        "{at}  {}  {}  {letters}  {}",
                        one.id, one.resource, one.name
                    )
                };
                let lines: Vec<_> = invites.clients().await?.into_iter().map(line).collect();
                Ok(lines.join("\n"))
            }
            Clients::Remove { name } => {
                let client = invites.remove_client(name).await?;
                let Client { name, resource, .. } = client;
                Ok(format!("{name} invites nobody to {resource} any more."))
            }
        }
    }
}
