//! What the operator does beside serving: one subcommand each, on the same database and secret file as the server.

mod apps;
mod backup;
mod clients;
mod erase;
mod keys;
mod purge;
mod webhooks;

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    address::DatabaseAddress,
    config::Config,
    core::{Clock, Refusal, SecretFileUnusable, Secrets},
    store::{Database, Invites, StoreUnusable},
};

pub use apps::Apps;
pub use backup::{Backup, Restore};
pub use clients::Clients;
pub use erase::Erase;
pub use keys::Keys;
pub use purge::Purge;

/// What to do instead of serving. The options for the database and the secret file go before it.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The backends that take part with app keys, in the name of the people they name
    #[command(subcommand)]
    Apps(Apps),
    /// The backends that invite people over RKVST's Invites API, each with a client id and a secret
    #[command(subcommand)]
    Clients(Clients),
    /// The secrets that keys are derived from and signed with
    #[command(subcommand)]
    Keys(Keys),
    /// Delete what has ended: invites that expired or were removed long ago, events as old, used-up receipts and
    /// Idempotency-Keys. A running server does it by itself once an hour. Nobody loses access
    Purge(Purge),
    /// Delete what names a person, as the law may ask you to. It cannot be undone
    Erase(Erase),
    /// Copy every row, as of one moment, and the secret file into a new folder. The server may go on serving. From
    /// PostgreSQL too: the rows come as a SQLite file, from which either database can be filled again
    Backup(Backup),
    /// Fill the database and the secret file from a backup: every key that worked then works again. Stop all copies of
    /// the server first
    Restore(Restore),
    /// Show the options in force and where each comes from, without secrets, as a configuration file would have them
    Config,
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
    /// A folder or file that cannot be.
    #[error("{} cannot be read or written: {}", .0.display(), .1)]
    File(PathBuf, std::io::Error),
    /// A folder for a backup that holds something.
    #[error("{} is not empty: name a folder that is not there yet", .0.display())]
    Taken(PathBuf),
    /// Secrets that a restored backup would not go with.
    #[error("{} holds other secrets than the backup: name another with --secret-file, or say --replace", .0.display())]
    OtherSecrets(PathBuf),
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
        Command::Apps(apps) => apps.run(&invites(config).await?).await,
        Command::Clients(clients) => clients.run(&invites(config).await?).await,
        Command::Keys(keys) => keys.run(&secret_file(config)),
        Command::Purge(purge) => purge.run(config, &open(config).await?).await,
        Command::Erase(erase) => erase.run(&open(config).await?).await,
        Command::Backup(backup) => backup.run(&database(config), &secret_file(config)).await,
        Command::Config => Ok(config.effective.join("\n")),
        Command::Restore(restore) => restore.run(&database(config), &secret_file(config)).await,
    }
}

async fn open(config: &Config) -> Result<Database, OperateError> {
    Ok(Database::open(&database(config), config.database_connections).await?)
}

async fn invites(config: &Config) -> Result<Invites, OperateError> {
    let secrets = Secrets::load_or_create(&secret_file(config))?;
    Ok(Invites::new(open(config).await?, secrets, Clock::system()))
}

fn database(config: &Config) -> DatabaseAddress {
    let default = || DatabaseAddress::File(Config::default_database());
    config.database.clone().unwrap_or_else(default)
}

fn secret_file(config: &Config) -> PathBuf {
    config.secret_file_for(&database(config))
}
