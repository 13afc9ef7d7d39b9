//! Reading what a request brings: its JSON object, the parts of its path.

use std::fmt;

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{Method, StatusCode, header},
};
use invite_key::InviteKey;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::ApiError;
use crate::core::{
    Refusal,
    options::{text_option, unknown_member},
};

/// Bytes of a body at most.
const BODY_LIMIT: usize = 64 * 1024;

/// The JSON object in a request's body.
pub(super) struct Object(pub(super) Map<String, Value>);

/// Parts of the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync> FromRequest<S> for Object {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Object, ApiError> {
        let declared = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let essence = declared
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim();
        let json = essence.eq_ignore_ascii_case("application/json");
        // Forms cannot send DELETE, and other sites' scripts only after asking: without a body it needs no type.
        let may_be_empty = request.method() == Method::DELETE;
        let wrong_type = || {
            refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send JSON, with Content-Type: application/json.",
            )
        };
        if !(json || may_be_empty && declared.is_none()) {
            return Err(wrong_type());
        }
        let bytes = to_bytes(request.into_body(), BODY_LIMIT)
            .await
            .map_err(|_| {
                refused(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "The body has to arrive whole and be at most 64 KiB.",
                )
            })?;
        if bytes.is_empty() && may_be_empty {
            return Ok(Object(Map::new()));
        }
        if !json {
            return Err(wrong_type());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Members(members)) => Ok(Object(members)),
            Err(error) if error.is_data() => Err(refused(
                StatusCode::BAD_REQUEST,
                "The body is a JSON object, in braces, that names no member twice.",
            )),
            // Where it fails, not what stands there: that might be a key.
            Err(error) => Err(refused(
                StatusCode::BAD_REQUEST,
                &format!(
                    "The body is not JSON: line {}, column {}.",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }
}

/// The members of an object. One that comes twice is refused: whoever checked the body on its way here may have taken
/// the other.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(EachOnce)
    }
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object that names no member twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Members(members))
    }
}

/// What check, accept and remove take: a key, and the resource it should be for.
pub(super) struct KeyBody {
    pub(super) key: InviteKey,
    pub(super) resource: Option<String>,
}

impl KeyBody {
    pub(super) fn read(members: Map<String, Value>) -> Result<KeyBody, Refusal> {
        let mut key = None;
        let mut resource = None;
        for (name, value) in members {
            match name.as_str() {
                "key" => {
                    let text = Zeroizing::new(match value {
                        Value::String(text) => text,
                        other => text_option("key", &other)?,
                    });
                    key = Some(InviteKey::parse(&text).map_err(Refusal::MalformedKey)?);
                }
                "resource" => resource = Some(text_option("resource", &value)?),
                _ => return Err(unknown_member(&name)),
            }
        }
        let key = key.ok_or_else(|| Refusal::invalid_option("key", "The body holds no key."))?;
        Ok(KeyBody { key, resource })
    }
}

fn refused(status: StatusCode, sentence: &str) -> ApiError {
    ApiError::with_status(Refusal::invalid_option("", sentence), status)
}
