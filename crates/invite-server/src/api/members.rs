//! Who has access to a resource.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, header},
};
use invite_key::permissions::Permissions;
use serde_json::{Map, Value};

use super::{
    ApiError, Shared,
    asker::Caller,
    body::{Object, Path},
    documented::{NewLetters, NewMembers},
    paging::{Parameters, parameters},
    views::{LinksView, MemberView, Members},
};
use crate::core::{
    Links, Member, MemberList, MembersRequest, Refusal, User,
    options::{page_size_option, permissions_option, person_option, unknown_member},
    state::Version,
};
use crate::dialect::{Twice, once};

type Listed = ([(HeaderName, String); 1], Json<Members>);

/// Lists who has access in the order they came, for anybody who has. The `ETag` names this state of the whole list, and
/// is the same on all its pages. With `q` a page looks through at most 1000 people: it may hold fewer than `page_size`,
/// even none, where `next_page_token` says that more follow.
#[utoipa::path(get, path = "/api/v1/resources/{resource}/members", tag = "resources",
    params(("resource" = String, Path),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 100, description = "50 when left out"),
        ("page_token" = Option<String>, Query, description = "where the page before ended"),
        ("q" = Option<String>, Query, max_length = 200,
            description = "a part of the name to show, or of username:provider; upper or lower case"),
    ), responses(
    (status = 200, body = Members, headers(("ETag" = String))),
))]
pub(super) async fn list(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    query: Parameters,
) -> Result<Listed, ApiError> {
    let mut request = MembersRequest::default();
    for (name, value) in parameters(query)? {
        match name.as_str() {
            "page_size" => request.page_size = page_size_option(&value)?,
            "page_token" => request.page = (!value.is_empty()).then_some(value),
            "q" => request.q = Some(value),
            _ => return Err(unknown_member(&name).into()),
        }
    }
    let list = state
        .invites
        .list_members(caller.actor(), &resource, &request)
        .await?;
    Ok(listed(list, None))
}

/// Puts this list in place of the one that `If-Match` names (`*` for whichever): whoever is not in it loses access. For
/// admins, who grant no letters they do not hold; one admin at least has to remain. `links` in the answer says which live
/// links would let somebody in again who lost letters, as for one member; with `links=end` they end in the same step.
/// Where more than 1,000 people have access it is `limit_reached`: change them one by one.
#[utoipa::path(put, path = "/api/v1/resources/{resource}/members", tag = "resources",
    params(("resource" = String, Path),
        ("links" = Option<String>, Query, pattern = "^(tell|end)$", description = "tell when left out"),
        ("If-Match" = String, Header, description = "the ETag of the list that you decided on")),
    request_body = NewMembers, responses(
    (status = 200, body = Members, headers(("ETag" = String))),
))]
pub(super) async fn replace(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    query: Parameters,
    headers: HeaderMap,
    Object(members): Object,
) -> Result<Listed, ApiError> {
    let end_links = links(query)? == Some(What::End);
    let wanted = wanted(&members)?;
    let version = version(&headers)?;
    let (resource, members, links) = state
        .invites
        .replace_members(caller.actor(), &resource, version, wanted, end_links)
        .await?;
    let list = MemberList {
        version: resource.seen(),
        members,
        next_page: None,
    };
    Ok(listed(list, links))
}

/// What one person may do: one indexed read, which a backend may ask on every request. `not_found` where they have no
/// access. About yourself you may always ask, and hear the same where there is no such resource; about others whoever has
/// access may ask. With `links=tell`, which is for admins and reads more, `links` says which live links would let them in
/// again, were they taken out.
#[utoipa::path(get, path = "/api/v1/resources/{resource}/members/{member}", tag = "resources",
    params(("resource" = String, Path),
        ("member" = String, Path, description = "username:provider, percent-encoded", example = "alice:test"),
        ("links" = Option<String>, Query, pattern = "^tell$")), responses(
    (status = 200, body = MemberView),
))]
pub(super) async fn show(
    caller: Caller,
    State(state): State<Shared>,
    Path((resource, member)): Path<(String, String)>,
    query: Parameters,
) -> Result<Json<MemberView>, ApiError> {
    let user = person_option("member", &member)?;
    let (found, links) = match links(query)? {
        None => {
            let asked = state.invites.member(caller.actor(), &resource, &user);
            (asked.await?, None)
        }
        Some(What::Tell) => {
            state
                .invites
                .links_beside(caller.actor(), &resource, &user)
                .await?
        }
        Some(What::End) => {
            let sentence = "links is tell here; to end them, send DELETE or PUT.";
            return Err(Refusal::invalid_option("links", sentence).into());
        }
    };
    let found = found.ok_or(Refusal::NotFound)?;
    Ok(Json(MemberView::new(found, links)))
}

