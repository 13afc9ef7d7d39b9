//! Telling within this process which resources something has happened on.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, broadcast};

use super::Invites;
use crate::core::{
    Refusal, Store,
    state::{Change, Decision, Scope, State},
};

/// Whoever hears of more than this at once looks at everything instead.
const AT_ONCE: usize = 1024;

/// Whom to tell. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    something: Arc<Notify>,
    resources: broadcast::Sender<Arc<str>>,
}

impl Default for Moved {
    fn default() -> Moved {
        Moved {
            something: Arc::default(),
            resources: broadcast::Sender::new(AT_ONCE),
        }
    }
}

impl Moved {
    /// Something has happened on this resource.
    pub(super) fn tell(&self, resource: &str) {
        // Nobody may be there to hear it.
        let _ = self.resources.send(resource.into());
        self.something.notify_waiters();
    }
}

/// What a change moves, told when it is over, whatever became of it: whoever looks in vain loses little, and after a
/// caller that gave up or a commit that nobody knows of there may be something to see.
#[derive(Debug)]
pub(super) struct Moving {
    moved: Moved,
    resources: Arc<Mutex<Vec<Arc<str>>>>,
}

impl Moving {
    /// Notes what these changes move, in the place of what another attempt would have moved.
    pub(super) fn noting(&self) -> impl Fn(&[Change], bool) + Clone + Send + Sync + 'static {
        let noted = Arc::clone(&self.resources);
        move |changes: &[Change], anew: bool| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            if anew {
                noted.clear();
            }
            for name in changes.iter().filter_map(resource) {
                if !noted.iter().any(|one| **one == *name) {
                    noted.push(name.into());
                }
            }
        }
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        let resources = self
            .resources
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for name in resources.iter() {
            self.moved.tell(name);
        }
    }
}

/// The resource that whoever watches sees moving.
fn resource(change: &Change) -> Option<&str> {
    match change {
        Change::SetMember { resource, .. }
        | Change::TakeResource { resource, .. }
        | Change::DeleteResource { resource, .. } => Some(resource),
        Change::Tell { invite, .. } => Some(&invite.resource),
        _ => None,
    }
}

impl<S: Store> Invites<S> {
    /// Carries a change out, and tells what it has moved.
    pub(super) async fn transact<Answer, Rule>(
        &self,
        scope: Scope,
        rule: Rule,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
        Rule: Fn(&State) -> Result<Decision<Answer>, Refusal> + Send + Sync + 'static,
    {
        let moving = self.moving();
        let note = moving.noting();
        let rule = move |state: &State| {
            let decision = rule(state)?;
            note(&decision.changes, true);
            Ok(decision)
        };
        // On the heap: what a change is made of is more than every caller should hold within itself.
        Box::pin(self.store.transact(scope, rule)).await
    }

    pub(super) fn moving(&self) -> Moving {
        Moving {
            moved: self.moved.clone(),
            resources: Arc::default(),
        }
    }

    /// Returns when something may have happened in this process; copies on the same database do not tell.
    pub async fn something_happens(&self) {
        self.moved.something.notified().await;
    }

    /// The resources on which something may have happened in this process, from now on.
    pub fn moves(&self) -> broadcast::Receiver<Arc<str>> {
        self.moved.resources.subscribe()
    }
}
