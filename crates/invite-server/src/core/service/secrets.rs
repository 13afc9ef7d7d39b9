//! The secrets that belong to a database.

use std::path::Path;

use super::Invites;
use crate::core::{Clock, Refusal, SecretFileUnusable, Secrets, Store, state::Change};

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
        let unasked = SecretFileUnusable::Unasked;
        let known = store.secrets().await.map_err(unasked)?;
        let secrets = match Secrets::find(secret_file)? {
            Some(secrets) => secrets,
            None if known.is_empty() => Secrets::load_or_create(secret_file)?,
            None => return Err(SecretFileUnusable::lacks(secret_file, known)),
        };
        let lacking: Vec<_> = known.into_iter().filter(|id| !secrets.has(id)).collect();
        if !lacking.is_empty() {
            return Err(SecretFileUnusable::lacks(secret_file, lacking));
        }
        let invites = Invites::new(store, secrets, clock);
        invites.know_secret().await.map_err(unasked)?;
        Ok(invites)
    }

    /// Notes that rows may name the secret that keys are made with from now on.
    async fn know_secret(&self) -> Result<(), Refusal> {
        let id = self.secrets.current_id().to_owned();
        if self.store.secrets().await?.contains(&id) {
            return Ok(());
        }
        let at = self.clock.now();
        self.change(Change::KnowSecret { id, at }).await
    }
}
