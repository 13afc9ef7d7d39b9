//! Watching what happens to a resource's invites.

use super::{Invites, on_resource};
use crate::core::{Actor, Authority, Call, Event, On, Refusal, Store, authorise};

/// So many events are read at once.
const EVENTS_AT_ONCE: u32 = 100;

impl<S: Store> Invites<S> {
    /// The next events after a place, and the place after them. Without a place it is the end: what has been is not
    /// told again. For admins, each time anew.
    pub async fn events(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        after: Option<i64>,
    ) -> Result<(i64, Vec<Event>), Refusal> {
        let state = self.store.look(on_resource(resource, actor)).await?;
        authorise(
            Call::Watch,
            actor.map(Authority::Actor),
            On::stored(resource, &state),
        )?;
        let end = state.resource.map_or(0, |resource| resource.events);
        // A place beyond the end is of a database that has been put back since.
        let after = after.unwrap_or(end).min(end);
        if after == end {
            return Ok((end, Vec::new()));
        }
        let events = self.store.events(resource, after, EVENTS_AT_ONCE).await?;
        // None although there were some: they are older than what is kept.
        let place = events.last().map_or(end, |event| event.number);
        Ok((place, events))
    }

    /// Returns when something may have happened in this process; copies on the same database do not tell.
    pub async fn something_happens(&self) {
        self.happened.notified().await;
    }
}
