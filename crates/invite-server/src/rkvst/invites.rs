//! The four calls. Only invites that can be accepted exist here; nothing that is answered holds a key.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invite_key::KeyKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Rkvst;
use super::caller::Caller;
use super::documented::NewInvite;
use super::page::Page;
use super::refused::Status;
use crate::core::{
    Addressed, CreateRequest, Invite, InviteStatus, ListRequest, Refusal, RemoveTarget,
    options::{LIST_PAGE_DEFAULT, LIST_PAGE_LIMIT, text_option, unknown_member},
};
use crate::mail;

const MESSAGE_LIMIT: usize = 256;
const EMAIL_LIMIT: usize = 128;
/// Asks for a count of all that a listing is about.
const WANTS_TOTAL: HeaderName = HeaderName::from_static("x-request-total-count");
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// An invite as RKVST shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
pub(super) struct InviteView {
    /// `invites/` and a UUID.
    identity: String,
    message: String,
    email: String,
    /// RFC 3339, in UTC.
    #[schema(format = DateTime)]
    expiry_time: String,
}

/// A page of invites.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invites)]
pub(super) struct InvitesView {
    invites: Vec<InviteView>,
    /// Empty at the end.
    next_page_token: String,
}

/// Nothing, as an object: RKVST's own client cannot read less.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Empty {}

/// Invites somebody, and mails them where the server sends mail.
#[utoipa::path(post, path = "/archivist/iam/v1/invites", tag = "invites", request_body = NewInvite, responses(
    (status = 200, body = InviteView),
))]
pub(super) async fn create(
    caller: Caller,
    State(state): State<Rkvst>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<InviteView>, Status> {
    let mut request = read(&body?, &caller, state.lifetime)?;
    let email = request.email.as_deref().unwrap_or_default();
    if !mail::is_address(email) {
        let sentence = "email is one address that can be mailed to, like bob@example.com.";
        return Err(Refusal::invalid_option("email", sentence).into());
    }
    request.validate()?;
    if state.mails {
        state.limits.mail(&caller.actor.user)?;
        request.send = true;
    }
    let Caller { client, actor } = caller;
    let made = state
        .invites
        .create(Some(&actor), &client.resource, request);
    Ok(Json(shown(made.await?)?))
}

/// Lists the caller's pending invites, the newest first.
#[utoipa::path(get, path = "/archivist/iam/v1/invites", tag = "invites", params(
    ("page_size" = Option<i32>, Query, minimum = 0, description = "50 when left out, 100 at most are given"),
    ("page_token" = Option<String>, Query, description = "where the page before ended; it holds email and order_by, too"),
    ("email" = Option<String>, Query, description = "only those for exactly this address"),
    ("order_by" = Option<String>, Query, pattern = "^(DEFAULT|DISPLAY_NAME)$", description = "DISPLAY_NAME: by address"),
    ("X-Request-Total-Count" = Option<String>, Header, description = "true: X-Total-Count tells how many there are in all"),
), responses(
    (status = 200, body = InvitesView, headers(("X-Total-Count" = i64))),
))]
pub(super) async fn list(
    Caller { client, actor }: Caller,
    State(state): State<Rkvst>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: HeaderMap,
) -> Result<(HeaderMap, Json<InvitesView>), Status> {
    let Query(parameters) =
        query.map_err(|_| Refusal::invalid_option("", "The query cannot be read."))?;
    let (page_size, page) = asked_for(parameters)?;
    let request = ListRequest {
        everyone: false,
        status: Some(InviteStatus::Pending),
        page_size,
        page: page.after.clone(),
        addressed: page
            .email
            .clone()
            .map_or(Addressed::ToSomebody, Addressed::To),
        by_address: page.by_address,
        q: None,
    };
    let listed = state.invites.list(Some(&actor), &client.resource, &request);
    let listed = listed.await?;
    let next = listed.next_page.map(|after| {
        let after = Some(after);
        Page { after, ..page }.write()
    });
    let mut told = HeaderMap::new();
    let wanted = headers.get(WANTS_TOTAL);
    if wanted.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true")) {
        let total = state
            .invites
            .count(Some(&actor), &client.resource, &request);
        told.insert(TOTAL, HeaderValue::from(total.await?));
    }
    let invites: Result<Vec<_>, Refusal> = listed.invites.into_iter().map(shown).collect();
    let view = InvitesView {
        invites: invites?,
        next_page_token: next.transpose()?.unwrap_or_default(),
    };
    Ok((told, Json(view)))
}

/// Gives one of the caller's pending invites.
#[utoipa::path(get, path = "/archivist/iam/v1/invites/{uuid}", tag = "invites", params(("uuid" = String, Path)), responses(
    (status = 200, body = InviteView),
))]
pub(super) async fn one(
    Caller { client, actor }: Caller,
    State(state): State<Rkvst>,
    uuid: Result<Path<String>, PathRejection>,
) -> Result<Json<InviteView>, Status> {
    let id = named(uuid)?;
    let found = state.invites.pending(Some(&actor), &client.resource, &id);
    Ok(Json(shown(found.await?)?))
}

