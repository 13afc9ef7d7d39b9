//! RKVST clients come and go, on the operator's word.

use invite_key::permissions::Permissions;

use super::{Change, Decision, Ruling, appoint};
use crate::core::{Client, Moment, Refusal, state::State};

/// A client begins as a member of its resource: an admin, who holds what its invites grant. The resource begins with it
/// where there is none.
pub fn add_client(state: &State, client: &Client, now: Moment) -> Ruling<()> {
    let admin = Permissions::parse("a").map_err(|_| Refusal::ServerError)?;
    let held = admin.merge(client.permissions);
    let mut decision = appoint(state, &client.resource, &client.user(), held, now)?;
    decision.changes.push(Change::AddClient(client.clone()));
    Ok(decision)
}

/// A client is no more, and no member either: its invites open nothing, as those of anybody who was an admin. Who came
/// in by one stays.
pub fn remove_client(state: &State, client: &Client, now: Moment) -> Ruling<()> {
    let mut changes = Vec::new();
    if state.resource.is_some() {
        let none = Permissions::NONE;
        let left = appoint(state, &client.resource, &client.user(), none, now)?;
        changes = left.changes;
    }
    changes.push(Change::RemoveClient {
        id: client.id.clone(),
    });
    Ok(Decision {
        answer: (),
        changes,
    })
}
