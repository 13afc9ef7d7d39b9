//! Telling backends what happened.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Invites;
use crate::core::{
    Delivery, Moment, Refusal, Store, Webhook, WebhookChange, WebhookSecret, rules,
    state::{Change, Decision, Scope, State, StoredInvite},
    webhook::validate_webhook_url,
};

impl<S: Store> Invites<S> {
    /// On the operator's word an app is told at this address what happens to all invites. The secret that it verifies
    /// signatures with is shown this once; setting the address again makes another.
    pub async fn set_webhook(&self, app: &str, url: &str) -> Result<WebhookSecret, Refusal> {
        validate_webhook_url(url)?;
        if !self.apps().await?.iter().any(|one| one.name == app) {
            return Err(Refusal::NotFound);
        }
        self.secrets.can_make()?;
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| Refusal::ServerError)?;
        let id = URL_SAFE_NO_PAD.encode(bytes);
        let made = self.secrets.webhook_secret(&id, None);
        let (secret, secret_id) = made.ok_or(Refusal::ServerError)?;
        self.change_webhook(WebhookChange::Set {
            app: app.to_owned(),
            id,
            secret_id,
            url: url.to_owned(),
            at: self.clock.now(),
        })
        .await?;
        Ok(secret)
    }

    /// On the operator's word an app is told nothing any more.
    pub async fn remove_webhook(&self, app: &str) -> Result<(), Refusal> {
        if !self.webhooks().await?.iter().any(|one| one.app == app) {
            return Err(Refusal::NotFound);
        }
        let app = app.to_owned();
        self.change_webhook(WebhookChange::Remove { app }).await
    }

    /// All webhooks, by the names of their apps.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Refusal> {
        self.store.webhooks().await
    }

    /// How many deliveries wait for an app.
    pub async fn waiting(&self, app: &str) -> Result<i64, Refusal> {
        self.store.waiting(app).await
    }

    /// The secret of a webhook, as long as the one that it is derived from is here.
    pub fn webhook_secret(&self, webhook: &Webhook) -> Option<WebhookSecret> {
        let secret_id = Some(webhook.secret_id.as_str());
        let made = self.secrets.webhook_secret(&webhook.id, secret_id);
        made.map(|(secret, _)| secret)
    }

    /// Takes deliveries that are due; for so many seconds nobody else gets them.
    pub async fn take_deliveries(
        &self,
        app: &str,
        limit: u32,
        seconds: u32,
    ) -> Result<Vec<Delivery>, Refusal> {
        let now = self.clock.now();
        self.store
            .claim(app, now, now.plus_seconds(seconds), limit)
            .await
    }

    /// Writes how a delivery went, or what else there is about webhooks.
    pub async fn change_webhook(&self, change: WebhookChange) -> Result<(), Refusal> {
        self.change(Change::Webhook(change)).await
    }

    /// Tells of invites whose time is over and of which nobody was told yet, so many at most; gives how many it was.
    /// Copies of the server may do this at once: each is told once.
    /// The time is an argument: what was told cannot be taken back, so a clock has to be trusted first.
    pub async fn end_expired(&self, now: Moment, limit: u32) -> Result<usize, Refusal> {
        let moving = self.moving();
        let note = moving.noting();
        let rule = move |invite: &StoredInvite| {
            let changes = rules::end(invite, now);
            note(&changes, false);
            changes
        };
        self.store.end(now, limit, rule).await
    }

    pub(super) async fn change(&self, change: Change) -> Result<(), Refusal> {
        let rule = move |_: &State| {
            Ok(Decision {
                answer: (),
                changes: vec![change.clone()],
            })
        };
        self.transact(Scope::default(), rule).await
    }
}
