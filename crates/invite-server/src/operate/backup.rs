//! `backup` and `restore`: a folder with every row and the secrets.

use std::fs;
use std::path::Path;

use super::OperateError;
use crate::{
    address::DatabaseAddress,
    config::{Backup, Restore},
    core::{Clock, SecretFileUnusable, Secrets},
    invites::Invites,
    store::{Database, Scratch, Store as _, StoreUnusable, back_up, restore},
};

/// The rows, as a SQLite file, whichever database they come from.
pub(super) const ROWS: &str = "invites.db";
/// The secret file.
pub(super) const SECRETS: &str = "invites.secret";

impl Backup {
    pub(super) async fn run(
        &self,
        database: &DatabaseAddress,
        secret_file: &Path,
    ) -> Result<String, OperateError> {
        let wrong = |cause| OperateError::File(self.folder.clone(), cause);
        // An empty folder is as good as none.
        match fs::read_dir(&self.folder).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(OperateError::Taken(self.folder.clone())),
            Ok(false) => fs::remove_dir(&self.folder).map_err(wrong)?,
            Err(_) => {}
        }
        let parent = match self.folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Whole or not at all: it gets its name last. Such a folder is nobody else's to enter.
        let making = Scratch::new(parent).map_err(wrong)?;
        let (rows, secrets) = (making.path().join(ROWS), making.path().join(SECRETS));
        // Errors name what the operator knows.
        let there = making.path().to_string_lossy().into_owned();
        let named = |StoreUnusable(cause)| {
            StoreUnusable(cause.replace(&there, &self.folder.to_string_lossy()))
        };
        loop {
            let before = Secrets::load(secret_file)?.standings();
            back_up(database, &rows).await.map_err(named)?;
            match Secrets::copy(secret_file, &secrets, false) {
                Err(SecretFileUnusable::Unreachable { path, cause }) if path == secrets => {
                    return Err(wrong(cause));
                }
                copied => copied?,
            }
            // Where nobody changed them meanwhile, no row is without its own.
            if Secrets::load(&secrets)?.standings() == before {
                break;
            }
            for file in [&rows, &secrets] {
                fs::remove_file(file).map_err(wrong)?;
            }
        }
        making.keep_as(&self.folder).map_err(wrong)?;
        Ok(format!(
            "{} holds all rows and the secrets. Check it now and then: restore it beside the server into a database of its own.",
            self.folder.display()
        ))
    }
}

impl Restore {
    pub(super) async fn run(
        &self,
        database: &DatabaseAddress,
        secret_file: &Path,
    ) -> Result<String, OperateError> {
        let (rows, secrets) = (self.folder.join(ROWS), self.folder.join(SECRETS));
        // Seen before anything is made where it is to be restored.
        if !rows.is_file() || !secrets.is_file() {
            return Err(OperateError::NoBackup(self.folder.clone()));
        }
        Secrets::load(&secrets)?;
        let same = secret_file.exists() && Secrets::holds_all(secret_file, &secrets)?;
        if secret_file.exists() && !same && !self.replace {
            return Err(OperateError::OtherSecrets(secret_file.to_owned()));
        }
        let revoked = revoked(database).await?;
        // Whoever ends this in between has the secrets, and the rows of before or those of the backup: a server that lacks
        // a secret says so and does not start, and restoring again finishes it.
        let put_secrets = || match same {
            true => Ok(()),
            false => Secrets::copy(&secrets, secret_file, true)
                .map_err(|cause| StoreUnusable(cause.to_string())),
        };
        let count = restore(&rows, database, self.replace, put_secrets).await?;
        // What was taken back since the backup was made stays back.
        for id in revoked {
            let store = Database::open(database, 1).await?;
            match Invites::revoke_secret(store.clone(), secret_file, Clock::system(), &id).await {
                Err(SecretFileUnusable::Unknown { .. }) => {}
                outcome => drop(outcome?),
            }
            store.close().await;
        }
        Ok(format!(
            "{count} rows are back, and the secrets in {}. Start the server again.",
            secret_file.display()
        ))
    }
}

/// The secrets that the database knows to be taken back.
async fn revoked(database: &DatabaseAddress) -> Result<Vec<String>, OperateError> {
    let store = Database::open(database, 1).await?;
    let known = store.secrets().await?.into_iter();
    let revoked = known.filter(|one| one.revoked_at.is_some());
    let revoked = revoked.map(|one| one.id).collect();
    store.close().await;
    Ok(revoked)
}
