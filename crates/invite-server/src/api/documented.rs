//! What requests may hold, for the OpenAPI document alone: bodies are read by hand, so that each refusal names its field.
//! A test holds the two against each other.

use serde_json::Value;
use utoipa::{
    Modify, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, ResponseBuilder, schema::Type,
    },
};

/// A new resource.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewResource)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewResource {
    /// One line of at most 200 characters.
    #[schema(nullable = false, max_length = 200)]
    title: Option<String>,
}

/// A new invite.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewInvite {
    /// One to three different letters of a (admin), r (read), w (write); none that you do not hold.
    #[schema(nullable = false, default = "r", pattern = "^[arw]{1,3}$")]
    permissions: Option<String>,
    /// Seconds it lasts: 1 to 2592000. Digits in a string will do.
    #[schema(nullable = false, default = 604800, minimum = 1, maximum = 2592000)]
    max_age: Option<u32>,
    /// How often it may be used; any number of times when left out.
    #[schema(nullable = false, minimum = 1, maximum = 10000)]
    max_uses: Option<u32>,
    /// Your words.
    #[schema(nullable = false, max_length = 1000)]
    message: Option<String>,
    /// One line: what you call it. No invitee sees it.
    #[schema(nullable = false, max_length = 200)]
    label: Option<String>,
    /// Only an account with this verified address can accept it. Nothing is mailed unless `send` says so.
    #[schema(nullable = false, max_length = 254)]
    email: Option<String>,
    /// Whether the key says by itself who issued it, for what and until when, as a JWS that anybody can verify with
    /// `/.well-known/jwks.json`.
    #[schema(nullable = false, default = false)]
    signed: Option<bool>,
    /// Whether the link is mailed to `email`. Only where the server's features name it.
    #[schema(nullable = false, default = false)]
    send: Option<bool>,
    /// Any JSON of at most 8 KiB, which comes back when the invite is accepted.
    extras: Option<Value>,
}

/// A new end.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct Resend {
    /// Seconds from now on: 1 to 2592000.
    #[schema(nullable = false, default = 604800, minimum = 1, maximum = 2592000)]
    max_age: Option<u32>,
}

/// A receipt, from whoever accepted.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct ReceiptToRedeem {
    /// As accepting answered it.
    #[schema(max_length = 8192)]
    receipt: String,
}

/// All who shall have access.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewMembers {
    /// At most 1000, one admin among them.
    #[schema(max_items = 1000)]
    members: Vec<NewMember>,
}

/// What somebody shall be able to do.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewLetters {
    /// Up to three different letters of a (admin), r (read), w (write); none takes the access away.
    #[schema(pattern = "^[arw]{0,3}$")]
    permissions: String,
}

/// Somebody who shall have access.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewMember {
    user: crate::core::User,
    /// One to three different letters of a (admin), r (read), w (write).
    #[schema(pattern = "^[arw]{1,3}$")]
    permissions: String,
}

/// A key, and perhaps the resource it should be for: another's then counts as invalid.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct KeyAndResource {
    /// The secret text.
    #[schema(max_length = 4096)]
    key: String,
    /// A resource id.
    #[schema(nullable = false)]
    resource: Option<String>,
}

/// How any call may be refused, said once for all of them: by their one word for it.
pub(super) struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut OpenApi) {
        let problem = || {
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build()
        };
        let refused = |description: &str| {
            ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", problem())
        };
        let wait = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
            .description(Some("Seconds to wait, where that is known."))
            .build();
        let all = [
            ("4XX", refused("Refused: `code` says why.").build()),
            (
                "429",
                refused("Too many calls, or as much as there may be: `rate_limited` or `limit_reached`.")
                    .header("Retry-After", wait)
                    .build(),
            ),
            ("5XX", refused("It failed here: `code` says how.").build()),
        ];
        for (path, item) in &mut document.paths.paths {
            // What watches over the server is not counted, nor asked who it is.
            let watches = matches!(path.as_str(), "/healthz" | "/readyz");
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                for (status, response) in &all {
                    if !watches || *status == "5XX" {
                        let responses = &mut operation.responses.responses;
                        responses.insert((*status).to_owned(), response.clone().into());
                    }
                }
            }
        }
    }
}
