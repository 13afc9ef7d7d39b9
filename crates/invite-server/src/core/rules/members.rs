//! Who has access changes.

use invite_key::permissions::{Permission, Permissions};

use super::{Change, Decision, Ruling, on, take_back};
use crate::core::{
    Actor, Authority, Call, Invite, Links, Member, OpenLinks, Refusal, User, Wanted,
    access::{Afterwards, LINKS_AT_ONCE, LINKS_SHOWN, MEMBERS_AT_ONCE},
    authorise,
    options::is_nameable,
    state::{State, Version},
};

/// These people have these letters from now on, if the list is still the one of `version`.
///
/// Nobody grants letters they do not hold, and somebody stays who can undo it. An admin is told which links would let
/// somebody in again who loses letters; they end with it where that is wanted. Anybody may give up letters of their own.
pub fn change_members(
    state: &State,
    actor: &Actor,
    resource: &str,
    version: Option<Version>,
    wanted: &Wanted,
) -> Ruling<Option<Links>> {
    let call = if gives_up(state, actor, wanted) {
        Call::Leave
    } else {
        Call::SetMember
    };
    authorise(call, Some(Authority::Actor(actor)), on(state, resource))?;
    validate(wanted)?;
    // Whoever leaves where there is nothing has left.
    let Some(stored) = &state.resource else {
        return Ok(Decision {
            answer: None,
            changes: Vec::new(),
        });
    };
    if version.is_some_and(|version| version != stored.seen()) {
        return Err(Refusal::Changed);
    }
    if wanted.everybody && state.members_are_too_many {
        return Err(Refusal::LimitReached {
            sentence: format!(
                "More than {MEMBERS_AT_ONCE} people have access: too many to replace at once. Change them one by one: PUT and DELETE of members/{{username}}:{{provider}}."
            ),
        });
    }
    let mut changes = Vec::new();
    let mut set = |user: &User, permissions| {
        changes.push(Change::SetMember {
            resource: resource.to_owned(),
            user: user.clone(),
            permissions,
        });
    };
    for member in &wanted.members {
        let held = letters_of(&state.members, &member.user);
        let added = member.permissions.gained(held);
        if !added.is_within(state.permissions) {
            return Err(Refusal::BeyondInviter {
                held: state.permissions,
                asked: member.permissions,
            });
        }
        if member.permissions != held {
            set(&member.user, member.permissions);
        }
    }
    if wanted.everybody {
        for member in &state.members {
            if !wanted.members.iter().any(|one| one.user.is(&member.user)) {
                set(&member.user, Permissions::NONE);
            }
        }
    }
    let afterwards = wanted.afterwards(&state.members);
    if state.members.iter().any(is_admin) && !afterwards.has_admin() {
        return Err(Refusal::LastAdmin);
    }
    let links = links(state, wanted, &afterwards);
    if wanted.end_links && links.is_some() {
        if state.links.are_too_many() {
            return Err(Refusal::LimitReached {
                sentence: format!(
                    "More than {LINKS_AT_ONCE} links would let them in: too many to end at once. Revoke some of them first, or take the access away and leave the links."
                ),
            });
        }
        for link in state.links.to_end() {
            changes.extend(take_back(link, &actor.user, wanted.now));
        }
    }
    Ok(Decision {
        answer: links,
        changes,
    })
}

/// What would let somebody in again, if these letters were theirs: for an admin, who changes nothing yet.
pub fn links_beside(
    state: &State,
    actor: Option<&Actor>,
    resource: &str,
    wanted: &Wanted,
) -> Result<Option<Links>, Refusal> {
    let on = on(state, resource);
    authorise(Call::SetMember, actor.map(Authority::Actor), on)?;
    let afterwards = wanted.afterwards(&state.members);
    Ok(links(state, wanted, &afterwards))
}

/// Only for admins: others neither see nor end what is not theirs.
fn links(state: &State, wanted: &Wanted, afterwards: &Afterwards<'_>) -> Option<Links> {
    let asked = OpenLinks::are_shown_to(state.permissions) && !afterwards.nobody_loses();
    let newest = state.links.newest.iter().take(LINKS_SHOWN).cloned();
    asked.then(|| Links {
        total: state.links.total,
        ended: wanted.end_links && state.links.total > 0,
        invites: newest
            .map(|link| Invite::of(link, None, Vec::new(), wanted.now))
            .collect(),
    })
}

/// Whether somebody does no more than give up letters of their own; ending links is an admin's.
fn gives_up(state: &State, actor: &Actor, wanted: &Wanted) -> bool {
    let own =
        |one: &Member| one.user.is(&actor.user) && one.permissions.is_within(state.permissions);
    !wanted.everybody && !wanted.end_links && wanted.members.iter().all(own)
}

fn is_admin(member: &Member) -> bool {
    member.permissions.contains(Permission::Admin)
}

fn letters_of(members: &[Member], user: &User) -> Permissions {
    let found = members.iter().find(|member| member.user.is(user));
    found.map_or(Permissions::NONE, |member| member.permissions)
}

fn validate(wanted: &Wanted) -> Result<(), Refusal> {
    let refused = |sentence: &str| Err(Refusal::invalid_option("members", sentence));
    if wanted.members.len() > MEMBERS_AT_ONCE {
        return refused("members is at most 1000 people.");
    }
    let mut names = std::collections::HashSet::new();
    for Member { user, permissions } in &wanted.members {
        if !is_nameable(&user.username) || !is_nameable(&user.provider) {
            return refused("Each of members has a user with a username and a provider.");
        }
        if wanted.everybody && permissions.is_empty() {
            return refused("Each of members has permissions. Leave out whoever shall have none.");
        }
        if !names.insert((&user.username, &user.provider)) {
            return refused("members names somebody twice.");
        }
    }
    if wanted.everybody && !wanted.members.iter().any(is_admin) {
        return refused("members holds no admin. Somebody has to be able to change this again.");
    }
    Ok(())
}
