//! Resources and who has access to them.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::{Map, Value};

use super::{
    ApiError, Shared,
    asker::Caller,
    body::{Object, Path},
    documented::NewResource,
    paging::{Parameters, page},
    views::{RemovedView, ResourceView, Resources},
};
use crate::{
    core::{
        Refusal,
        options::{LIST_PAGE_DEFAULT, text_option, unknown_member},
    },
    limits::Who,
};

/// Lists the resources you have any permission on, by their ids.
#[utoipa::path(get, path = "/api/v1/resources", tag = "resources", params(
    ("page_size" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50 when left out"),
    ("page_token" = Option<String>, Query, description = "where the page before ended"),
), responses(
    (status = 200, body = Resources),
))]
pub(super) async fn list(
    caller: Caller,
    State(state): State<Shared>,
    query: Parameters,
) -> Result<Json<Resources>, ApiError> {
    let (size, after) = page(query, LIST_PAGE_DEFAULT)?;
    let listed = state
        .invites
        .resources(caller.actor(), size, after.as_deref());
    Ok(Json(listed.await?.into()))
}

/// Creates a resource under an id that nobody can guess: 128 random bits. You get all permissions on it.
#[utoipa::path(post, path = "/api/v1/resources", tag = "resources", request_body = NewResource, responses(
    (status = 201, body = ResourceView),
))]
pub(super) async fn create_anywhere(
    caller: Caller,
    State(state): State<Shared>,
    Object(members): Object,
) -> Result<(StatusCode, Json<ResourceView>), ApiError> {
    let title = title(&members)?;
    let created = state
        .invites
        .create_resource_anywhere(caller.actor(), title.as_deref());
    let (resource, permissions) = created.await?;
    Ok((
        StatusCode::CREATED,
        Json(ResourceView::new(resource, title, permissions)),
    ))
}

/// Creates a resource under an id of your choice; you get all permissions on it. An id that is taken, by whomever, by you
/// too, or that the server keeps for itself, is `already_exists` in the same words: whether a resource is yours your list of
/// them says. Who tries many ids has to wait.
#[utoipa::path(put, path = "/api/v1/resources/{resource}", tag = "resources",
    params(("resource" = String, Path, pattern = "^[A-Za-z0-9_.-]{1,128}$")), request_body = NewResource, responses(
    (status = 201, body = ResourceView),
))]
pub(super) async fn create(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    from: Option<Extension<Who>>,
    Object(members): Object,
) -> Result<(StatusCode, Json<ResourceView>), ApiError> {
    let title = title(&members)?;
    let address = from.and_then(|Extension(who)| who.address);
    let who = Who::new(address, caller.actor());
    state.limits.try_name(&who)?;
    let created = state
        .invites
        .create_resource(caller.actor(), &resource, title.as_deref())
        .await;
    let taken = matches!(created, Err(Refusal::AlreadyExists { .. }));
    // Creating is an app's business; a person who creates and deletes would learn as much of names.
    if who.app.is_none() || taken {
        state.limits.name(&who);
    }
    Ok((
        StatusCode::CREATED,
        Json(ResourceView::new(resource, title, created?)),
    ))
}

fn title(members: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let mut title = None;
    for (name, value) in members {
        match name.as_str() {
            "title" => title = Some(text_option("title", value)?),
            _ => return Err(unknown_member(name)),
        }
    }
    Ok(title)
}

/// Deletes a resource with its invites, members and events, for admins. Keys of it are unknown from then on, streams of it
/// end, apps act on it no longer, and what webhooks had yet to tell of it is not told: they are told nothing of the deletion
/// either, for a message that comes late would be taken for one about a later resource of that name. The name is free again;
/// where there is very much to delete, some time later. Asked again it answers as what was never there.
#[utoipa::path(delete, path = "/api/v1/resources/{resource}", tag = "resources",
    params(("resource" = String, Path)), responses(
    (status = 200, body = RemovedView),
))]
pub(super) async fn delete(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    Object(members): Object,
) -> Result<Json<RemovedView>, ApiError> {
    if let Some(name) = members.keys().next() {
        return Err(unknown_member(name).into());
    }
    let deleted = state.invites.delete_resource(caller.actor(), &resource);
    deleted.await?;
    Ok(Json(RemovedView::ONE))
}
