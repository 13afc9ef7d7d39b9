//! What something stands on that is open for longer than a request; and the word that it stands on nothing any more.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::seal::{self, Purpose, Sealer};
use crate::core::{Account, Accounts, Claimed};

/// What proved who somebody is, as far as it can be over or taken back. Nothing outlives it that was opened with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    /// When it counts no longer, in seconds since 1970.
    pub(super) until: Option<u64>,
    /// The session, by its id.
    pub(super) session: Option<String>,
    /// Whom somebody else vouches for, where there is no session.
    pub(super) vouched: Option<Box<Vouched>>,
    /// What it was sealed for, and with which secret.
    pub(super) sealed: Option<(Purpose, String)>,
}

/// Somebody whom an issuer's token or a proxy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Vouched {
    /// Who, as they are called here.
    pub(super) claimed: Claimed,
    /// The issuer's name for its own session.
    pub(super) sid: Option<String>,
}

impl Grounds {
    pub(super) fn until(until: u64) -> Self {
        Self {
            until: Some(until),
            ..Self::default()
        }
    }

    fn is_past(&self, now: u64) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    /// Whom the name has to stay.
    fn account(&self) -> Option<Account> {
        let claimed = &self.vouched.as_ref()?.claimed;
        Some(Account::of(&claimed.subject, &claimed.user))
    }

    fn counts_as_sealed(&self, sealer: &Sealer, now: u64) -> bool {
        let sealed = self.sealed.as_ref();
        sealed.is_none_or(|(purpose, secret)| sealer.counts(*purpose, secret, now))
    }
}

/// Whatever is open, and what it stands on.
#[derive(Debug, Default)]
pub(super) struct Watches(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, (Arc<Grounds>, watch::Sender<bool>)>,
}

impl Watches {
    /// To be told when these are gone.
    pub(super) fn watch(self: &Arc<Self>, grounds: Grounds, sealer: &Sealer) -> GroundsWatch {
        let (grounds, tell) = (Arc::new(grounds), watch::Sender::new(false));
        let told = tell.subscribe();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.next;
        open.next += 1;
        open.all.insert(number, (Arc::clone(&grounds), tell));
        GroundsWatch {
            number,
            grounds,
            told,
            sealer: sealer.clone(),
            watches: Arc::clone(self),
        }
    }

    /// Tells whoever stands on what was taken back: one question each for all sessions and for all people. Whether anybody
    /// does.
    pub(super) async fn look_after(&self, sealer: &Sealer, accounts: &dyn Accounts) -> bool {
        let open: Vec<(u64, Arc<Grounds>)> = {
            let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let all = open.all.iter();
            all.map(|(number, (grounds, _))| (*number, Arc::clone(grounds)))
                .collect()
        };
        let all = || open.iter().map(|(_, grounds)| grounds);
        let sessions: HashSet<String> = all()
            .filter_map(|grounds| grounds.session.clone())
            .collect();
        let people: HashSet<Account> = all().filter_map(|grounds| grounds.account()).collect();
        // While nobody can say, nobody is cut off.
        let live = match sessions.is_empty() {
            true => None,
            false => accounts
                .live_sessions(sessions.into_iter().collect())
                .await
                .ok(),
        };
        let known = match people.is_empty() {
            true => None,
            false => accounts
                .known_accounts(people.into_iter().collect())
                .await
                .ok(),
        };
        let now = seal::now();
        let stands = |grounds: &Grounds| {
            let in_session = match (&grounds.session, &live) {
                (Some(session), Some(live)) => live.contains(session),
                _ => true,
            };
            let as_account = match (grounds.account(), &known) {
                (Some(account), Some(known)) => known.contains(&account),
                _ => true,
            };
            in_session && as_account && grounds.counts_as_sealed(sealer, now)
        };
        let gone: Vec<u64> = open
            .iter()
            .filter(|(_, grounds)| !stands(grounds))
            .map(|(number, _)| *number)
            .collect();
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, tell) in gone.iter().filter_map(|number| told.all.get(number)) {
            tell.send_replace(true);
        }
        !gone.is_empty()
    }
}

/// Says when something stands on nothing any more.
#[derive(Debug)]
pub struct GroundsWatch {
    number: u64,
    grounds: Arc<Grounds>,
    told: watch::Receiver<bool>,
    sealer: Sealer,
    watches: Arc<Watches>,
}

impl GroundsWatch {
    /// Returns when they are gone: at their end, or within two seconds of being taken back.
    pub async fn gone(&self) {
        let (until, mut told) = (self.grounds.until, self.told.clone());
        let past = async {
            match until {
                Some(until) => {
                    let left = until.saturating_sub(seal::now());
                    tokio::time::sleep(Duration::from_secs(left)).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // It stays among those that are told as long as this is here.
            _ = told.wait_for(|gone| *gone) => {}
            () = past => {}
        }
    }

    /// Whether they are. Asked before each thing that is done, as timers can be late, and a secret may have been taken back.
    pub fn are_gone(&self) -> bool {
        let now = seal::now();
        *self.told.borrow()
            || self.grounds.is_past(now)
            || !self.grounds.counts_as_sealed(&self.sealer, now)
    }
}

impl Drop for GroundsWatch {
    fn drop(&mut self) {
        let mut open = self
            .watches
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.all.remove(&self.number);
    }
}
