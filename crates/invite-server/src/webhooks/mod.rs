//! Telling backends: takes the deliveries that are due from the database, sends them, and writes down how that went.
//!
//! As many copies of the server as there are may do so at once. A delivery that a copy has taken and does not settle,
//! because it was killed say, is due again after [`LEASE`]: everything arrives at least once.

mod post;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

use url::Url;

pub use crate::address::Reach;
use crate::{
    core::{Delivery, Moment, Refusal, TrustedTime, Webhook, WebhookChange, WebhookSecret},
    invites::Invites,
    stop::Running,
};
use post::{Outcome, Post};

/// Deliveries to one webhook at once: one that hangs delays no other's.
const AT_ONCE: usize = 16;
/// Seconds for which a delivery is a copy's own. Longer than [`post::TIME`], with room for clocks that differ.
const LEASE: u32 = 20;
/// How long a delivery is tried.
const TRIED: u32 = 24 * 3600;
/// The longest pause between two attempts, in seconds.
const LONGEST_PAUSE: u32 = 3600;
/// How often to look for what other copies have written, and for what has become due.
const LOOK: Duration = Duration::from_secs(1);
/// What happens in one go is taken in one go.
const GATHER: Duration = Duration::from_millis(40);
/// Invites whose end is told in one change.
const ENDS: u32 = 100;
/// Between two such changes: whoever waits to write comes first.
const BETWEEN: Duration = Duration::from_millis(10);
const SWEEP: Duration = Duration::from_secs(600);
/// How long stopping waits for what is on its way.
const STOPPING: Duration = Duration::from_secs(10);

/// What is refused of a webhook's address that nothing would ever be sent to.
pub const NEVER: &str = "A webhook's address is one of the internet: no webhook ever goes to one that names no machine, or \
                         only the wire that it is on.";

/// Why nothing would be sent to such an address with that reach, as far as the address says it by itself.
pub fn barred(url: &str, reach: Reach) -> Option<String> {
    let url = Url::parse(url).ok()?;
    match Reach::least(&url.host()?) {
        None => Some("no webhook ever goes to such an address".to_owned()),
        Some(least) if least > reach => Some(format!(
            "its address needs --webhooks-to {}",
            least.as_str()
        )),
        Some(_) => None,
    }
}

/// Whether nothing is ever sent to such an address.
pub fn is_never_reached(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host);
    host.is_some_and(|host| Reach::least(&host).is_none())
}

/// What sends webhooks, and tells when the time of invites is over.
#[derive(Debug)]
pub struct Webhooks {
    invites: Invites,
    time: TrustedTime,
    post: Post,
    places: HashMap<String, Arc<Semaphore>>,
    /// Those that nobody can sign for, told once.
    lacking: HashSet<String>,
    sending: JoinSet<()>,
}

impl Webhooks {
    /// Sends nothing yet; tells of ends by this time.
    pub fn new(invites: Invites, reach: Reach, time: TrustedTime) -> Webhooks {
        Webhooks {
            invites,
            time,
            post: Post::new(reach),
            places: HashMap::new(),
            lacking: HashSet::new(),
            sending: JoinSet::new(),
        }
    }

    /// Sends until it is told to stop, and finishes what is on its way.
    pub async fn run(self, running: Running) {
        let invites = self.invites.clone();
        tokio::join!(
            tell_ends(invites, self.time.clone(), running.clone()),
            self.deliver(running)
        );
    }

    async fn deliver(mut self, mut running: Running) {
        let mut swept: Option<Instant> = None;
        loop {
            let mut outcome = Ok(());
            if swept.is_none_or(|at| at.elapsed() >= SWEEP) {
                swept = Some(Instant::now());
                outcome = self.invites.change_webhook(WebhookChange::Sweep).await;
            }
            let begun = match outcome {
                Ok(()) => self.begin().await,
                Err(refusal) => Err(refusal),
            };
            let more = begun.unwrap_or_else(|refusal| {
                tracing::warn!(code = refusal.code(), "webhooks wait for the database");
                false
            });
            tokio::select! {
                () = running.told() => break,
                () = tokio::time::sleep(LOOK) => {}
                () = self.invites.something_happens() => tokio::time::sleep(GATHER).await,
                Some(_) = self.sending.join_next(), if more => tokio::time::sleep(GATHER / 4).await,
            }
            while self.sending.try_join_next().is_some() {}
        }
        let finishing = async { while self.sending.join_next().await.is_some() {} };
        // What does not end in time is due again once its lease is over.
        let _ = timeout(STOPPING, finishing).await;
    }

