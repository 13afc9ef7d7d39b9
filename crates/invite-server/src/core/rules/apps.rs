//! What backends act on.

use super::{Decision, Moment, Ruling};
use crate::core::{
    App, Refusal,
    state::{Change, State},
};

/// An app acts on a resource that there is. It may be given it twice.
pub fn grant_app(state: &State, app: &App, resource: &str, at: Moment) -> Ruling<()> {
    if state.resource.is_none() {
        let sentence = format!("There is no resource {resource}.");
        return Err(Refusal::invalid_option("resource", sentence));
    }
    let has = app.resources.iter().any(|(one, _)| one == resource);
    let given = Change::GiveResource {
        app: app.name.clone(),
        resource: resource.to_owned(),
        at,
    };
    Ok(Decision {
        answer: (),
        changes: if has { Vec::new() } else { vec![given] },
    })
}
