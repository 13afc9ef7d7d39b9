//! An admin writes the whole list of members.

use invite_key::permissions::{Permission, Permissions};

use super::{Change, Decision, Ruling, on};
use crate::core::{Actor, Authority, Call, Member, Refusal, User, authorise, state::State};

/// So many members a list may bring.
const MEMBERS_LIMIT: usize = 1_000;
const NAME_LIMIT: usize = 256;

/// This list takes the place of the one that stands, if it is still the one of `version`.
///
/// Nobody grants letters they do not hold, and somebody stays who can undo it.
pub fn replace_members(
    state: &State,
    actor: &Actor,
    resource: &str,
    version: Option<i64>,
    wanted: &[Member],
) -> Ruling<()> {
    authorise(
        Call::SetMember,
        Some(Authority::Actor(actor)),
        on(state, resource),
    )?;
    validate(wanted)?;
    let stored = state.resource.as_ref().ok_or(Refusal::ServerError)?;
    if version.is_some_and(|version| version != stored.version) {
        return Err(Refusal::Changed);
    }
    let mut changes = Vec::new();
    let mut set = |user: &User, permissions| {
        changes.push(Change::SetMember {
            resource: resource.to_owned(),
            user: user.clone(),
            permissions,
        });
    };
    for member in wanted {
        let held = letters_of(&state.members, &member.user);
        let added = member.permissions.gained(held);
        if !added.gained(state.permissions).is_empty() {
            return Err(Refusal::BeyondInviter {
                held: state.permissions,
                asked: member.permissions,
            });
        }
        if member.permissions != held {
            set(&member.user, member.permissions);
        }
    }
    for member in &state.members {
        if !wanted.iter().any(|one| one.user.is(&member.user)) {
            set(&member.user, Permissions::NONE);
        }
    }
    Ok(Decision {
        answer: (),
        changes,
    })
}

fn letters_of(members: &[Member], user: &User) -> Permissions {
    let found = members.iter().find(|member| member.user.is(user));
    found.map_or(Permissions::NONE, |member| member.permissions)
}

fn validate(wanted: &[Member]) -> Result<(), Refusal> {
    let refused = |sentence: &str| Err(Refusal::invalid_option("members", sentence));
    if wanted.len() > MEMBERS_LIMIT {
        return refused("members is at most 1000 people.");
    }
    let mut names = std::collections::HashSet::new();
    for Member { user, permissions } in wanted {
        let nameable = |name: &str| {
            !name.is_empty() && name.len() <= NAME_LIMIT && !name.contains(char::is_control)
        };
        if !nameable(&user.username) || !nameable(&user.provider) {
            return refused("Each of members has a user with a username and a provider.");
        }
        if permissions.is_empty() {
            return refused("Each of members has permissions. Leave out whoever shall have none.");
        }
        if !names.insert((&user.username, &user.provider)) {
            return refused("members names somebody twice.");
        }
    }
    if !wanted
        .iter()
        .any(|member| member.permissions.contains(Permission::Admin))
    {
        return refused("members holds no admin. Somebody has to be able to change this again.");
    }
    Ok(())
}
