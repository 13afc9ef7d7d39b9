//! What backends are told, for the OpenAPI document alone: sending it is [`crate::webhooks`]' part.

use utoipa::{Modify, OpenApi};

use crate::core::WebhookMessage;

/// What happens to the invites of a resource is told to every app with a webhook that acts on it (`invite-server apps webhook`), signed
/// as [Standard Webhooks](https://www.standardwebhooks.com) has it. Answer with any 2xx within 15 seconds. Anything else
/// is tried again, ever less often, for 24 hours; 410 ends the webhook. A message may come more than once, with the same
/// `webhook-id`, and messages may overtake each other: `data.sequence` is the order in which things happened on a resource,
/// 1, 2, 3 and so on; what is lower than what you have seen of an invite is old news.
#[utoipa::path(post, path = "invite", tag = "apps", security(()), params(
    ("webhook-id" = String, Header, description = "the same whenever this message comes"),
    ("webhook-timestamp" = String, Header, description = "when it was sent, in seconds since 1970"),
    ("webhook-signature" = String, Header,
        description = "v1, and the base64 of the HMAC-SHA-256 of `id.timestamp.body` with the webhook's secret"),
), request_body = WebhookMessage, responses(
    (status = "2XX", description = "It was taken"),
    (status = 410, description = "Nobody wants to be told any more"),
))]
#[allow(dead_code, reason = "only its description is used")]
fn told() {}

#[derive(OpenApi)]
#[openapi(paths(told))]
struct Told;

/// Puts the description of webhooks into a document.
pub(super) struct Webhooks;

impl Modify for Webhooks {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let told = Told::openapi();
        document.webhooks = Some(told.paths);
        if let Some(components) = told.components {
            let known = document.components.get_or_insert_default();
            known.schemas.extend(components.schemas);
        }
    }
}
