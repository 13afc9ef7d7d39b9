//! Secrets on the operator's word: the next one becomes active, a leaked one ends.

use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Invites, known};
use crate::core::{
    Clock, MadeWith, Refusal, SecretChange, SecretFileUnusable, Secrets, Stage, Standing, Store,
    rules,
    state::{Decision, InviteName, Scope, State},
};

/// So many invites are looked for at a time.
const SOME: u32 = 512;
/// So many are ended at once.
const AT_ONCE: usize = 32;

/// A secret, and what is out that was made with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// Where it stands; nothing for one that the file lacks.
    pub standing: Option<Standing>,
    /// Its id.
    pub id: String,
    /// What was made with it.
    pub made: Option<MadeWith>,
    /// The apps whose webhooks sign with it.
    pub webhooks: Vec<String>,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The secret that all is made with now.
    pub active: String,
    /// The one after it, published from now on.
    pub next: Option<String>,
    /// Those that nothing needed any more.
    pub gone: Vec<String>,
}

/// What a revocation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// How many invites it ended.
    pub ended: u64,
    /// The apps whose webhooks need a new secret.
    pub webhooks: Vec<String>,
    /// Where it stood; nothing if the file did not hold it.
    pub stage: Option<Stage>,
    /// The secret that all is made with now, if there is a file.
    pub active: Option<String>,
}

impl<S: Store> Invites<S> {
    /// All secrets: those of the file, and those that the database needs and the file lacks.
    ///
    /// # Errors
    /// When the file or the database cannot be read.
    pub async fn secret_rows(
        store: S,
        secret_file: &Path,
    ) -> Result<Vec<SecretRow>, SecretFileUnusable> {
        let standings = Secrets::find(secret_file)?.map_or_else(Vec::new, |all| all.standings());
        let known = known(&store).await?.into_iter();
        let lacking: Vec<_> = known
            .filter(|one| one.revoked_at.is_none())
            .filter(|one| standings.iter().all(|standing| standing.id != one.id))
            .collect();
        let made = made(&store).await?;
        let webhooks = webhooks(&store).await?;
        let row = |id: String, standing| SecretRow {
            standing,
            made: made.iter().find(|made| made.secret == id).cloned(),
            webhooks: of_secret(&webhooks, &id),
            id,
        };
        let held = standings.into_iter();
        let held = held.map(|standing| row(standing.id.clone(), Some(standing)));
        let lacking = lacking.into_iter().map(|one| row(one.id, None));
        Ok(held.chain(lacking).collect())
    }

    /// Makes the next secret active and publishes another, in the file; running copies of the server take it up. Those
    /// that nothing needs any more go.
    ///
    /// # Errors
    /// [`SecretFileUnusable::TooSoon`], unless it has to be `at_once`; and what else is wrong with the file.
    pub async fn rotate_secrets(
        &self,
        secret_file: &Path,
        at_once: bool,
    ) -> Result<Rotated, SecretFileUnusable> {
        let now = self.clock.now();
        let secrets = Secrets::load(secret_file)?;
        secrets.rotate(now, at_once)?;
        let made = made(&self.store).await?;
        let webhooks = webhooks(&self.store).await?;
        let is_needed = |id: &str| {
            made.iter().any(|made| made.secret == id) || !of_secret(&webhooks, id).is_empty()
        };
        let over = secrets.over(now).into_iter();
        let gone: Vec<_> = over.filter(|id| !is_needed(id)).collect();
        // The database first: a secret that only the file has harms nobody.
        self.know_secret(&secrets.active_id()).await?;
        for id in &gone {
            let id = id.clone();
            self.change_secret(SecretChange::Forget { id: id.clone() })
                .await?;
            secrets.forget(&id)?;
        }
        secrets.save(secret_file)?;
        let all = secrets.standings().into_iter();
        Ok(Rotated {
            active: secrets.active_id(),
            next: all
                .filter(|one| one.stage == Stage::Next)
                .map(|one| one.id)
                .next(),
            gone,
        })
    }

