//! What goes out, as JSON.

use invite_key::{InviteKey, permissions::Permissions};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::core::{
    Acceptance, Accepted, Checked, Invite, InviteList, ResourceList, ResourceOf, User,
    state::StoredMail,
};

mod members;

pub(super) use members::{LinksView, MemberView, Members};

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// `null` when nobody is.
    #[schema(required)]
    pub(super) user: Option<User>,
}

/// A resource as one of its members sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct ResourceView {
    /// Its id.
    #[schema(example = "notes")]
    resource: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What you may do: letters of a (admin), r (read), w (write).
    #[schema(example = "arw")]
    permissions: &'static str,
}

impl ResourceView {
    pub(super) fn new(
        resource: String,
        title: Option<String>,
        permissions: Permissions,
    ) -> ResourceView {
        ResourceView {
            resource,
            title,
            permissions: permissions.as_str(),
        }
    }
}

impl From<ResourceOf> for ResourceView {
    fn from(found: ResourceOf) -> ResourceView {
        ResourceView::new(found.resource, found.title, found.permissions)
    }
}

/// A page of the resources you have access to.
#[derive(Serialize, ToSchema)]
pub(super) struct Resources {
    /// By id.
    resources: Vec<ResourceView>,
    /// Send it as `page_token` for the next page; empty at the end.
    next_page_token: String,
}

impl From<ResourceList> for Resources {
    fn from(list: ResourceList) -> Resources {
        let resources = list.resources.into_iter().map(ResourceView::from);
        Resources {
            resources: resources.collect(),
            next_page_token: list.next_page.unwrap_or_default(),
        }
    }
}

/// One use of an invite.
#[derive(Serialize, ToSchema)]
pub(super) struct AcceptanceView {
    /// Who accepted.
    user: User,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl From<Acceptance> for AcceptanceView {
    fn from(acceptance: Acceptance) -> AcceptanceView {
        AcceptanceView {
            user: acceptance.user,
            at: acceptance.at.to_iso(),
        }
    }
}

/// An invite.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InviteView {
    /// The invite's name, which is no secret.
    #[schema(example = "invite_8rXkzQ1mS5eVw0pYt2uHcA")]
    id: String,
    /// The secret text. Only its inviter ever sees it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "revealed")]
    #[schema(value_type = Option<String>)]
    key: Option<InviteKey>,
    /// What it invites to.
    resource: String,
    /// What it grants.
    #[schema(example = "r")]
    permissions: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Who made it.
    created_by: User,
    /// `accepted` once all its uses are spent.
    #[schema(pattern = "^(pending|accepted|expired|removed)$")]
    status: &'static str,
    /// How often it was used.
    uses: u32,
    /// How often it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_uses: Option<u32>,
    /// Its last uses, newest first, as far as they are your business.
    accepted: Vec<AcceptanceView>,
    /// The inviter's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What its inviter calls it: for them and the resource's admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Data of the inviter's application.
    #[serde(skip_serializing_if = "Option::is_none")]
    extras: Option<Value>,
    /// Only an account with this verified address can accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What became of its mail, if it was to be mailed: for its inviter and the resource's admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<MailView>,
}

