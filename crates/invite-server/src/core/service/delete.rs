//! Deleting resources: at once for everybody, and row by row afterwards.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{Invites, count::counted, on_resource};
use crate::core::{Actor, Refusal, Store, rules, state::Scope};

/// Between two transactions: whoever waits to write comes first.
const PAUSE: Duration = Duration::from_millis(20);
/// How long whoever deletes waits for the rows to be gone, so that the name is free when they are answered.
const WAIT: Duration = Duration::from_secs(5);
/// So many resources are looked at in one go.
const AT_ONCE: u32 = 100;

impl<S: Store> Invites<S> {
    /// Deletes a resource with its invites, members and events. For everybody it is gone when this answers; its name is
    /// free then, too, unless there was so much that the rest goes on going.
    pub async fn delete_resource(
        &self,
        actor: Option<&Actor>,
        resource: &str,
    ) -> Result<(), Refusal> {
        let now = self.clock.now();
        let scope = Scope {
            tenancy: true,
            ..on_resource(resource, actor)
        };
        let (actor, name) = (actor.cloned(), resource.to_owned());
        let rule = move |state: &_| rules::delete_resource(state, actor.as_ref(), &name, now);
        counted("delete_resource", self.transact(scope, rule).await)?;
        // Goes on where whoever called gives up.
        let (store, name) = (self.store.clone(), resource.to_owned());
        let clearing = tokio::spawn(async move { clear(&store, &name).await });
        let _ = timeout(WAIT, clearing).await;
        Ok(())
    }

    /// Goes on with the rows of deleted resources that are left, because a copy of the server was stopped say. How many
    /// resources are gone.
    pub async fn clear_deleted(&self) -> Result<usize, Refusal> {
        let going = self.store.going(AT_ONCE).await?;
        for name in &going {
            clear(&self.store, name).await?;
        }
        Ok(going.len())
    }
}

async fn clear<S: Store>(store: &S, name: &str) -> Result<(), Refusal> {
    while store.clear(name).await? {
        sleep(PAUSE).await;
    }
    Ok(())
}
