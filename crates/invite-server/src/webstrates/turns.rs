//! Long answers wait for each other: those of one socket, and those of one person on all their sockets. A turn lasts until
//! the answer has been sent, so that whoever reads slowly holds up themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::User;

/// Long answers of one person at once: one who reads slowly on one device is not held up on the others.
const EACH: usize = 4;

/// Each person's, by name and provider, as long as somebody has or awaits one.
type Everybody = HashMap<(String, String), Weak<Semaphore>>;

/// The turns of everybody. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<Everybody>>);

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _on_socket: OwnedSemaphorePermit,
    _of_person: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for the turn of a person's socket, whose own permits are given. `None` only when the socket is ending.
    pub(super) async fn take(
        &self,
        socket: &Arc<Semaphore>,
        person: Option<&User>,
    ) -> Option<Turn> {
        let on_socket = Arc::clone(socket).acquire_owned().await.ok()?;
        let of_person = match person {
            Some(person) => Some(self.of(person).acquire_owned().await.ok()?),
            None => None,
        };
        Some(Turn {
            _on_socket: on_socket,
            _of_person: of_person,
        })
    }

    fn of(&self, person: &User) -> Arc<Semaphore> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (person.username.clone(), person.provider.clone());
        if let Some(turns) = all.get(&name).and_then(Weak::upgrade) {
            return turns;
        }
        // Only those are remembered who have or await a turn.
        all.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(EACH));
        all.insert(name, Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn one_person_takes_their_own_turns_alone() {
        let turns = Turns::default();
        let (alice, bob) = (User::new("alice", "test"), User::new("bob", "test"));
        let socket = || Arc::new(Semaphore::new(1));
        let first = socket();
        let mut held = vec![turns.take(&first, Some(&alice)).await.unwrap()];
        let again = timeout(SOON, turns.take(&first, Some(&alice))).await;
        assert!(again.is_err(), "a second on the same socket");
        while held.len() < EACH {
            held.push(turns.take(&socket(), Some(&alice)).await.unwrap());
        }
        let more = timeout(SOON, turns.take(&socket(), Some(&alice))).await;
        assert!(more.is_err(), "one more on any socket");
        assert!(turns.take(&socket(), Some(&bob)).await.is_some());
        held.pop();
        assert!(turns.take(&socket(), Some(&alice)).await.is_some());
        drop(held);
        assert!(turns.take(&socket(), Some(&bob)).await.is_some());
        assert_eq!(turns.0.lock().unwrap().len(), 1, "nobody is remembered");
    }
}
