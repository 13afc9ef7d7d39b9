//! What the operator does beside serving: one subcommand each, on the same database and secret file as the server.

mod apps;
mod backup;
mod erase;
mod in_force;
mod keys;
mod people;
mod purge;
mod webhooks;

use std::path::PathBuf;

use crate::{
    address::DatabaseAddress,
    config::{Command, Config},
    core::{Clock, ClockJump, Refusal, SecretFileUnusable},
    invites::Invites,
    store::{Database, StoreUnusable},
};

/// Why a subcommand failed, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The secret file.
    #[error(transparent)]
    Secrets(#[from] SecretFileUnusable),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreUnusable),
    /// A folder or file that cannot be.
    #[error("{} cannot be read or written: {}", .0.display(), .1)]
    File(PathBuf, std::io::Error),
    /// A folder for a backup that holds something.
    #[error("{} is not empty: name a folder that is not there yet", .0.display())]
    Taken(PathBuf),
    /// What nothing can be restored from.
    #[error("{} is no backup: name a folder that `backup` has made, with {} and {} in it", .0.display(), backup::ROWS, backup::SECRETS)]
    NoBackup(PathBuf),
    /// Secrets that a restored backup would not go with.
    #[error("{} holds other secrets than the backup: name another with --secret-file, or say --replace", .0.display())]
    OtherSecrets(PathBuf),
    /// A clock that may be wrong.
    #[error(
        "{0}: what has ended by it may not have. Set it right, or say that it is: purge --clock-is-right"
    )]
    Clock(ClockJump),
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
        Command::Apps(apps) => {
            let reach = config.webhooks_to().reach();
            apps.run(&invites(config).await?, reach).await
        }
        Command::People(people) => people.run(&invites(config).await?).await,
        Command::Keys(keys) => keys.run(config, &secret_file(config)).await,
        Command::Purge(purge) => purge.run(config, &open(config).await?).await,
        Command::Erase(erase) => erase.run(&open(config).await?).await,
        Command::Backup(backup) => backup.run(&database(config), &secret_file(config)).await,
        Command::Config => Ok(in_force::run(config).await),
        Command::Restore(restore) => restore.run(&database(config), &secret_file(config)).await,
    }
}

async fn open(config: &Config) -> Result<Database, OperateError> {
    Ok(Database::open(&database(config), config.database_connections).await?)
}

async fn invites(config: &Config) -> Result<Invites, OperateError> {
    let database = open(config).await?;
    Ok(Invites::open(database, &secret_file(config), Clock::system()).await?)
}

fn database(config: &Config) -> DatabaseAddress {
    let default = || DatabaseAddress::File(Config::default_database());
    config.database.clone().unwrap_or_else(default)
}

fn secret_file(config: &Config) -> PathBuf {
    config.secret_file_for(&database(config))
}
