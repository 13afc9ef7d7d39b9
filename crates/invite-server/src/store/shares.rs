//! How many connections one resource may have: whoever waits for a row of it leaves the others theirs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::core::state::{InviteName, Scope};

/// What calls crowd around.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Crowd {
    /// A resource.
    Resource(String),
    /// An invite that is named by its key, as long as its resource is not known.
    Key([u8; 32]),
    /// An invite that is named by its id, as long as its resource is not known.
    Id(String),
    /// What somebody has, wherever.
    Person(String),
    /// What is about no resource: apps, webhooks, mails, what the server does by itself.
    Server,
}

impl Crowd {
    pub(super) fn of(scope: &Scope) -> Crowd {
        match (&scope.resource, &scope.invite) {
            (Some(resource), _) => Crowd::Resource(resource.clone()),
            (None, Some(InviteName::Key(hash))) => Crowd::Key(hash.0),
            (None, Some(InviteName::Id(id))) => Crowd::Id(id.clone()),
            (None, None) => Crowd::Server,
        }
    }
}

/// So many places for each crowd. Who waits for one holds no connection; places are given in the order of asking.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    places: usize,
    crowds: Arc<Mutex<HashMap<Crowd, Arc<Semaphore>>>>,
}

/// Others were before it, longer than it waits.
#[derive(Debug, thiserror::Error)]
#[error("as many calls as may be about one resource at once took too long")]
pub(super) struct NoPlace;

/// A place, until it is dropped.
pub(super) struct Place {
    // Given back before the entry looks whether it is still needed.
    permit: Option<OwnedSemaphorePermit>,
    entry: Entry,
}

impl Shares {
    pub(super) fn of(places: usize) -> Shares {
        Shares {
            places: places.max(1),
            crowds: Arc::default(),
        }
    }

    /// Waits for a place, so long at most.
    pub(super) async fn enter(&self, crowd: Crowd, patience: Duration) -> Result<Place, NoPlace> {
        let entry = self.entry(crowd);
        let permit = timeout(patience, Arc::clone(&entry.places).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        let permit = Some(permit.ok_or(NoPlace)?);
        Ok(Place { permit, entry })
    }

    /// A place, if there is one.
    pub(super) fn try_enter(&self, crowd: Crowd) -> Option<Place> {
        let entry = self.entry(crowd);
        let permit = Some(Arc::clone(&entry.places).try_acquire_owned().ok()?);
        Some(Place { permit, entry })
    }

    fn entry(&self, crowd: Crowd) -> Entry {
        let mut crowds = self.crowds.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Semaphore::new(self.places));
        let places = Arc::clone(crowds.entry(crowd.clone()).or_insert_with(fresh));
        Entry {
            crowd,
            places,
            shares: self.clone(),
        }
    }
}

impl Place {
    pub(super) fn is_of(&self, crowd: &Crowd) -> bool {
        self.entry.crowd == *crowd
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.permit = None;
    }
}

/// A crowd is remembered as long as somebody is in it or waits.
struct Entry {
    crowd: Crowd,
    places: Arc<Semaphore>,
    shares: Shares,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let crowds = self.shares.crowds.lock();
        let mut crowds = crowds.unwrap_or_else(PoisonError::into_inner);
        // The map's and this one: nobody else has it, and nobody gets it while the map is locked.
        if Arc::strong_count(&self.places) <= 2 {
            crowds.remove(&self.crowd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(5);

    fn notes() -> Crowd {
        Crowd::Resource("notes".into())
    }

    #[tokio::test]
    async fn a_crowd_has_its_share_and_is_forgotten_with_the_last_of_it() {
        let shares = Shares::of(2);
        let first = shares.enter(notes(), SOON).await.ok();
        let second = shares.try_enter(notes());
        assert!(first.is_some() && second.is_some());
        assert!(shares.try_enter(notes()).is_none());
        let refused = shares.enter(notes(), SOON).await.err().unwrap();
        assert!(refused.to_string().contains("resource"), "{refused}");
        assert!(
            shares.try_enter(Crowd::Server).is_some(),
            "others have theirs"
        );
        drop(first);
        assert!(shares.enter(notes(), SOON).await.is_ok());
        drop(second);
        assert!(shares.crowds.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_leaves_nothing_behind() {
        let shares = Shares::of(1);
        let only = shares.try_enter(notes()).unwrap();
        let waiting = shares.enter(notes(), Duration::from_secs(60));
        assert!(timeout(SOON, waiting).await.is_err());
        drop(only);
        assert!(shares.crowds.lock().unwrap().is_empty());
    }
}
