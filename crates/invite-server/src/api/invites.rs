//! The five calls.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use invite_key::KeyKind;
use serde_json::{Map, Value};

use super::{
    ApiError, Shared,
    asker::Caller,
    body::{KeyBody, Object, Path},
    documented::{KeyAndResource, NewInvite, Resend},
    paging::{Parameters, parameters},
    views::{AcceptedView, CheckView, InviteView, Invites, RemovedView},
};
use crate::core::{
    CreateRequest, InviteStatus, ListRequest, Needle, Refusal, RemoveTarget,
    options::{DEFAULT_MAX_AGE, max_age_option, page_size_option, unknown_member},
    state::RepeatKey,
};
use crate::dialect::{Twice, once};
use crate::mail;

const IDEMPOTENCY_KEY_LIMIT: usize = 255;

/// Creates an invite. It is on disk before this answers. Sent again with the same `Idempotency-Key` within 24 hours it
/// answers with the invite it made.
#[utoipa::path(post, path = "/api/v1/resources/{resource}/invites", tag = "invites",
    params(("resource" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "visible ASCII of your choice, a new one for each invite")), request_body = NewInvite, responses(
    (status = 201, body = InviteView),
))]
pub(super) async fn create(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    headers: HeaderMap,
    Object(members): Object,
) -> Result<(StatusCode, Json<InviteView>), ApiError> {
    let repeat = repeat_key(&headers, &members)?;
    // Said first, and before anything is done: no other option makes up for it.
    if !state.mails
        && members
            .get("send")
            .is_some_and(|send| *send != Value::Bool(false))
    {
        let field = "send".to_owned();
        return Err(Refusal::Unsupported { field }.into());
    }
    let request = CreateRequest::from_json(&members, KeyKind::Opaque)?;
    if let Some(email) = request.email.as_deref().filter(|_| request.send) {
        if !mail::is_address(email) {
            let sentence = "This address cannot be mailed to. Hand the link over another way.";
            return Err(Refusal::invalid_option("email", sentence).into());
        }
        if let Some(actor) = caller.actor() {
            // What is sent again mails nothing.
            let again = match &repeat {
                Some(repeat) => state.invites.is_repeated(actor, &resource, repeat).await?,
                None => false,
            };
            if !again {
                state.limits.mail(&actor.user)?;
            }
        }
    }
    let invite = state
        .invites
        .create_once(caller.actor(), &resource, request, repeat)
        .await?;
    Ok((StatusCode::CREATED, Json(invite.into())))
}

/// Lists your own invites, newest first; with `everyone`, those of all admins. Only your own show their keys.
#[utoipa::path(get, path = "/api/v1/resources/{resource}/invites", tag = "invites", params(
    ("resource" = String, Path),
    ("page_size" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50 when left out"),
    ("page_token" = Option<String>, Query, description = "where the page before ended"),
    ("status" = Option<String>, Query, pattern = "^(pending|accepted|expired|removed)$",
        description = "when left out: all that are neither expired nor removed"),
    ("everyone" = Option<bool>, Query),
    ("q" = Option<String>, Query, max_length = 200,
        description = "only those in whose label or address this is, however it is written. A page may hold few of them then, \
                       even none, and `next_page_token` lead to more"),
), responses(
    (status = 200, body = Invites),
))]
pub(super) async fn list(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    query: Parameters,
) -> Result<Json<Invites>, ApiError> {
    let request = list_request(parameters(query)?)?;
    Ok(Json(
        state
            .invites
            .list(caller.actor(), &resource, &request)
            .await?
            .into(),
    ))
}

/// Removes an invite of yours: the link stops working, people who joined keep their access.
#[utoipa::path(delete, path = "/api/v1/resources/{resource}/invites/{id}", tag = "invites", params(
    ("resource" = String, Path), ("id" = String, Path),
), responses(
    (status = 200, body = RemovedView),
))]
pub(super) async fn remove_by_id(
    caller: Caller,
    State(state): State<Shared>,
    Path((resource, id)): Path<(String, String)>,
    Object(members): Object,
) -> Result<Json<RemovedView>, ApiError> {
    if let Some(name) = members.keys().next() {
        return Err(unknown_member(name).into());
    }
    state
        .invites
        .remove(caller.actor(), Some(&resource), &RemoveTarget::Id(id))
        .await?;
    Ok(Json(RemovedView::ONE))
}

/// Removes an invite of yours by its key.
#[utoipa::path(post, path = "/api/v1/invites/remove", tag = "invites", request_body = KeyAndResource, responses(
    (status = 200, body = RemovedView),
))]
pub(super) async fn remove(
    caller: Caller,
    State(state): State<Shared>,
    Object(members): Object,
) -> Result<Json<RemovedView>, ApiError> {
    let KeyBody { key, resource } = KeyBody::read(members)?;
    state
        .invites
        .remove(caller.actor(), resource.as_deref(), &RemoveTarget::Key(key))
        .await?;
    Ok(Json(RemovedView::ONE))
}

