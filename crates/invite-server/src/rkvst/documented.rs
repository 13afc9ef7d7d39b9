//! The OpenAPI document of this dialect. Bodies are read by hand; a test holds the two against each other.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi, ToSchema};

use super::{invites, token};

#[derive(OpenApi)]
#[openapi(
    info(title = "RKVST's Invites API", description = "As invite-keys serves it. The same calls are at \
        /archivist/v1/invites, and all of them with a slash at the end. An access token is an OAuth 2.0 bearer."),
    paths(token::token, invites::create, invites::list, invites::one, invites::delete),
    components(schemas(Refused)),
    modifiers(&Credentials, &Refusals),
    security(("bearer" = [])),
)]
struct Description;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// How any call may be refused, said once for all of them.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let body = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Refused")))
            .build();
        let refused = ResponseBuilder::new()
            .description("Refused: `code` is gRPC's.")
            .content("application/json", body)
            .build();
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                for status in ["4XX", "5XX"] {
                    let responses = &mut operation.responses.responses;
                    responses.insert(status.to_owned(), refused.clone().into());
                }
            }
        }
    }
}

/// What every refusal answers with.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct Refused {
    /// gRPC's number for what happened.
    #[schema(example = 5)]
    code: u8,
    /// What happened and what to do, for a person.
    message: String,
    /// Always empty.
    details: Vec<Value>,
}

/// A client's id and secret.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct Credential {
    #[schema(pattern = "^client_credentials$")]
    grant_type: String,
    client_id: String,
    client_secret: String,
}

/// A new invite.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) struct NewInvite {
    /// Whom it is for: only an account with this verified address accepts it, and there it is mailed.
    #[schema(max_length = 128)]
    email: String,
    /// One line.
    #[schema(nullable = false, max_length = 256)]
    message: Option<String>,
}

pub(super) async fn describe() -> Response {
    Json(Description::openapi()).into_response()
}
