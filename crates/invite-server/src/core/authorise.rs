//! Who may do what: the one function that every call of every dialect goes through.

use invite_key::permissions::{Permission, Permissions};

use super::{Authority, Refusal, User, app::not_its_own, state::State};

/// Who creates resources, as the operator decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Creators {
    /// Whoever is signed in, and backends.
    #[default]
    People,
    /// Backends alone, with their app keys.
    Apps,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Create a resource, where these may.
    CreateResource(Creators),
    /// Delete a resource.
    DeleteResource,
    /// See which resources one has access to.
    Resources,
    /// Create an invite.
    Create,
    /// List one's own invites.
    List,
    /// List every admin's invites.
    ListEveryone,
    /// Remove an invite of one's own.
    Remove,
    /// Give an invite of one's own a new end.
    Resend,
    /// Look an invite up by its key.
    Check,
    /// Accept an invite by its key.
    Accept,
    /// See who has access.
    Members,
    /// Watch what happens to its invites.
    Watch,
    /// Change what somebody may do.
    SetMember,
    /// Give up letters of one's own.
    Leave,
    /// See what one may do oneself.
    Permissions,
    /// End all of one's own sessions.
    SignOut,
}

/// What it would be done to, as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct On<'a> {
    /// The resource; it need not exist.
    pub resource: &'a str,
    /// What the asker may do there. Nothing on a resource that does not exist, so the two cannot be told apart.
    pub permissions: Permissions,
    /// Who made the invite that is meant, if there is such an invite.
    pub inviter: Option<&'a User>,
    /// Whether the app that asks, if it is one, created the resource or was given it.
    pub is_the_apps: bool,
}

impl<'a> On<'a> {
    /// A resource where the asker may do this, and no invite in particular.
    pub fn resource(resource: &'a str, permissions: Permissions) -> On<'a> {
        On {
            resource,
            permissions,
            inviter: None,
            is_the_apps: true,
        }
    }

    /// The same, as it is stored for whoever asks.
    pub fn stored(resource: &'a str, state: &State) -> On<'a> {
        On {
            is_the_apps: state.is_the_apps,
            ..On::resource(resource, state.permissions)
        }
    }

    /// Nothing in particular.
    pub fn nothing() -> On<'a> {
        On::resource("", Permissions::NONE)
    }
}

/// Lets a call through or refuses it.
pub fn authorise(call: Call, asker: Option<Authority<'_>>, on: On<'_>) -> Result<(), Refusal> {
    // Holding the key is the authority to look; what the anonymous see of it is the rule's business.
    if call == Call::Check {
        return Ok(());
    }
    let actor = match asker {
        None => return Err(Refusal::NotSignedIn),
        Some(Authority::Operator) => return Ok(()),
        Some(Authority::Actor(actor)) => actor,
    };
    if call == Call::Accept && actor.app.is_some() {
        return Err(Refusal::Forbidden {
            sentence: "Only people accept invites, themselves and signed in; an app cannot do it for them."
                .into(),
        });
    }
    if call == Call::SignOut && actor.app.is_some() {
        return Err(Refusal::Forbidden {
            sentence: "Only people sign themselves out; an app cannot do it for them.".into(),
        });
    }
    if call == Call::CreateResource(Creators::Apps) && actor.app.is_none() {
        return Err(Refusal::Forbidden {
            sentence: "Only backends create resources on this server, with an app key.".into(),
        });
    }
    let about_one = !matches!(
        call,
        Call::CreateResource(_) | Call::Resources | Call::SignOut
    );
    if about_one && actor.app.is_some() && !on.is_the_apps {
        // An invite by its id, which the app could try out.
        return Err(if call == Call::Resend {
            Refusal::NotFound
        } else {
            not_its_own()
        });
    }
    let admin = on.permissions.contains(Permission::Admin);
    let resource = on.resource.to_owned();
    match call {
        Call::Check
        | Call::Accept
        | Call::CreateResource(_)
        | Call::Resources
        | Call::Permissions
        | Call::Leave
        | Call::SignOut => Ok(()),
        Call::Members if on.permissions.is_empty() => Err(Refusal::NotMember { resource }),
        Call::Members => Ok(()),
        // To everybody else the invite does not exist, admin or not.
        Call::Resend if !on.inviter.is_some_and(|inviter| inviter.is(&actor.user)) => {
            Err(Refusal::NotFound)
        }
        _ if !admin => Err(Refusal::NotAdmin {
            resource,
            current: on.permissions,
        }),
        Call::Remove if !on.inviter.is_some_and(|inviter| inviter.is(&actor.user)) => {
            Err(Refusal::CannotRemove)
        }
        Call::Create
        | Call::List
        | Call::ListEveryone
        | Call::Remove
        | Call::Resend
        | Call::Watch
        | Call::DeleteResource
        | Call::SetMember => Ok(()),
    }
}

#[cfg(test)]
mod tests;
