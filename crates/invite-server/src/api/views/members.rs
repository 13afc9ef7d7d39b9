//! Who has access, and what would let somebody in again.

use serde::Serialize;
use utoipa::ToSchema;

use crate::core::{Invite, Links, Member, User};

/// Somebody with access, or without where it was taken away.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct MemberView {
    /// Who.
    user: User,
    /// What they may do; empty where that is nothing.
    #[schema(example = "rw")]
    permissions: &'static str,
    /// What would let them in again, for an admin who takes letters or asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<LinksView>,
}

impl MemberView {
    pub(in crate::api) fn new(member: Member, links: Option<Links>) -> MemberView {
        MemberView {
            user: member.user,
            permissions: member.permissions.as_str(),
            links: links.map(LinksView::from),
        }
    }
}

/// A page of those who have access.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Members {
    /// In the order they came.
    pub(in crate::api) members: Vec<MemberView>,
    /// Send it as `page_token` for the next page; empty at the end.
    pub(in crate::api) next_page_token: String,
    /// After a change: what would let those in again who lost letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) links: Option<LinksView>,
}

/// Live links that would let somebody in again.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct LinksView {
    /// How many there are, or were before they ended. Where they are only told, 101 is more than 100.
    total: usize,
    /// Whether they have ended, all of them.
    ended: bool,
    /// The newest of them, 20 at most.
    invites: Vec<LinkView>,
}

/// Such a link. Never its key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LinkView {
    /// The invite's id.
    #[schema(example = "invite_8rXkzQ1mS5eVw0pYt2uHcA")]
    id: String,
    /// What its inviter calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// What it grants.
    #[schema(example = "r")]
    permissions: &'static str,
    /// How often it can still be used, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses_left: Option<u32>,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Who made it.
    created_by: User,
    /// The one address that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl From<Links> for LinksView {
    fn from(links: Links) -> LinksView {
        LinksView {
            total: links.total,
            ended: links.ended,
            invites: links.invites.into_iter().map(LinkView::from).collect(),
        }
    }
}

impl From<Invite> for LinkView {
    fn from(invite: Invite) -> LinkView {
        let left = |most: u32| most.saturating_sub(invite.uses);
        LinkView {
            uses_left: invite.max_uses.map(left),
            id: invite.id,
            label: invite.label,
            permissions: invite.permissions.as_str(),
            expires_at: invite.expires_at.to_iso(),
            created_by: invite.created_by,
            email: invite.email,
        }
    }
}
