//! Places for streams of events: so many in all, and of these so many for each person, each address and each resource, so
//! that nobody takes them from the others.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    core::{Actor, Refusal},
    limits::{self, Culprit, Places},
};

/// The metric of how many are open.
const OPEN: &str = "invite_server_streams";
/// More than the browsers, tabs and programs that anybody has.
const EACH: u32 = 64;
/// Of all streams, so many are one resource's at most.
const SHARE: u32 = 2;

/// Places for streams. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Streams {
    all: Arc<Semaphore>,
    people: Places<String>,
    resources: Places<String>,
    addresses: Places,
    apps: Places<String>,
}

/// A place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _all: OwnedSemaphorePermit,
    _resource: limits::Place<String>,
    _own: Own,
}

/// Among whose it is.
#[derive(Debug)]
enum Own {
    /// A person's, and those of the address.
    Person {
        _person: limits::Place<String>,
        _address: limits::Place,
    },
    /// An app's, for whomever and from wherever.
    App { _app: limits::Place<String> },
}

impl Streams {
    /// So many in all, and so many from each address or by each app; 0 for any number from one.
    pub fn new(all: u32, each: u32) -> Streams {
        Streams {
            all: Arc::new(Semaphore::new(all as usize)),
            people: Places::new(EACH),
            resources: Places::new((all / SHARE).max(1)),
            addresses: Places::new(each),
            apps: Places::new(each),
        }
    }

    /// A place for somebody's stream of a resource, from an address that counts.
    pub(super) fn take(
        &self,
        actor: &Actor,
        resource: &str,
        address: Option<IpAddr>,
    ) -> Result<Place, Refusal> {
        let place = self.place(actor, resource, address);
        match &place {
            Ok(_) => metrics::gauge!(OPEN).increment(1.0),
            Err(_) => {
                let at = Culprit::at(address);
                let culprit = match &actor.app {
                    Some(app) => at.app(app),
                    None => at.person(actor.user.user_id()),
                };
                limits::refused("streams", &culprit);
            }
        }
        place
    }

    fn place(
        &self,
        actor: &Actor,
        resource: &str,
        address: Option<IpAddr>,
    ) -> Result<Place, Refusal> {
        let own = self.own(actor, address)?;
        let resource = self.resources.take(Some(resource.to_owned())).ok_or_else(|| {
            full(format!(
                "So many watch {resource} already that there can be no other. List its invites instead."
            ))
        })?;
        let all = Arc::clone(&self.all).try_acquire_owned();
        let all = all.map_err(|_| Refusal::TryAgain)?;
        Ok(Place {
            _all: all,
            _resource: resource,
            _own: own,
        })
    }

    fn own(&self, actor: &Actor, address: Option<IpAddr>) -> Result<Own, Refusal> {
        if let Some(app) = &actor.app {
            let app = self.apps.take(Some(app.clone())).ok_or_else(|| {
                full("This app watches so often that it can no more. End a stream first.".into())
            })?;
            return Ok(Own::App { _app: app });
        }
        let person = self
            .people
            .take(Some(actor.user.user_id()))
            .ok_or_else(|| {
                full(format!(
                    "You watch {EACH} times already. End one before you begin another."
                ))
            })?;
        let address = self.addresses.take(address).ok_or_else(|| {
            full(
                "So many streams are open from your address that there can be no other. End one."
                    .into(),
            )
        })?;
        Ok(Own::Person {
            _person: person,
            _address: address,
        })
    }
}

fn full(sentence: String) -> Refusal {
    Refusal::LimitReached { sentence }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!(OPEN).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::User;

    fn user(number: u32) -> Actor {
        Actor::new(User::new(format!("person{number}"), "test"))
    }

    #[test]
    fn nobody_takes_the_places_of_others() {
        let streams = Streams::new(512, 100);
        let here = Some([192, 0, 2, 1].into());
        let take = |number, resource: &str, address| streams.take(&user(number), resource, address);
        let code = |refused: Result<Place, Refusal>| refused.map(|_| ()).unwrap_err().code();
        // A person.
        let mut mine: Vec<Place> = (0..EACH).map(|_| take(0, "notes", None).unwrap()).collect();
        assert_eq!(code(take(0, "other", None)), "limit_reached");
        assert!(take(1, "notes", None).is_ok());
        mine.pop();
        let again = take(0, "notes", None).unwrap();
        // An app takes neither theirs nor their address's, whomever it acts for.
        let by = |name: &str| streams.take(&user(0).by_app(name), "apps", here);
        let crm: Vec<Place> = (0..100).map(|_| by("crm").unwrap()).collect();
        assert_eq!(code(by("crm")), "limit_reached");
        assert!(by("shop").is_ok());
        drop(crm);
        // An address.
        let from_here: Vec<Place> = (0..100)
            .map(|one| take(1 + one, "here", here).unwrap())
            .collect();
        assert_eq!(code(take(200, "here", here)), "limit_reached");
        assert!(take(200, "here", Some([192, 0, 2, 2].into())).is_ok());
        // A resource.
        let crowd: Vec<Place> = (0..256)
            .map(|one| take(1000 + one, "crowd", None).unwrap())
            .collect();
        assert_eq!(code(take(2000, "crowd", None)), "limit_reached");
        // All.
        let last: Vec<Place> = (0..512 - 64 - 100 - 256)
            .map(|one| take(3000 + one, "last", None).unwrap())
            .collect();
        assert_eq!(code(take(4000, "quiet", None)), "try_again");
        drop((mine, again, from_here, crowd, last));
        assert_eq!(streams.all.available_permits(), 512);
        assert!(take(0, "notes", here).is_ok());
    }
}
