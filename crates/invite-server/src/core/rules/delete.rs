//! A resource goes, with all that hangs on it.

use super::{Change, Decision, Ruling, on};
use crate::core::{Actor, Authority, Call, Moment, Refusal, authorise, state::State};

/// The resource is there no longer, for nobody; who holds a key of it holds nothing.
pub fn delete_resource(
    state: &State,
    actor: Option<&Actor>,
    resource: &str,
    now: Moment,
) -> Ruling<()> {
    let asker = actor.map(Authority::Actor);
    authorise(Call::DeleteResource, asker, on(state, resource))?;
    if state.is_tenancy {
        return Err(Refusal::Forbidden {
            sentence: "This resource is an RKVST app's tenancy, without which it can do nothing. Ask whoever runs the server to \
                       remove that app first: invite-server apps remove."
                .into(),
        });
    }
    Ok(Decision {
        answer: (),
        changes: vec![Change::DeleteResource {
            resource: resource.to_owned(),
            at: now,
        }],
    })
}
