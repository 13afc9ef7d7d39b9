//! What each change does: pure functions from the locked state to an answer and what has to be written.
//!
//! They may run more than once for one call (a store that has to retry runs them again), so they only compute.

use invite_key::permissions::Permissions;

use super::{
    Accepted, Actor, Authority, Call, CreateRequest, Creators, EventKind, InviteStatus, MailChange,
    Moment, On, Quotas, Refusal, Removed, User, authorise,
    options::{is_reserved, validate_resource, validate_title},
    quota,
    state::{Change, Decision, RepeatKey, State, StoredInvite},
};

mod apps;
mod clients;
mod delete;
mod end;
mod mails;
mod members;
mod people;
mod resend;

pub use apps::grant_app;
pub use clients::{add_client, remove_client};
pub use delete::delete_resource;
pub use end::end;
pub use mails::give_up_mail;
pub use members::{change_members, links_beside};
pub use people::{end_as_told, name_issuer, recognise, sign_out};
pub use resend::resend;

/// How long an Idempotency-Key counts: 24 hours.
const REPEAT_SECONDS: u32 = 24 * 3600;

type Ruling<Answer> = Result<Decision<Answer>, Refusal>;

/// A resource begins; whoever creates it may do everything.
pub fn create_resource(
    state: &State,
    actor: Option<&Actor>,
    name: &str,
    title: Option<&str>,
    (creators, quotas): (Creators, Quotas),
    now: Moment,
) -> Ruling<Permissions> {
    authorise(
        Call::CreateResource(creators),
        actor.map(Authority::Actor),
        on(state, name),
    )?;
    let actor = actor.ok_or(Refusal::NotSignedIn)?;
    validate_resource(name)?;
    title.map_or(Ok(()), validate_title)?;
    // Before it is looked whether the name is taken: who may create none has no business to try names.
    quota::one_more(state.resources, quotas.resources, || {
        quota::resources(quotas.resources)
    })?;
    // One and the same, whatever the reason, and whosever it is.
    if state.resource.is_some() || state.is_going || is_reserved(name) {
        return Err(Refusal::AlreadyExists {
            resource: name.to_owned(),
        });
    }
    let permissions = Permissions::ALL;
    let mut changes = vec![
        Change::AddResource {
            resource: name.to_owned(),
            title: title.map(str::to_owned),
            creator: Some(actor.user.clone()),
            at: now,
        },
        Change::SetMember {
            resource: name.to_owned(),
            user: actor.user.clone(),
            permissions,
        },
    ];
    if let Some(app) = &actor.app {
        changes.push(Change::GiveResource {
            app: app.clone(),
            resource: name.to_owned(),
            at: now,
        });
    }
    Ok(Decision {
        answer: permissions,
        changes,
    })
}

/// On the operator's word somebody may do exactly this from now on, and the resource begins where there is none. The last
/// admin may go by it, so nobody else may say it: people and apps have [`change_members`].
pub fn appoint(
    state: &State,
    resource: &str,
    user: &User,
    permissions: Permissions,
    now: Moment,
) -> Ruling<()> {
    let mut changes = Vec::new();
    if state.is_going {
        return Err(Refusal::TryAgain);
    }
    if state.resource.is_none() {
        validate_resource(resource)?;
        if is_reserved(resource) {
            let sentence = "The server keeps that name for itself. Choose another.";
            return Err(Refusal::invalid_option("resource", sentence));
        }
        changes.push(Change::AddResource {
            resource: resource.to_owned(),
            title: None,
            creator: None,
            at: now,
        });
    }
    changes.push(Change::SetMember {
        resource: resource.to_owned(),
        user: user.clone(),
        permissions,
    });
    Ok(Decision {
        answer: (),
        changes,
    })
}

/// An invite begins. `fresh` brings what chance and the secrets decide: its id, the hash of its key.
pub fn create(
    state: &State,
    actor: Option<&Actor>,
    resource: &str,
    request: &CreateRequest,
    fresh: &StoredInvite,
    repeat: Option<&RepeatKey>,
    quotas: Quotas,
) -> Ruling<StoredInvite> {
    authorise(
        Call::Create,
        actor.map(Authority::Actor),
        on(state, resource),
    )?;
    request.validate()?;
    if !request.permissions.gained(state.permissions).is_empty() {
        return Err(Refusal::BeyondInviter {
            held: state.permissions,
            asked: request.permissions,
        });
    }
    let mut changes = vec![
        Change::AddInvite(Box::new(fresh.clone())),
        tell(EventKind::Created, fresh, &fresh.inviter, fresh.created_at),
    ];
    if let Some(repeat) = repeat {
        let before = state.repeated.as_ref();
        if let Some(before) = before.filter(|before| before.until > fresh.created_at) {
            if before.body != repeat.body {
                return Err(Refusal::invalid_option(
                    "Idempotency-Key",
                    "This Idempotency-Key was used for another body. Take a new one for each invite.",
                ));
            }
            return Ok(Decision {
                answer: before.invite.clone(),
                changes: Vec::new(),
            });
        }
        changes.push(Change::Remember {
            resource: resource.to_owned(),
            user: fresh.inviter.clone(),
            repeat: *repeat,
            invite: fresh.id.clone(),
            until: fresh.created_at.plus_seconds(REPEAT_SECONDS),
        });
    }
    // What was made before is answered again, whatever there is by now.
    quota::one_more(state.invites, quotas.invites, || {
        quota::invites(quotas.invites, resource)
    })?;
    if request.send {
        let ask = MailChange::Ask {
            invite: fresh.id.clone(),
            at: fresh.created_at,
        };
        changes.push(Change::Mail(ask));
        changes.extend(mails::count(state, quotas, fresh.created_at)?);
    }
    Ok(Decision {
        answer: fresh.clone(),
        changes,
    })
}

