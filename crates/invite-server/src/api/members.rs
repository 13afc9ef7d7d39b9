//! Who has access to a resource.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, header},
};
use serde_json::{Map, Value};

use super::{
    ApiError, Shared,
    asker::Caller,
    body::{Object, Path},
    documented::NewMembers,
    views::{MemberView, Members},
};
use crate::core::{
    Member, Refusal, User,
    options::{permissions_option, unknown_member},
    state::Resource,
};

type Listed = ([(HeaderName, String); 1], Json<Members>);

/// Lists who has access, for anybody who has. The `ETag` names this state of it.
#[utoipa::path(get, path = "/api/v1/resources/{resource}/members", tag = "resources",
    params(("resource" = String, Path)), responses(
    (status = 200, body = Members, headers(("ETag" = String))),
))]
pub(super) async fn list(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
) -> Result<Listed, ApiError> {
    let (resource, members) = state.invites.resource(caller.actor(), &resource).await?;
    Ok(listed(&resource, members))
}

/// Puts this list in place of the one that `If-Match` names (`*` for whichever): whoever is not in it loses access. For
/// admins, who grant no letters they do not hold; one admin at least has to remain.
#[utoipa::path(put, path = "/api/v1/resources/{resource}/members", tag = "resources",
    params(("resource" = String, Path),
        ("If-Match" = String, Header, description = "the ETag of the list that you decided on")),
    request_body = NewMembers, responses(
    (status = 200, body = Members, headers(("ETag" = String))),
))]
pub(super) async fn replace(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    headers: HeaderMap,
    Object(members): Object,
) -> Result<Listed, ApiError> {
    let wanted = wanted(&members)?;
    let version = version(&headers)?;
    let (resource, members) = state
        .invites
        .replace_members(caller.actor(), &resource, version, wanted)
        .await?;
    Ok(listed(&resource, members))
}

fn listed(resource: &Resource, members: Vec<Member>) -> Listed {
    let tag = format!("\"v{}\"", resource.version);
    let members = members.into_iter().map(MemberView::from).collect();
    ([(header::ETAG, tag)], Json(Members { members }))
}

/// The version that `If-Match` names; `None` for whichever. An ETag we never gave names none that could still stand.
fn version(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let value = headers.get(header::IF_MATCH);
    let text = value
        .ok_or(Refusal::NoPrecondition)?
        .to_str()
        .unwrap_or_default()
        .trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text
        .strip_prefix("\"v")
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|number| number.parse().ok());
    number.map(Some).ok_or(Refusal::Changed)
}

fn wanted(body: &Map<String, Value>) -> Result<Vec<Member>, Refusal> {
    let refused = || {
        Refusal::invalid_option(
            "members",
            "members is a list of people, each with user (username, provider) and permissions.",
        )
    };
    if let Some(other) = body.keys().find(|name| *name != "members") {
        return Err(unknown_member(other));
    }
    let list = body.get("members").and_then(Value::as_array);
    let one = |value: &Value| {
        let user = value.get("user").ok_or_else(refused)?;
        let text = |name| user.get(name).and_then(Value::as_str).ok_or_else(refused);
        Ok(Member {
            // The name to show is the provider's to say, not an admin's.
            user: User::new(text("username")?, text("provider")?),
            permissions: permissions_option(Some(value.get("permissions").ok_or_else(refused)?))?,
        })
    };
    list.ok_or_else(refused)?.iter().map(one).collect()
}
