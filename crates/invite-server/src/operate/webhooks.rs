//! Where apps are told what happens, and how that goes.

use crate::{
    address::Reach,
    conditions::WEBHOOK_BARRED,
    core::{Refusal, Webhook},
    invites::Invites,
    webhooks::{NEVER, barred, is_never_reached},
};

/// Sets an app's webhook; what to tell the operator: the secret and nothing else, as scripts read it too.
pub(super) async fn set(
    invites: &Invites,
    reach: Reach,
    app: &str,
    url: &str,
) -> Result<String, Refusal> {
    if is_never_reached(url) {
        return Err(Refusal::invalid_option("url", NEVER));
    }
    if let Some(barred) = barred(url, reach) {
        // It may be another option that the server runs with.
        WEBHOOK_BARRED.met(app, barred);
    }
    let secret = invites.set_webhook(app, url).await?;
    Ok(secret.reveal().to_string())
}

/// Ends an app's webhook.
pub(super) async fn remove(invites: &Invites, app: &str) -> Result<String, Refusal> {
    invites.remove_webhook(app).await?;
    Ok(format!("{app} is told nothing any more."))
}

/// One line for each webhook.
pub(super) async fn list(invites: &Invites) -> Result<String, Refusal> {
    let mut lines = Vec::new();
    for webhook in invites.webhooks().await? {
        let waiting = invites.waiting(&webhook.app).await?;
        lines.push(line(&webhook, waiting));
    }
    Ok(lines.join("\n"))
}

fn line(webhook: &Webhook, waiting: i64) -> String {
    let Webhook {
        app, url, failed, ..
    } = webhook;
    let mut line = format!("{app}  {url}  {waiting} waiting, {failed} given up");
    if let Some(at) = webhook.disabled_at {
        let at = at.to_iso();
        line.push_str(&format!("; told nothing since it said 410 Gone at {at}"));
    } else if let Some((trouble, at)) = &webhook.trouble {
        line.push_str(&format!("; at {}: {trouble}", at.to_iso()));
    }
    line
}