/// What accepting would do, and whether it would be let through: also what a check shows.
///
/// Who holds every letter already gets the same answer again and uses nothing up, even when no use is left; and who came
/// in by this very invite even when it opens nothing any more: their first answer may have been lost.
pub fn acceptance(
    state: &State,
    actor: Option<&Actor>,
    resource: Option<&str>,
    now: Moment,
) -> Result<(StoredInvite, Permissions), Refusal> {
    let invite = state.invite.as_ref().ok_or(Refusal::InvalidKey)?;
    if resource.is_some_and(|resource| resource != invite.resource) {
        return Err(Refusal::InvalidKey);
    }
    let gained = invite.permissions.gained(state.permissions);
    if state.used && gained.is_empty() {
        return Ok((invite.clone(), gained));
    }
    let status = invite.status(now);
    match status {
        InviteStatus::Removed => return Err(Refusal::Removed),
        InviteStatus::Expired => return Err(Refusal::Expired),
        InviteStatus::Accepted | InviteStatus::Pending => {}
    }
    if !state.inviter_may_grant(invite) {
        return Err(Refusal::InviterNotAdmin);
    }
    // Who is in already is told so, whatever their address is by now.
    if let (Some(email), Some(actor)) = (&invite.email, actor)
        && !gained.is_empty()
        && !actor.is_addressed_by(email)
    {
        return Err(Refusal::WrongAccount);
    }
    if status == InviteStatus::Accepted && !gained.is_empty() {
        return Err(Refusal::Exhausted);
    }
    Ok((invite.clone(), gained))
}

/// An invite is accepted: adds letters, never takes any, and spends a use only when it adds some.
pub fn accept(
    state: &State,
    actor: Option<&Actor>,
    resource: Option<&str>,
    now: Moment,
) -> Ruling<Accepted> {
    authorise(
        Call::Accept,
        actor.map(Authority::Actor),
        on(state, resource.unwrap_or_default()),
    )?;
    let actor = actor.ok_or(Refusal::NotSignedIn)?;
    let (invite, gained) = acceptance(state, Some(actor), resource, now)?;
    let permissions = state.permissions.merge(invite.permissions);
    let already = gained.is_empty();
    let changes = if already {
        Vec::new()
    } else {
        vec![
            Change::SetMember {
                resource: invite.resource.clone(),
                user: actor.user.clone(),
                permissions,
            },
            Change::AddUse {
                invite: invite.id.clone(),
                user: actor.user.clone(),
                at: now,
            },
            tell(EventKind::Used, &invite, &actor.user, now),
        ]
    };
    let answer = Accepted {
        invite: invite.id,
        resource: invite.resource,
        permissions,
        gained,
        already,
        extras: invite.extras,
    };
    Ok(Decision { answer, changes })
}

/// An inviter takes an invite back. People who joined keep their access.
pub fn remove(
    state: &State,
    actor: Option<&Actor>,
    resource: Option<&str>,
    now: Moment,
) -> Ruling<Removed> {
    let actor = actor.ok_or(Refusal::NotSignedIn)?;
    let named = state.invite.as_ref();
    let resource = resource
        .or(named.map(|invite| invite.resource.as_str()))
        .ok_or(Refusal::CannotRemove)?;
    // An invite of another resource is as good as none.
    let invite = named.filter(|invite| invite.resource == resource);
    let inviter = invite.map(|invite| &invite.inviter);
    authorise(
        Call::Remove,
        Some(Authority::Actor(actor)),
        On {
            inviter,
            ..on(state, resource)
        },
    )?;
    let invite = invite.ok_or(Refusal::CannotRemove)?;
    match invite.status(now) {
        InviteStatus::Removed | InviteStatus::Expired => Err(Refusal::CannotRemove),
        InviteStatus::Pending | InviteStatus::Accepted => Ok(Decision {
            answer: Removed {
                id: invite.id.clone(),
                resource: invite.resource.clone(),
            },
            changes: vec![
                Change::RemoveInvite {
                    invite: invite.id.clone(),
                    at: now,
                },
                tell(EventKind::Removed, invite, &actor.user, now),
            ],
        }),
    }
}

/// Somebody takes an invite back, whoever made it; nothing where it was taken back or its end was told. One that seems over
/// is taken back, too: the clock may be wrong, and it would live again.
pub fn take_back(invite: &StoredInvite, by: &User, now: Moment) -> Vec<Change> {
    if invite.removed_at.is_some() || invite.ended {
        return Vec::new();
    }
    vec![
        Change::RemoveInvite {
            invite: invite.id.clone(),
            at: now,
        },
        tell(EventKind::Removed, invite, by, now),
    ]
}

fn tell(kind: EventKind, invite: &StoredInvite, user: &User, at: Moment) -> Change {
    let mut invite = invite.clone();
    invite.uses += u32::from(kind == EventKind::Used);
    Change::Tell {
        kind,
        invite: Box::new(invite),
        user: user.clone(),
        at,
    }
}

fn on<'a>(state: &State, resource: &'a str) -> On<'a> {
    On::stored(resource, state)
}

#[cfg(test)]
mod tests;
