//! Resources and who has access to them.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    ApiError, Shared,
    asker::Caller,
    body::{Object, Path},
    documented::NewResource,
    views::{RemovedView, ResourceView, Resources},
};
use crate::core::options::{text_option, unknown_member};

/// Lists the resources you have any permission on.
#[utoipa::path(get, path = "/api/v1/resources", tag = "resources", responses(
    (status = 200, body = Resources),
))]
pub(super) async fn list(
    caller: Caller,
    State(state): State<Shared>,
) -> Result<Json<Resources>, ApiError> {
    let resources = state.invites.resources(caller.actor()).await?;
    Ok(Json(Resources {
        resources: resources.into_iter().map(ResourceView::from).collect(),
    }))
}

/// Creates a resource; you get all permissions on it.
#[utoipa::path(put, path = "/api/v1/resources/{resource}", tag = "resources",
    params(("resource" = String, Path, pattern = "^[A-Za-z0-9_.-]{1,128}$")), request_body = NewResource, responses(
    (status = 201, body = ResourceView),
))]
pub(super) async fn create(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    Object(members): Object,
) -> Result<(StatusCode, Json<ResourceView>), ApiError> {
    let mut title = None;
    for (name, value) in &members {
        match name.as_str() {
            "title" => title = Some(text_option("title", value)?),
            _ => return Err(unknown_member(name).into()),
        }
    }
    let permissions = state
        .invites
        .create_resource(caller.actor(), &resource, title.as_deref())
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(ResourceView::new(resource, title, permissions)),
    ))
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