    /// Takes as much as there is room for; whether there may be more.
    async fn begin(&mut self) -> Result<bool, Refusal> {
        let webhooks = self.invites.webhooks().await?;
        self.places
            .retain(|app, _| webhooks.iter().any(|webhook| webhook.app == *app));
        let mut more = false;
        for webhook in webhooks {
            let Some(secret) = self.invites.webhook_secret(&webhook) else {
                if webhook.disabled_at.is_none() && self.lacking.insert(webhook.id) {
                    let app = webhook.app;
                    tracing::error!(
                        app,
                        "the secret of a webhook is not here; set the webhook anew"
                    );
                }
                continue;
            };
            let fresh = || Arc::new(Semaphore::new(AT_ONCE));
            let places = self.places.entry(webhook.app.clone()).or_insert_with(fresh);
            let places = Arc::clone(places);
            let free = places.available_permits() as u32;
            if webhook.disabled_at.is_some() || free == 0 {
                more |= free == 0;
                continue;
            }
            let taken = self
                .invites
                .take_deliveries(&webhook.app, free, LEASE)
                .await?;
            more |= taken.len() as u32 == free;
            let webhook = Arc::new(webhook);
            for delivery in taken {
                let sending = Sending {
                    invites: self.invites.clone(),
                    post: self.post.clone(),
                    webhook: Arc::clone(&webhook),
                    secret: secret.clone(),
                };
                // Nobody else takes places, so there is one: a lease runs while nothing waits.
                let place = Arc::clone(&places).try_acquire_owned();
                self.sending.spawn(async move {
                    sending.send(delivery).await;
                    drop(place);
                });
            }
        }
        Ok(more)
    }
}

/// Tells, as time passes, of invites whose time is over.
async fn tell_ends(invites: Invites, time: TrustedTime, mut running: Running) {
    loop {
        // Whoever keeps the time says why it is not known.
        let told = match time.now() {
            Some(now) => invites.end_expired(now, ENDS).await,
            None => Ok(0),
        };
        // A refusal is of the database, whose trouble the store has logged.
        let pause = match told {
            Ok(told) if told == ENDS as usize => BETWEEN,
            Ok(_) | Err(_) => LOOK,
        };
        tokio::select! {
            () = running.told() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

struct Sending {
    invites: Invites,
    post: Post,
    webhook: Arc<Webhook>,
    secret: WebhookSecret,
}

impl Sending {
    async fn send(self, delivery: Delivery) {
        let now = self.invites.clock().now();
        let sent = self
            .post
            .send(&self.webhook.url, &self.secret, &delivery, now);
        let change = self.settled(&delivery, sent.await);
        let outcome = match change {
            WebhookChange::Delivered { .. } => "delivered",
            WebhookChange::TryLater { .. } => "later",
            _ => "given_up",
        };
        metrics::counter!("invite_server_webhooks_total", "outcome" => outcome).increment(1);
        if let Err(refusal) = self.invites.change_webhook(change).await {
            // It is sent again once its lease is over.
            let code = refusal.code();
            tracing::warn!(code, "how a webhook went could not be written");
        }
    }

    fn settled(&self, delivery: &Delivery, outcome: Outcome) -> WebhookChange {
        let at = self.invites.clock().now();
        let (app, message) = (self.webhook.app.clone(), delivery.message.clone());
        let (trouble, retry_after) = match outcome {
            Outcome::Delivered => return WebhookChange::Delivered { message },
            Outcome::Gone => {
                tracing::warn!(app, "a webhook says that it is gone");
                let id = self.webhook.id.clone();
                return WebhookChange::Disable { app, id, at };
            }
            Outcome::Failed {
                trouble,
                retry_after,
            } => (trouble, retry_after),
        };
        let attempt = delivery.attempts;
        tracing::warn!(
            app,
            message,
            attempt,
            trouble,
            "a webhook was not delivered"
        );
        if at >= delivery.created_at.plus_seconds(TRIED) {
            return WebhookChange::GiveUp {
                message,
                app,
                trouble,
                at,
            };
        }
        let asked = i64::from(retry_after.unwrap_or(0).min(LONGEST_PAUSE)) * 1000;
        WebhookChange::TryLater {
            message,
            app,
            due_at: Moment(at.0.saturating_add(pause(attempt).max(asked))),
            trouble,
            at,
        }
    }
}

/// How long to wait after so many attempts, in milliseconds: a second, doubled each time, a quarter more or less.
fn pause(attempts: u32) -> i64 {
    let doubled = 1u32 << attempts.saturating_sub(1).min(16);
    let milliseconds = i64::from(doubled.min(LONGEST_PAUSE)) * 1000;
    let mut random = [0u8; 2];
    // Without random bytes all wait equally long: worse for who is told, not wrong.
    let _ = getrandom::fill(&mut random);
    let part = i64::from(u16::from_be_bytes(random));
    milliseconds * 3 / 4 + milliseconds / 2 * part / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_differ() {
        for (attempts, seconds) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (5, 16),
            (12, 2048),
            (13, 3600),
            (99, 3600),
        ] {
            let range = seconds * 750..=seconds * 1250;
            assert!(
                (0..50).all(|_| range.contains(&pause(attempts))),
                "{attempts}"
            );
        }
        let some: std::collections::HashSet<_> = (0..50).map(|_| pause(8)).collect();
        assert!(some.len() > 10);
    }
}
