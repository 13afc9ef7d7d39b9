//! A client's secret for a bearer: the client credentials grant of OAuth 2.0 (RFC 6749, section 4.4).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::Rkvst;
use super::documented::Credential;
use super::refused::Status;
use crate::core::{ACCESS_TOKEN_SECONDS, ClientSecret, Refusal};

/// A bearer.
#[derive(Serialize, ToSchema)]
pub(super) struct Token {
    access_token: String,
    /// In seconds.
    expires_in: u32,
    token_type: &'static str,
}

#[derive(Default)]
struct Form {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Zeroizing<String>>,
}

/// Gives a client its bearer. Whatever is wrong with id or secret is refused in the same words.
#[utoipa::path(post, path = "/archivist/iam/v1/appidp/token", tag = "token", security(()),
    request_body(content = Credential, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = Token),
))]
pub(super) async fn token(
    State(state): State<Rkvst>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Token>, Status> {
    let Form {
        grant_type,
        client_id,
        client_secret,
    } = read(&body?)?;
    if grant_type.as_deref() != Some("client_credentials") {
        let sentence =
            "Send a form with grant_type=client_credentials, client_id and client_secret.";
        return Err(Refusal::invalid_option("grant_type", sentence).into());
    }
    let secret = client_secret.and_then(ClientSecret::given);
    let (Some(id), Some(secret)) = (client_id, secret) else {
        return Err(wrong());
    };
    let access_token = match state.invites.client_token(&id, &secret).await {
        Ok(token) => token,
        Err(Refusal::BadCredentials) => return Err(wrong()),
        Err(refusal) => return Err(refusal.into()),
    };
    Ok(Json(Token {
        access_token,
        expires_in: ACCESS_TOKEN_SECONDS,
        token_type: "Bearer",
    }))
}

fn wrong() -> Status {
    Status::from(Refusal::BadCredentials).guessed()
}

fn read(body: &[u8]) -> Result<Form, Refusal> {
    let mut form = Form::default();
    let twice = |is_there: bool, name: &str| {
        let sentence = "The form says something twice.";
        if is_there {
            Err(Refusal::invalid_option(name, sentence))
        } else {
            Ok(())
        }
    };
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "grant_type" => {
                twice(form.grant_type.is_some(), &name)?;
                form.grant_type = Some(value.into_owned());
            }
            "client_id" => {
                twice(form.client_id.is_some(), &name)?;
                form.client_id = Some(value.into_owned());
            }
            "client_secret" => {
                twice(form.client_secret.is_some(), &name)?;
                form.client_secret = Some(value.into_owned().into());
            }
            // The grant has a scope and more; what is not known is left alone (RFC 6749, section 3.2).
            _ => {}
        }
    }
    Ok(form)
}