/// Takes one of the caller's pending invites back.
#[utoipa::path(delete, path = "/archivist/iam/v1/invites/{uuid}", tag = "invites", params(("uuid" = String, Path)), responses(
    (status = 200, body = Empty),
))]
pub(super) async fn delete(
    Caller { client, actor }: Caller,
    State(state): State<Rkvst>,
    uuid: Result<Path<String>, PathRejection>,
) -> Result<Json<Empty>, Status> {
    let target = RemoveTarget::PendingId(named(uuid)?);
    let resource = Some(client.resource.as_str());
    state
        .invites
        .remove(Some(&actor), resource, &target)
        .await?;
    Ok(Json(Empty {}))
}

/// Our id of the invite whose UUID this is.
fn named(uuid: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    let Path(text) = uuid.map_err(|_| Refusal::NotFound)?;
    let uuid = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
    let uuid = uuid.ok_or(Refusal::NotFound)?;
    Ok(format!(
        "invite_{}",
        URL_SAFE_NO_PAD.encode(uuid.as_bytes())
    ))
}

fn shown(invite: Invite) -> Result<InviteView, Refusal> {
    let bytes = invite.id.strip_prefix("invite_");
    let bytes = bytes.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let uuid = bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok());
    let uuid = uuid.ok_or(Refusal::ServerError)?;
    Ok(InviteView {
        identity: format!("invites/{uuid}"),
        message: invite.message.unwrap_or_default(),
        email: invite.email.unwrap_or_default(),
        expiry_time: invite.expires_at.to_iso(),
    })
}

fn read(body: &[u8], caller: &Caller, lifetime: u32) -> Result<CreateRequest, Refusal> {
    let not_json = "Send a JSON object with email and, if there is one, message.";
    let not_json = || Refusal::invalid_option("", not_json);
    let body: Value = serde_json::from_slice(body).map_err(|_| not_json())?;
    let Value::Object(members) = body else {
        return Err(not_json());
    };
    let granted = caller.client.permissions;
    let mut request = CreateRequest::new(granted, lifetime, KeyKind::Opaque);
    request.max_uses = Some(1);
    for (name, value) in &members {
        match name.as_str() {
            "email" => request.email = Some(bounded("email", value, EMAIL_LIMIT)?),
            "message" => {
                let text = bounded("message", value, MESSAGE_LIMIT)?;
                request.message = Some(text).filter(|text| !text.is_empty());
            }
            _ => return Err(unknown_member(name)),
        }
    }
    // It goes into mail, as one line.
    if let Some(message) = &request.message
        && message.contains(char::is_control)
    {
        let sentence = "message is one line, without control characters.";
        return Err(Refusal::invalid_option("message", sentence));
    }
    Ok(request)
}

fn bounded(field: &str, value: &Value, limit: usize) -> Result<String, Refusal> {
    let text = text_option(field, value)?;
    if text.chars().count() > limit {
        let sentence = format!("{field} is at most {limit} characters.");
        return Err(Refusal::invalid_option(field, sentence));
    }
    Ok(text)
}

fn asked_for(parameters: Vec<(String, String)>) -> Result<(u32, Page), Refusal> {
    let (mut page_size, mut token, mut order) = (LIST_PAGE_DEFAULT, None, None);
    let mut asked = Page::default();
    for (name, value) in parameters {
        let value = Some(value).filter(|value| !value.is_empty());
        match name.as_str() {
            "page_size" => page_size = size(value.as_deref())?,
            "page_token" => token = value,
            "email" => asked.email = value,
            "order_by" => order = value,
            _ => return Err(unknown_member(&name)),
        }
    }
    asked.by_address = match order.as_deref() {
        None | Some("DEFAULT") => false,
        Some("DISPLAY_NAME") => true,
        Some(_) => {
            let sentence = "order_by is DEFAULT or DISPLAY_NAME.";
            return Err(Refusal::invalid_option("order_by", sentence));
        }
    };
    let Some(token) = token else {
        return Ok((page_size, asked));
    };
    let page = Page::read(&token)?;
    let same_email = asked.email.is_none() || asked.email == page.email;
    let same_order = order.is_none() || asked.by_address == page.by_address;
    if !same_email || !same_order {
        let sentence =
            "page_token is of another listing. Send what it began with, or nothing else.";
        return Err(Refusal::invalid_option("page_token", sentence));
    }
    Ok((page_size, page))
}

/// A page may hold less than was asked for, as it may hold more than is there.
fn size(value: Option<&str>) -> Result<u32, Refusal> {
    let size = value.map_or(Ok(0), str::parse::<i32>).ok();
    let size = size.and_then(|size| u32::try_from(size).ok());
    match size {
        Some(0) => Ok(LIST_PAGE_DEFAULT),
        Some(size) => Ok(size.min(LIST_PAGE_LIMIT)),
        None => Err(Refusal::invalid_option(
            "page_size",
            "page_size is a whole number from 0 to 2147483647.",
        )),
    }
}
