//! What the operator does beside serving: one subcommand each, on the same database and secret file as the server.

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    config::{Config, DatabaseAddress},
    core::{SecretFileUnusable, Secrets},
};

/// What to do instead of serving. The options for the database and the secret file go before it.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The secrets that keys are derived from and signed with
    #[command(subcommand)]
    Keys(Keys),
}

/// What to do with the secrets.
#[derive(Debug, Clone, Subcommand)]
pub enum Keys {
    /// Add a new secret, from which all keys are made once the server is restarted. The older ones stay in the file: the
    /// invites made with them go on working. Everybody has to sign in again
    Rotate,
}

/// Why a subcommand failed, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The secret file.
    #[error(transparent)]
    Secrets(#[from] SecretFileUnusable),
}

/// Carries a subcommand out; what to tell the operator.
///
/// # Errors
/// [`OperateError`], a sentence that says what to change.
pub async fn run(config: &Config, command: &Command) -> Result<String, OperateError> {
    match command {
        Command::Keys(Keys::Rotate) => {
            let path = secret_file(config);
            let id = Secrets::rotate(&path)?;
            Ok(format!(
                "The newest secret in {} is {id}. Restart every copy of the server; keep the older secrets in the file.",
                path.display()
            ))
        }
    }
}

fn database(config: &Config) -> DatabaseAddress {
    let default = || DatabaseAddress::File(Config::default_database());
    config.database.clone().unwrap_or_else(default)
}

fn secret_file(config: &Config) -> PathBuf {
    config.secret_file_for(&database(config))
}
