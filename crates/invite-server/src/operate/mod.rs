//! What the operator does beside serving: one subcommand each, on the same database and secret file as the server.

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    config::{Config, DatabaseAddress},
    core::{App, Clock, Refusal, SecretFileUnusable, Secrets},
    store::{Database, Invites, StoreUnusable},
};

/// What to do instead of serving. The options for the database and the secret file go before it.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The backends that take part with app keys, in the name of the people they name
    #[command(subcommand)]
    Apps(Apps),
    /// The secrets that keys are derived from and signed with
    #[command(subcommand)]
    Keys(Keys),
}

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
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreUnusable),
    /// What the rules say.
    #[error("{}", .0.sentence().trim_end_matches('.'))]
    Refused(Refusal),
}

impl From<Refusal> for OperateError {
    fn from(refusal: Refusal) -> OperateError {
        OperateError::Refused(refusal)
    }
}

/// Carries a subcommand out; what to tell the operator.
///
/// # Errors
/// [`OperateError`], a sentence that says what to change.
pub async fn run(config: &Config, command: &Command) -> Result<String, OperateError> {
    match command {
        Command::Apps(apps) => run_apps(&open(config).await?, apps).await,
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

async fn run_apps(invites: &Invites, command: &Apps) -> Result<String, OperateError> {
    match command {
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

async fn open(config: &Config) -> Result<Invites, OperateError> {
    let secrets = Secrets::load_or_create(&secret_file(config))?;
    let database = Database::open(&database(config), config.database_connections).await?;
    Ok(Invites::new(database, secrets, Clock::system()))
}

fn database(config: &Config) -> DatabaseAddress {
    let default = || DatabaseAddress::File(Config::default_database());
    config.database.clone().unwrap_or_else(default)
}

fn secret_file(config: &Config) -> PathBuf {
    config.secret_file_for(&database(config))
}