/// What became of an invite's mail.
#[derive(Serialize, ToSchema)]
pub(super) struct MailView {
    /// `sent` once a mail server has taken it, `dropped` where the invite opened nothing any more, `failed` once it was
    /// given up.
    #[schema(pattern = "^(waiting|sent|dropped|failed)$")]
    status: &'static str,
    /// Why it was given up, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

impl From<StoredMail> for MailView {
    fn from(mail: StoredMail) -> MailView {
        MailView {
            status: mail.state.as_str(),
            trouble: mail.trouble,
        }
    }
}

/// Writes a key where it is meant to be seen, with no copy in between.
fn revealed<S: Serializer>(key: &Option<InviteKey>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(InviteKey::reveal).serialize(serializer)
}

impl From<Invite> for InviteView {
    fn from(invite: Invite) -> InviteView {
        InviteView {
            id: invite.id,
            key: invite.key,
            resource: invite.resource,
            permissions: invite.permissions.as_str(),
            created_at: invite.created_at.to_iso(),
            expires_at: invite.expires_at.to_iso(),
            created_by: invite.created_by,
            status: invite.status.as_str(),
            uses: invite.uses,
            max_uses: invite.max_uses,
            accepted: invite
                .accepted
                .into_iter()
                .map(AcceptanceView::from)
                .collect(),
            message: invite.message,
            label: invite.label,
            extras: invite.extras,
            email: invite.email,
            mail: invite.mail.map(MailView::from),
        }
    }
}

/// A page of invites.
#[derive(Serialize, ToSchema)]
pub(super) struct Invites {
    /// Newest first.
    invites: Vec<InviteView>,
    /// Send it as `page_token` for the next page; empty at the end.
    next_page_token: String,
}

impl From<InviteList> for Invites {
    fn from(list: InviteList) -> Invites {
        Invites {
            invites: list.invites.into_iter().map(InviteView::from).collect(),
            next_page_token: list.next_page.unwrap_or_default(),
        }
    }
}

/// What holding a key lets you see.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum CheckView {
    /// When you are signed in.
    SignedIn(Box<Preview>),
    /// When nobody is.
    Anonymous(AnonymousPreview),
}

/// An invite, and what accepting it would do for you.
#[derive(Serialize, ToSchema)]
pub(super) struct Preview {
    #[serde(flatten)]
    invite: InviteView,
    /// The resource's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Who made it.
    inviter: User,
    /// As whom you are signed in.
    account: User,
    /// The letters accepting would add.
    #[schema(example = "w")]
    gained: &'static str,
    /// The letters you hold now.
    #[schema(example = "r")]
    current: &'static str,
}

/// The little that a key shows before signing in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnonymousPreview {
    /// What it invites to.
    resource: String,
    /// The resource's title.
    #[schema(required)]
    title: Option<String>,
    /// The inviter's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What it grants.
    permissions: &'static str,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Who made it.
    created_by: ShownName,
}

/// Somebody, by the name to show only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownName {
    display_name: String,
}

impl From<Checked> for CheckView {
    fn from(checked: Checked) -> CheckView {
        let Checked {
            invite,
            title,
            reader,
        } = checked;
        match reader {
            Some(reader) => CheckView::SignedIn(Box::new(Preview {
                title,
                inviter: invite.created_by.clone(),
                invite: invite.into(),
                account: reader.account,
                gained: reader.gained.as_str(),
                current: reader.current.as_str(),
            })),
            None => CheckView::Anonymous(AnonymousPreview {
                created_by: ShownName {
                    display_name: invite.created_by.shown_name().to_owned(),
                },
                resource: invite.resource,
                title,
                message: invite.message,
                permissions: invite.permissions.as_str(),
                expires_at: invite.expires_at.to_iso(),
            }),
        }
    }
}

/// What accepting did.
#[derive(Serialize, ToSchema)]
pub(super) struct AcceptedView {
    /// The resource that is open to you now.
    resource: String,
    /// All letters you hold now.
    #[schema(example = "rw")]
    permissions: &'static str,
    /// The letters that accepting added.
    #[schema(example = "w")]
    gained: &'static str,
    /// Whether you held all of them before; then nothing was used up.
    already: bool,
    /// The inviter's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    extras: Option<Value>,
    /// For a backend: a JWS (`typ` `invite-receipt+jwt`) that says so, and counts for five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

impl AcceptedView {
    pub(super) fn new(accepted: Accepted, receipt: Option<String>) -> AcceptedView {
        AcceptedView {
            receipt,
            resource: accepted.resource,
            permissions: accepted.permissions.as_str(),
            gained: accepted.gained.as_str(),
            already: accepted.already,
            extras: accepted.extras,
        }
    }
}

/// It is gone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemovedView {
    acknowledged: bool,
    deleted_count: u32,
}

impl RemovedView {
    pub(super) const ONE: RemovedView = RemovedView {
        acknowledged: true,
        deleted_count: 1,
    };
}
