//! What the page is told of calls that were carried out: never a key.

use crate::dialect::hide;
use crate::json::Json;
use crate::operation::Remove;

/// The detail of `invitecreated`.
pub(crate) fn created(invite: &Json) -> Json {
    let mut detail = Json::object();
    for (name, value) in invite.members() {
        match name.as_str() {
            "webstrateId" => detail.set("resource", value.clone()),
            "id" | "resource" | "permissions" | "expiresAt" => detail.set(name, value.clone()),
            _ => {}
        }
    }
    hide(&mut detail, invite.text("key").unwrap_or_default());
    detail
}

/// The detail of `inviteremoved`.
pub(crate) fn removed(remove: &Remove) -> Json {
    let (id, home) = match remove {
        Remove::Key(invited) => (invited.id.as_ref(), &invited.home),
        Remove::Id { id, home, .. } => (Some(id), home),
    };
    let mut detail = Json::object();
    if let Some(id) = id {
        detail.set("id", id.as_str().into());
    }
    if let Some(home) = home {
        detail.set("resource", home.as_str().into());
    }
    detail
}