    /// Ends a secret, and with it all that was made with it: nothing of it counts on any copy of the server any more.
    /// Works without the secret, too: what was made with one that is lost ends so. Doing it again after an error
    /// finishes it.
    ///
    /// # Errors
    /// [`SecretFileUnusable::Unknown`], and what else is wrong with the file.
    pub async fn revoke_secret(
        store: S,
        secret_file: &Path,
        clock: Clock,
        id: &str,
    ) -> Result<Revoked, SecretFileUnusable> {
        let held = Secrets::find(secret_file)?;
        let standings = held.as_ref().map_or_else(Vec::new, Secrets::standings);
        let stage = standings
            .iter()
            .find(|one| one.id == id)
            .map(|one| one.stage);
        if stage.is_none() && !known(&store).await?.iter().any(|one| one.id == id) {
            return Err(SecretFileUnusable::Unknown { id: id.to_owned() });
        }
        let now = clock.now();
        let secrets = match &held {
            Some(secrets) => secrets.clone(),
            None => Secrets::generate()?,
        };
        let invites = Invites::new(store, secrets.clone(), clock);
        // Copies that run end some of them before this does.
        let before = live_made_with(&invites.store, id).await?;
        // The database first: every copy of the server looks there, whichever file it has.
        let revoke = SecretChange::Revoke {
            id: id.to_owned(),
            at: now,
        };
        invites.change_secret(revoke).await?;
        if stage.is_some() {
            secrets.revoke(id, now)?;
            invites.know_secret(&secrets.active_id()).await?;
            secrets.save(secret_file)?;
        }
        let ended = invites.end_made_with(id).await;
        let ended = ended.map_err(SecretFileUnusable::Unasked)?;
        // What is used up stays as it is.
        let by_all = before.saturating_sub(live_made_with(&invites.store, id).await?);
        Ok(Revoked {
            ended: ended.max(by_all),
            webhooks: of_secret(&webhooks(&invites.store).await?, id),
            stage,
            active: held.map(|secrets| secrets.active_id()),
        })
    }

    /// Takes back all invites whose keys can be made by whoever has this secret, whatever the clock says. How many it was.
    pub(super) async fn end_made_with(&self, secret: &str) -> Result<u64, Refusal> {
        let mut ended = 0;
        let mut after = 0;
        loop {
            let some = self.store.open_made_with(secret, after, SOME).await?;
            let Some((last, _)) = some.last() else {
                break;
            };
            after = *last;
            let all = stream::iter(some).map(|(_, id)| self.end_if_made_with(secret, id));
            let of_these: Vec<u64> = all.buffer_unordered(AT_ONCE).try_collect().await?;
            ended += of_these.iter().sum::<u64>();
        }
        Ok(ended)
    }

    async fn end_if_made_with(&self, secret: &str, id: String) -> Result<u64, Refusal> {
        let scope = Scope {
            invite: Some(InviteName::Id(id)),
            ..Scope::default()
        };
        let (secret, now) = (secret.to_owned(), self.clock.now());
        let rule = move |state: &State| {
            let invite = state.invite.as_ref();
            let made = invite.filter(|invite| invite.secret_id == secret);
            let changes = made.map_or_else(Vec::new, |invite| {
                rules::take_back(invite, &invite.inviter, now)
            });
            Ok(Decision {
                answer: u64::from(!changes.is_empty()),
                changes,
            })
        };
        self.transact(scope, rule).await
    }
}

async fn made<S: Store>(store: &S) -> Result<Vec<MadeWith>, SecretFileUnusable> {
    let made = store.made_with().await;
    made.map_err(SecretFileUnusable::Unasked)
}

async fn live_made_with<S: Store>(store: &S, secret: &str) -> Result<u64, SecretFileUnusable> {
    let made = made(store).await?.into_iter();
    let live = made.filter(|made| made.secret == secret);
    Ok(u64::try_from(live.map(|made| made.live).sum::<i64>()).unwrap_or(0))
}

/// Which app signs with which secret.
async fn webhooks<S: Store>(store: &S) -> Result<Vec<(String, String)>, SecretFileUnusable> {
    let all = store
        .webhooks()
        .await
        .map_err(SecretFileUnusable::Unasked)?;
    Ok(all
        .into_iter()
        .map(|one| (one.app, one.secret_id))
        .collect())
}

fn of_secret(webhooks: &[(String, String)], id: &str) -> Vec<String> {
    let of_it = webhooks.iter().filter(|(_, secret)| secret == id);
    of_it.map(|(app, _)| app.clone()).collect()
}
