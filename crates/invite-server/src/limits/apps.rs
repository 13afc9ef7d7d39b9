//! Apps that have shown their credentials. Whether these still count is for their dialect to say, on each call: here they
//! only tell whose calls are whose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dialect::Brought;

/// So many credentials are remembered; beyond that all are looked up again.
const MOST: usize = 10_000;

/// Credentials, and the apps that they are of.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<Brought, Arc<str>>>);

impl Known {
    pub(super) fn find(&self, brought: &Brought) -> Option<Arc<str>> {
        self.all().get(brought).cloned()
    }

    pub(super) fn add(&self, brought: Brought, app: &str) -> Arc<str> {
        let app: Arc<str> = app.into();
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(brought, Arc::clone(&app));
        app
    }

    pub(super) fn forget(&self, brought: &Brought) {
        self.all().remove(brought);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Brought, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_bounded() {
        let known = Known::default();
        for number in 0..3 * MOST {
            let mut brought = [0; 32];
            for (place, byte) in brought.iter_mut().zip(number.to_be_bytes()) {
                *place = byte;
            }
            known.add(brought, "crm");
            assert_eq!(known.find(&brought).as_deref(), Some("crm"));
            assert!(known.all().len() <= MOST);
        }
        known.add([1; 32], "crm");
        known.forget(&[1; 32]);
        assert_eq!(known.find(&[1; 32]), None);
    }
}
