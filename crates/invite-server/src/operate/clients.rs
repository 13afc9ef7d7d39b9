//! `clients`: backends that speak RKVST's Invites API.

use clap::Subcommand;
use invite_key::Permissions;

use super::OperateError;
use crate::{core::Client, store::Invites};

/// What to do with the clients. A running server knows of it at once.
#[derive(Debug, Clone, Subcommand)]
pub enum Clients {
    /// Let a backend invite people to one resource: prints its client id and, on a second line, its secret, which is
    /// never shown again. With both it gets a bearer at PUBLIC-URL/archivist/iam/v1/appidp/token. The resource is made
    /// where it does not exist, and the client becomes an admin of it. People learn of their invites by mail: see --smtp
    Add {
        /// What the people it invites see it called: 1 to 64 letters, digits, spaces, dots, hyphens or underscores
        name: String,
        /// What it invites to: its tenancy
        #[arg(long, value_name = "ID")]
        resource: String,
        /// What its invites grant: one to three of the letters a (admin), r (read) and w (write)
        #[arg(long, value_name = "LETTERS", default_value = "r", value_parser = Permissions::parse)]
        permissions: Permissions,
    },
    /// List them: when each came, its id, its resource, what its invites grant, its name
    List,
    /// Let a backend invite no longer: its bearers are refused at once, and invites of its that nobody accepted open
    /// nothing any more. Whoever came in by one stays
    Remove {
        /// Its name or its id
        #[arg(value_name = "NAME|ID")]
        name: String,
    },
}

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
