//! `erase`: what names a person goes.

use clap::Args;

use super::OperateError;
use crate::{
    core::User,
    store::{Database, Person},
};

/// Whom to erase.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct Erase {
    /// Somebody who has signed in, as in alice:google: what they may do, the invites they made, where they used an
    /// invite, what they did. They can sign in again as a newcomer: close their account at the provider first
    #[arg(long, value_name = "NAME:PROVIDER", value_parser = named)]
    user: Option<User>,

    /// Somebody with this address: the invites that only they may accept
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

impl Erase {
    pub(super) async fn run(&self, database: &Database) -> Result<String, OperateError> {
        let people = [
            self.user.clone().map(Person::User),
            self.email.clone().map(Person::Email),
        ];
        let mut lines = Vec::new();
        for person in people.into_iter().flatten() {
            let erased = database.erase(&person).await?;
            lines.push(format!("Erased: {erased}."));
        }
        database.close().await;
        lines.push("Backups and logs made before still name them until they are gone.".into());
        Ok(lines.join("\n"))
    }
}

/// Providers have no colon in their names; people may.
fn named(text: &str) -> Result<User, String> {
    match text.rsplit_once(':') {
        Some((name, provider)) if !name.is_empty() && !provider.is_empty() => {
            Ok(User::new(name, provider))
        }
        _ => Err("write the name and the sign-in provider, as in alice:google".into()),
    }
}
