//! The secrets that belong to a database: the file that has to fit it, and what changes while the server runs.

mod operate;

use std::path::Path;

pub use operate::{Revoked, Rotated, SecretRow};

use super::Invites;
use crate::core::{
    Clock, KnownSecret, Refusal, SecretChange, SecretFileUnusable, Secrets, Store, state::Change,
};

impl<S: Store> Invites<S> {
    /// With the secrets of this file, which is made where none is and the database has never known a secret.
    ///
    /// # Errors
    /// When keys in the database were made with secrets that the file lacks: they would be listed no longer, and what
    /// is made with others would be taken for them.
    pub async fn open(
        store: S,
        secret_file: &Path,
        clock: Clock,
    ) -> Result<Invites<S>, SecretFileUnusable> {
        let known = known(&store).await?;
        let secrets = match Secrets::find(secret_file)? {
            Some(secrets) => secrets,
            None => {
                let needed = known.iter().filter(|one| one.revoked_at.is_none());
                let needed: Vec<_> = needed.map(|one| one.id.clone()).collect();
                if !needed.is_empty() {
                    return Err(SecretFileUnusable::lacks(secret_file, needed));
                }
                Secrets::load_or_create(secret_file)?
            }
        };
        let secrets = fitting(&secrets, &known, secret_file)?;
        let invites = Invites::new(store, secrets, clock);
        invites.know_secret(&invites.secrets.active_id()).await?;
        Ok(invites)
    }

    /// Reads the file again, and the database for what was taken back; from then on that counts. Whether anything changed.
    ///
    /// # Errors
    /// As when it was opened; what counted before and was not taken back counts on.
    pub async fn take_up_secrets(&self, secret_file: &Path) -> Result<bool, SecretFileUnusable> {
        let known = known(&self.store).await?;
        // First: what was taken back counts nowhere, whatever is wrong with the file.
        let given_up = self.give_up_revoked(&known).await?;
        let secrets = fitting(&Secrets::load(secret_file)?, &known, secret_file)?;
        let active = secrets.active_id();
        if known.iter().all(|one| one.id != active) {
            self.know_secret(&active).await?;
        }
        Ok(self.secrets.take_up(&secrets) || given_up)
    }

    /// Whether any of those that are here were taken back.
    async fn give_up_revoked(&self, known: &[KnownSecret]) -> Result<bool, SecretFileUnusable> {
        let revoked = known.iter().filter(|one| one.revoked_at.is_some());
        let ours = revoked.filter(|one| self.secrets.has(&one.id));
        let ours: Vec<_> = ours.map(|one| one.id.clone()).collect();
        if ours.is_empty() {
            return Ok(false);
        }
        self.secrets.give_up(&ours, self.clock.now())?;
        for id in &ours {
            // What was still made with it here since it was taken back.
            let ended = self.end_made_with(id).await;
            ended.map_err(SecretFileUnusable::Unasked)?;
        }
        Ok(true)
    }

    /// Notes that rows may name a secret from now on.
    async fn know_secret(&self, id: &str) -> Result<(), SecretFileUnusable> {
        if known(&self.store).await?.iter().any(|one| one.id == id) {
            return Ok(());
        }
        let know = SecretChange::Know {
            id: id.to_owned(),
            at: self.clock.now(),
        };
        self.change_secret(know).await
    }

    async fn change_secret(&self, change: SecretChange) -> Result<(), SecretFileUnusable> {
        let changed = self.change(Change::Secret(change)).await;
        changed.map_err(SecretFileUnusable::Unasked)
    }
}

async fn known<S: Store>(store: &S) -> Result<Vec<KnownSecret>, SecretFileUnusable> {
    let known: Result<_, Refusal> = store.secrets().await;
    known.map_err(SecretFileUnusable::Unasked)
}

/// What of a file counts with this database.
fn fitting(
    secrets: &Secrets,
    known: &[KnownSecret],
    file: &Path,
) -> Result<Secrets, SecretFileUnusable> {
    let of = |revoked: bool| {
        let some = known
            .iter()
            .filter(move |one| one.revoked_at.is_some() == revoked);
        some.map(|one| one.id.clone())
    };
    let lacking: Vec<_> = of(false).filter(|id| !secrets.has(id)).collect();
    if !lacking.is_empty() {
        return Err(SecretFileUnusable::lacks(file, lacking));
    }
    let revoked: Vec<_> = of(true).collect();
    secrets
        .without(&revoked)
        .ok_or_else(|| SecretFileUnusable::Revoked {
            path: file.to_owned(),
            id: secrets.active_id(),
        })
}