/// Gives an invite of yours a new end: the same key works for `maxAge` seconds from now on. Where it was mailed it is
/// mailed again.
#[utoipa::path(post, path = "/api/v1/invites/{id}/resend", tag = "invites",
    params(("id" = String, Path)), request_body = Resend, responses(
    (status = 200, body = InviteView),
))]
pub(super) async fn resend(
    caller: Caller,
    State(state): State<Shared>,
    Path(id): Path<String>,
    Object(members): Object,
) -> Result<Json<InviteView>, ApiError> {
    let mut max_age = DEFAULT_MAX_AGE;
    for (name, value) in &members {
        match name.as_str() {
            "maxAge" => max_age = max_age_option(value)?,
            _ => return Err(unknown_member(name).into()),
        }
    }
    if let Some(actor) = caller.actor().filter(|_| state.mails)
        && state.invites.is_mailed(&id).await?
    {
        state.limits.mail(&actor.user)?;
    }
    let invite = state.invites.resend(caller.actor(), &id, max_age).await?;
    Ok(Json(invite.into()))
}

/// Looks an invite up. Changes nothing. Signed out it shows little, and every fault is `invalid_key`; a server may show
/// nothing at all, and answer that to every key.
#[utoipa::path(post, path = "/api/v1/invites/check", tag = "invites", request_body = KeyAndResource, responses(
    (status = 200, body = CheckView),
))]
pub(super) async fn check(
    caller: Caller,
    State(state): State<Shared>,
    Object(members): Object,
) -> Result<Json<CheckView>, ApiError> {
    let KeyBody { key, resource } = KeyBody::read(members)?;
    if caller.actor().is_none() && !state.public_check {
        return Err(Refusal::InvalidKey.into());
    }
    let checked = state
        .invites
        .check(caller.actor(), &key, resource.as_deref())
        .await?;
    Ok(Json(checked.into()))
}

/// Accepts an invite. Accepting again answers the same letters and uses nothing up.
#[utoipa::path(post, path = "/api/v1/invites/accept", tag = "invites", request_body = KeyAndResource, responses(
    (status = 200, body = AcceptedView),
))]
pub(super) async fn accept(
    caller: Caller,
    State(state): State<Shared>,
    Object(members): Object,
) -> Result<Json<AcceptedView>, ApiError> {
    let KeyBody { key, resource } = KeyBody::read(members)?;
    let accepted = state
        .invites
        .accept(caller.actor(), &key, resource.as_deref())
        .await?;
    let receipt = caller
        .actor()
        .and_then(|actor| state.invites.receipt(actor, &accepted));
    Ok(Json(AcceptedView::new(accepted, receipt)))
}

/// The caller's Idempotency-Key with the body it stands for.
fn repeat_key(
    headers: &HeaderMap,
    members: &Map<String, Value>,
) -> Result<Option<RepeatKey>, Refusal> {
    let key = once(headers, "idempotency-key").map_err(|Twice| {
        Refusal::invalid_option("Idempotency-Key", "Send one Idempotency-Key, not several.")
    })?;
    let Some(key) = key else {
        return Ok(None);
    };
    let visible = key
        .as_bytes()
        .iter()
        .all(|byte| (0x21..=0x7e).contains(byte));
    if !visible || !(1..=IDEMPOTENCY_KEY_LIMIT).contains(&key.len()) {
        return Err(Refusal::invalid_option(
            "Idempotency-Key",
            "Idempotency-Key is 1 to 255 visible ASCII characters, without spaces.",
        ));
    }
    let body = serde_json::to_vec(members).map_err(|_| Refusal::ServerError)?;
    Ok(Some(RepeatKey::of(key.as_bytes(), &body)))
}

fn list_request(parameters: Vec<(String, String)>) -> Result<ListRequest, Refusal> {
    let mut request = ListRequest::default();
    for (name, value) in parameters {
        match name.as_str() {
            "page_size" => request.page_size = page_size_option(&value)?,
            "q" => request.q = Needle::parse(&value)?,
            "page_token" => request.page = (!value.is_empty()).then_some(value),
            "status" => {
                let status = InviteStatus::parse(&value).ok_or_else(|| {
                    Refusal::invalid_option(
                        "status",
                        "status is one of pending, accepted, expired, removed.",
                    )
                })?;
                request.status = Some(status);
            }
            "everyone" => {
                request.everyone = match value.as_str() {
                    "true" => true,
                    "false" => false,
                    _ => {
                        return Err(Refusal::invalid_option(
                            "everyone",
                            "everyone is true or false.",
                        ));
                    }
                };
            }
            _ => return Err(unknown_member(&name)),
        }
    }
    Ok(request)
}
