//! Webhooks: what happens to invites, told to the backends that take part. The format is that of
//! [Standard Webhooks](https://www.standardwebhooks.com).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;
use url::{Host, Url};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{EventKind, Moment, Refusal, User, state::StoredInvite};

const URL_LIMIT: usize = 2048;

/// Where an app wants to be told, and how that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The app's name: each has one webhook at most.
    pub app: String,
    /// The name of its secret.
    pub id: String,
    /// Which of the server's secrets its secret is derived from.
    pub secret_id: String,
    /// Where to.
    pub url: String,
    /// When it was set.
    pub created_at: Moment,
    /// When its backend said that it is gone: nothing is sent any more.
    pub disabled_at: Option<Moment>,
    /// So many deliveries were given up.
    pub failed: i64,
    /// What went wrong the last time something did, and when.
    pub trouble: Option<(String, Moment)>,
}

/// Something that a backend has yet to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The `webhook-id`: the same in every attempt.
    pub message: String,
    /// The JSON.
    pub body: String,
    /// When it happened.
    pub created_at: Moment,
    /// How often it was begun, this time included.
    pub attempts: u32,
}

/// What is written about webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookChange {
    /// An app's webhook begins, in place of an older one. What still waits goes there at once.
    Set {
        /// Whose.
        app: String,
        /// The name of its secret.
        id: String,
        /// Which of the server's secrets that is derived from.
        secret_id: String,
        /// Where to.
        url: String,
        /// When.
        at: Moment,
    },
    /// An app is told nothing any more.
    Remove {
        /// Whose.
        app: String,
    },
    /// A delivery has arrived.
    Delivered {
        /// Which.
        message: String,
    },
    /// A delivery did not arrive, and is tried again.
    TryLater {
        /// Which.
        message: String,
        /// Whose.
        app: String,
        /// Not before this.
        due_at: Moment,
        /// What went wrong.
        trouble: String,
        /// When.
        at: Moment,
    },
    /// A delivery has not arrived in all its time.
    GiveUp {
        /// Which.
        message: String,
        /// Whose.
        app: String,
        /// What went wrong.
        trouble: String,
        /// When.
        at: Moment,
    },
    /// The backend says that it is gone: what waits for it is given up.
    Disable {
        /// Whose.
        app: String,
        /// The webhook that was tried; another one since goes on.
        id: String,
        /// When.
        at: Moment,
    },
    /// Deliveries that no webhook wants any more go.
    Sweep,
}

/// What the signatures of a webhook are made with. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<[u8; 32]>);

impl WebhookSecret {
    pub(super) fn new(bytes: Zeroizing<[u8; 32]>) -> WebhookSecret {
        WebhookSecret(bytes)
    }

    /// As Standard Webhooks writes it: `whsec_` and base64. To be shown once.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(6 + 44));
        text.push_str("whsec_");
        STANDARD.encode_string(self.0.as_slice(), &mut text);
        text
    }

    /// The `webhook-signature` of a message; the timestamp is in seconds since 1970.
    pub fn sign(&self, message: &str, timestamp: i64, body: &str) -> String {
        // HMAC pads a short key with zeros itself; doing it here leaves nothing that could fail.
        let mut block = Zeroizing::new([0u8; 64]);
        block
            .iter_mut()
            .zip(self.0.iter())
            .for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        mac.update(format!("{message}.{timestamp}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("whsec_…")
    }
}

/// What a backend is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookMessage<'a> {
    #[serde(rename = "type")]
    #[schema(pattern = "^invite\\.(created|used|removed|expired|unmailed)$")]
    kind: &'static str,
    /// When it happened.
    #[schema(format = DateTime)]
    timestamp: String,
    data: WebhookData<'a>,
}

/// The invite that it happened to. Never its key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WebhookData<'a> {
    /// The invite's id.
    #[schema(example = "invite_8rXkzQ1mS5eVw0pYt2uHcA")]
    invite: &'a str,
    resource: &'a str,
    /// The event's place among those of its resource: 1, 2, 3 and so on. What comes twice or out of order is known by it.
    sequence: i64,
    /// What it grants.
    #[schema(example = "r")]
    permissions: &'a str,
    /// Who did it: made it, accepted it, took it back. Nobody lets one expire, or its mail be given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a User>,
    /// Whose invite it is.
    created_by: &'a User,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: String,
    /// How often it was used, this time included.
    uses: u32,
    /// How often it may be used, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_uses: Option<u32>,
    /// Why its mail was given up, in words for its inviter.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
    /// What its inviter calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// Its inviter's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    extras: Option<&'a Value>,
}

/// The body of the deliveries of an event.
pub(crate) fn webhook_body(
    kind: EventKind,
    invite: &StoredInvite,
    user: &User,
    at: Moment,
    sequence: i64,
) -> String {
    let message = WebhookMessage {
        kind: kind.as_str(),
        timestamp: at.to_iso(),
        data: WebhookData {
            invite: &invite.id,
            resource: &invite.resource,
            sequence,
            permissions: invite.permissions.as_str(),
            user: (!matches!(kind, EventKind::Expired | EventKind::Unmailed)).then_some(user),
            created_by: &invite.inviter,
            expires_at: invite.expires_at.to_iso(),
            uses: invite.uses,
            max_uses: invite.max_uses,
            trouble: (kind == EventKind::Unmailed)
                .then_some(invite.mail.as_ref())
                .flatten()
                .and_then(|mail| mail.trouble.as_deref()),
            label: invite.label.as_deref(),
            extras: invite.extras.as_ref(),
        },
    };
    // Nothing in it can fail to be JSON.
    serde_json::to_string(&message).unwrap_or_default()
}

/// Refuses what cannot be a webhook's address; whether it may be reached is found out at each delivery.
pub(super) fn validate_webhook_url(text: &str) -> Result<(), Refusal> {
    let refused = |sentence: &str| Err(Refusal::invalid_option("url", sentence));
    let url = match Url::parse(text) {
        Ok(url) if text.len() <= URL_LIMIT => url,
        _ => {
            return refused(
                "A webhook's address is like https://app.example.com/webhook, of at most 2048 characters.",
            );
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refused(
            "A webhook's address holds no password: its signature proves who sends it.",
        );
    }
    if url.fragment().is_some() {
        return refused("A webhook's address has no part after #.");
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => refused("A webhook's address begins with https://; http:// is for this machine only."),
    }
}

#[cfg(test)]
mod tests;