/// Lets somebody do exactly this from now on; `""` takes their access away. For admins, who grant no letters they do not
/// hold; anybody may give up letters of their own. The last admin cannot go: `last_admin`. An admin who takes letters is
/// told in `links` which live links would give them back; with `links=end` those end in the same step.
#[utoipa::path(put, path = "/api/v1/resources/{resource}/members/{member}", tag = "resources",
    params(("resource" = String, Path),
        ("member" = String, Path, description = "username:provider, percent-encoded", example = "alice:test"),
        ("links" = Option<String>, Query, pattern = "^(tell|end)$", description = "tell when left out")),
    request_body = NewLetters, responses(
    (status = 200, body = MemberView),
))]
pub(super) async fn set(
    caller: Caller,
    State(state): State<Shared>,
    Path((resource, member)): Path<(String, String)>,
    query: Parameters,
    Object(members): Object,
) -> Result<Json<MemberView>, ApiError> {
    let user = person_option("member", &member)?;
    let end_links = links(query)? == Some(What::End);
    if let Some(other) = members.keys().find(|name| *name != "permissions") {
        return Err(unknown_member(other).into());
    }
    // Left out, it is no word of what shall be.
    let permissions = match members.get("permissions").unwrap_or(&Value::Null) {
        Value::String(text) if text.is_empty() => Permissions::NONE,
        letters => permissions_option(Some(letters))?,
    };
    change(&caller, &state, &resource, &user, permissions, end_links).await
}

/// Takes somebody's access away: for admins, and for whoever leaves. Whoever has none already has none. The last admin
/// cannot go: `last_admin`. An admin is told in `links` which live links would let them in again: those that can still be
/// accepted, whose maker is an admin and may grant what they grant, and that are for everybody or for the verified address
/// of whoever is taken out. What that person invited themselves opens nothing any more and is not among them. With
/// `links=end` those links end in the same step; people who joined by them keep their access.
#[utoipa::path(delete, path = "/api/v1/resources/{resource}/members/{member}", tag = "resources",
    params(("resource" = String, Path),
        ("member" = String, Path, description = "username:provider, percent-encoded", example = "alice:test"),
        ("links" = Option<String>, Query, pattern = "^(tell|end)$", description = "tell when left out")), responses(
    (status = 200, body = MemberView),
))]
pub(super) async fn remove(
    caller: Caller,
    State(state): State<Shared>,
    Path((resource, member)): Path<(String, String)>,
    query: Parameters,
    Object(members): Object,
) -> Result<Json<MemberView>, ApiError> {
    let user = person_option("member", &member)?;
    let end_links = links(query)? == Some(What::End);
    if let Some(name) = members.keys().next() {
        return Err(unknown_member(name).into());
    }
    let none = Permissions::NONE;
    change(&caller, &state, &resource, &user, none, end_links).await
}

async fn change(
    caller: &Caller,
    state: &Shared,
    resource: &str,
    user: &User,
    permissions: Permissions,
    end_links: bool,
) -> Result<Json<MemberView>, ApiError> {
    let changed = state
        .invites
        .change_member(caller.actor(), resource, user, permissions, end_links)
        .await?;
    Ok(Json(MemberView::new(changed.member, changed.links)))
}

/// What becomes of links that would let somebody in again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Tell,
    End,
}

/// The one parameter that there is.
fn links(query: Parameters) -> Result<Option<What>, Refusal> {
    let mut asked = None;
    for (name, value) in parameters(query)? {
        asked = match (name.as_str(), value.as_str()) {
            ("links", "tell") => Some(What::Tell),
            ("links", "end") => Some(What::End),
            ("links", _) => {
                return Err(Refusal::invalid_option("links", "links is tell or end."));
            }
            _ => return Err(unknown_member(&name)),
        };
    }
    Ok(asked)
}

fn listed(list: MemberList, links: Option<Links>) -> Listed {
    let Version { resource, members } = list.version;
    let tag = format!("\"v{resource}.{members}\"");
    let one = |member| MemberView::new(member, None);
    let members = Members {
        members: list.members.into_iter().map(one).collect(),
        next_page_token: list.next_page.unwrap_or_default(),
        links: links.map(LinksView::from),
    };
    ([(header::ETAG, tag)], Json(members))
}

/// The version that `If-Match` names; `None` for whichever. An ETag we never gave names none that could still stand.
fn version(headers: &HeaderMap) -> Result<Option<Version>, Refusal> {
    let value = once(headers, header::IF_MATCH).map_err(|Twice| {
        Refusal::invalid_option("If-Match", "Send one If-Match with one ETag, not several.")
    })?;
    let text = value
        .ok_or(Refusal::NoPrecondition)?
        .to_str()
        .unwrap_or_default()
        .trim();
    if text == "*" {
        return Ok(None);
    }
    let numbers = text
        .strip_prefix("\"v")
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|numbers| numbers.split_once('.'));
    let version = numbers.and_then(|(resource, members)| {
        Some(Version {
            resource: resource.parse().ok()?,
            members: members.parse().ok()?,
        })
    });
    version.map(Some).ok_or(Refusal::Changed)
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
