//! How much may be open at once from one address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::neighbourhood;

/// So much at once from one address. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: any number.
    most: Option<NonZeroU32>,
    /// Only of those who have something open, so that it stays as small as what is.
    taken: Mutex<HashMap<IpAddr, u32>>,
}

/// Something that is open; dropped when it no longer is.
#[derive(Debug)]
pub struct Place {
    of: Arc<Inner>,
    /// `None` where it is not counted.
    address: Option<IpAddr>,
}

impl Places {
    /// So many from each address; 0 for any number.
    pub fn new(most: u32) -> Places {
        Places(Arc::new(Inner {
            most: NonZeroU32::new(most),
            taken: Mutex::default(),
        }))
    }

    /// A place for one more from an address; `None` if it has as many as it may. Without an address it is not counted.
    pub fn take(&self, address: Option<IpAddr>) -> Option<Place> {
        let place = |address| Place {
            of: Arc::clone(&self.0),
            address,
        };
        let (Some(most), Some(address)) = (self.0.most, address.map(neighbourhood)) else {
            return Some(place(None));
        };
        let mut taken = self.0.taken();
        let count = taken.entry(address).or_default();
        if *count >= most.get() {
            return None;
        }
        *count += 1;
        Some(place(Some(address)))
    }
}

impl Inner {
    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        if let Entry::Occupied(mut entry) = self.of.taken().entry(address) {
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

    #[test]
    fn one_address_takes_its_own_places_alone_and_gives_them_back() {
        let places = Places::new(2);
        let from = |address: &str| places.take(Some(address.parse().unwrap()));
        let held = [from("192.0.2.1"), from("::ffff:192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(from("192.0.2.1").is_none());
        assert!(from("192.0.2.2").is_some());
        assert!(places.take(None).is_some());
        drop(held);
        assert!(from("192.0.2.1").is_some());
        assert!(places.0.taken().is_empty(), "nobody is remembered");
        let any = Places::new(0);
        let all: Vec<_> = (0..1000)
            .map(|_| any.take(Some([192, 0, 2, 1].into())))
            .collect();
        assert!(all.iter().all(Option::is_some));
    }
}
