//! How much may be open at once from one address, or by whomever else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So much at once for each, who is an address unless something else is said. Cheap to clone.
#[derive(Debug)]
pub struct Places<Who: Eq + Hash = IpAddr>(Arc<Inner<Who>>);

impl<Who: Eq + Hash> Clone for Places<Who> {
    fn clone(&self) -> Places<Who> {
        Places(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Inner<Who: Eq + Hash> {
    /// `None`: any number.
    most: Option<NonZeroU32>,
    /// Only of those who have something open, so that it stays as small as what is.
    taken: Mutex<HashMap<Who, u32>>,
}

/// Something that is open; dropped when it no longer is.
#[derive(Debug)]
pub struct Place<Who: Eq + Hash = IpAddr> {
    of: Arc<Inner<Who>>,
    /// `None` where it is not counted.
    who: Option<Who>,
}

impl<Who: Clone + Eq + Hash> Places<Who> {
    /// So many for each; 0 for any number.
    pub fn new(most: u32) -> Places<Who> {
        Places(Arc::new(Inner {
            most: NonZeroU32::new(most),
            taken: Mutex::new(HashMap::new()),
        }))
    }

    /// A place for one more of somebody's; `None` if they have as many as they may. Nobody's is not counted.
    pub fn take(&self, who: Option<Who>) -> Option<Place<Who>> {
        let place = |who| Place {
            of: Arc::clone(&self.0),
            who,
        };
        let (Some(most), Some(who)) = (self.0.most, who) else {
            return Some(place(None));
        };
        let mut taken = self.0.taken();
        let count = taken.entry(who.clone()).or_default();
        if *count >= most.get() {
            return None;
        }
        *count += 1;
        Some(place(Some(who)))
    }
}

impl<Who: Eq + Hash> Inner<Who> {
    fn taken(&self) -> MutexGuard<'_, HashMap<Who, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Who: Eq + Hash> Drop for Place<Who> {
    fn drop(&mut self) {
        let Some(who) = self.who.take() else { return };
        if let Entry::Occupied(mut entry) = self.of.taken().entry(who) {
            *entry.get_mut() = entry.get().saturating_sub(1);
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::neighbourhood;

    #[test]
    fn one_address_takes_its_own_places_alone_and_gives_them_back() {
        let places = Places::new(2);
        let from = |address: &str| places.take(Some(neighbourhood(address.parse().unwrap())));
        let held = [from("192.0.2.1"), from("::ffff:192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(from("192.0.2.1").is_none());
        assert!(from("192.0.2.2").is_some());
        assert!(places.take(None).is_some());
        drop(held);
        assert!(from("192.0.2.1").is_some());
        assert!(places.0.taken().is_empty(), "nobody is remembered");
        let any: Places = Places::new(0);
        let all: Vec<_> = (0..1000)
            .map(|_| any.take(Some([192, 0, 2, 1].into())))
            .collect();
        assert!(all.iter().all(Option::is_some));
    }
}
