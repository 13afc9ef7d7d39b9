//! What in a history has a name, and what it is called by the server.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use invite_key::InviteKey;
use invite_server::core::AppKey;

/// The name of what no history has made.
pub(crate) const NOBODY_KNOWS: u16 = u16::MAX;

#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Each invite's id and key.
    invites: HashMap<u16, (String, InviteKey)>,
    ids: HashMap<String, u16>,
    receipts: HashMap<u16, String>,
    sessions: HashMap<u16, String>,
    apps: HashMap<usize, AppKey>,
}

impl Names {
    fn with<Answer>(&self, look: impl FnOnce(&mut Known) -> Answer) -> Answer {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An invite has this id; where its maker heard of it, this key.
    pub(crate) fn learn(&self, name: u16, id: &str, key: Option<&InviteKey>) {
        self.with(|known| {
            known.ids.insert(id.to_owned(), name);
            if let Some(key) = key {
                let made = || (id.to_owned(), key.clone());
                known.invites.entry(name).or_insert_with(made);
            }
        });
    }

    /// What an invite of this id is called.
    pub(crate) fn of(&self, id: &str) -> u16 {
        self.with(|known| known.ids.get(id).copied().unwrap_or(NOBODY_KNOWS))
    }

    /// The id, and the key; some that nothing has, where there is no such invite.
    pub(crate) fn invite(&self, name: u16) -> (String, InviteKey) {
        let nothing = || {
            let mut bytes = [0xee; 32];
            bytes[..2].copy_from_slice(&name.to_be_bytes());
            ("invite_of_nobody".to_owned(), InviteKey::opaque(&bytes))
        };
        self.with(|known| known.invites.get(&name).cloned())
            .unwrap_or_else(nothing)
    }

    /// Whether anybody holds its key yet.
    pub(crate) fn is_known(&self, name: u16) -> bool {
        self.with(|known| known.invites.contains_key(&name))
    }

    pub(crate) fn keep_receipt(&self, name: u16, receipt: String) {
        self.with(|known| known.receipts.insert(name, receipt));
    }

    pub(crate) fn receipt(&self, name: u16) -> String {
        let kept = self.with(|known| known.receipts.get(&name).cloned());
        kept.unwrap_or_else(|| "no.receipt.atall".into())
    }

    pub(crate) fn keep_session(&self, name: u16, id: String) {
        self.with(|known| known.sessions.insert(name, id));
    }

    pub(crate) fn session(&self, name: u16) -> String {
        let kept = self.with(|known| known.sessions.get(&name).cloned());
        kept.unwrap_or_default()
    }

    pub(crate) fn keep_app(&self, app: usize, key: AppKey) {
        self.with(|known| known.apps.insert(app, key));
    }

    pub(crate) fn app(&self, app: usize) -> Option<AppKey> {
        self.with(|known| known.apps.get(&app).cloned())
    }
}
