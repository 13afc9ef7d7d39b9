//! Sessions and people as requests see them: looked up in the database, and taken from memory for less than a second, so
//! that what has ended on one copy of the server has ended on all.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::seal;
use crate::core::{Accounts, Claimed, LogoutToken, Refusal, Session, SessionToken, Sessions, User};

/// How long a session that was looked up counts without a question.
const FRESH: Duration = Duration::from_millis(500);
/// How long somebody who was recognised is known without a question: nobody else ever gets their name.
const KNOWN: Duration = Duration::from_secs(60);
/// So much is remembered at most.
const MOST: usize = 10_000;

/// Who is signed in. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    accounts: Arc<dyn Accounts>,
    seen: Arc<Remembered<String, Option<Session>>>,
    known: Arc<Remembered<Claimed, User>>,
    watched: Arc<Mutex<HashMap<String, Watched>>>,
}

/// Somebody waits for the end of a session.
#[derive(Debug)]
struct Watched {
    waiting: usize,
    ended: watch::Sender<bool>,
}

impl SignedIn {
    pub(super) fn new(accounts: Arc<dyn Accounts>) -> SignedIn {
        SignedIn {
            accounts,
            seen: Arc::new(Remembered::for_a(FRESH)),
            known: Arc::new(Remembered::for_a(KNOWN)),
            watched: Arc::default(),
        }
    }

    /// The session of this id, if it has not ended.
    pub(super) async fn session(&self, id: &str) -> Result<Option<Session>, Refusal> {
        if let Some(session) = self.seen.get(id) {
            return Ok(session);
        }
        let asked = Instant::now();
        let session = self.accounts.session(id).await?;
        self.seen.put(id.to_owned(), session.clone(), asked);
        Ok(session)
    }

    /// Who somebody is here.
    pub(super) async fn recognise(&self, claimed: Claimed) -> Result<User, Refusal> {
        if let Some(user) = self.known.get(&claimed) {
            return Ok(user);
        }
        let asked = Instant::now();
        let user = self.accounts.recognise(claimed.clone()).await?;
        self.known.put(claimed, user.clone(), asked);
        Ok(user)
    }

    /// When a session ends by itself, in seconds since 1970 by the clock of requests.
    pub(super) fn seconds_of(&self, session: &Session) -> u64 {
        let left = session.ends_at.0.saturating_sub(self.accounts.now().0) / 1000;
        seal::now().saturating_add(u64::try_from(left).unwrap_or(0))
    }

    pub(super) async fn begin(
        &self,
        claimed: Claimed,
        sid: Option<String>,
        seconds: u32,
    ) -> Result<SessionToken, Refusal> {
        self.accounts.begin_session(claimed, sid, seconds).await
    }

    /// Ends sessions, on this copy at once.
    pub(super) async fn end(&self, which: Sessions) -> Result<(), Refusal> {
        let ended = self.accounts.end_sessions(which).await;
        self.forget().await;
        ended
    }

    /// The same on the word of their issuer. Whether it was not told before.
    pub(super) async fn end_as_told(&self, told: LogoutToken) -> Result<bool, Refusal> {
        let ended = self.accounts.end_as_told(told).await;
        self.forget().await;
        ended
    }

    /// Sessions may have ended: none is taken from memory, and whoever watches one is told at once.
    pub(super) async fn forget(&self) {
        self.seen.forget();
        self.look_after().await;
    }

    /// To be told when a session ends.
    pub(super) fn watch(&self, id: &str) -> SessionWatch {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = watched.entry(id.to_owned()).or_insert_with(|| Watched {
            waiting: 0,
            ended: watch::Sender::new(false),
        });
        entry.waiting += 1;
        SessionWatch {
            id: id.to_owned(),
            ended: entry.ended.subscribe(),
            signed_in: self.clone(),
        }
    }

    /// Tells whoever waits for the end of a session that has ended: one question for all of them.
    pub(super) async fn look_after(&self) {
        let ids: Vec<String> = {
            let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            watched.keys().cloned().collect()
        };
        if ids.is_empty() {
            return;
        }
        // While nobody can say, nobody is cut off.
        let Ok(live) = self.accounts.live_sessions(ids.clone()).await else {
            return;
        };
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids.iter().filter(|id| !live.contains(*id)) {
            if let Some(entry) = watched.get(id) {
                entry.ended.send_replace(true);
            }
        }
    }
}

/// Says when a session has ended that something was opened with.
#[derive(Debug)]
pub struct SessionWatch {
    id: String,
    ended: watch::Receiver<bool>,
    signed_in: SignedIn,
}

impl SessionWatch {
    /// Returns when the session has ended, within a second.
    pub async fn ended(&mut self) {
        if self.ended.wait_for(|ended| *ended).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether it has.
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }
}

impl Drop for SessionWatch {
    fn drop(&mut self) {
        let watched = self.signed_in.watched.lock();
        let mut watched = watched.unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = watched.get_mut(&self.id) {
            entry.waiting -= 1;
            if entry.waiting == 0 {
                watched.remove(&self.id);
            }
        }
    }
}

/// Answers that hold for a while.
#[derive(Debug)]
struct Remembered<Key, Answer> {
    age: Duration,
    answers: Mutex<HashMap<Key, (Instant, Answer)>>,
}

impl<Key: Eq + Hash, Answer: Clone> Remembered<Key, Answer> {
    fn for_a(age: Duration) -> Self {
        Self {
            age,
            answers: Mutex::default(),
        }
    }

    fn get<Named>(&self, key: &Named) -> Option<Answer>
    where
        Key: Borrow<Named>,
        Named: Eq + Hash + ?Sized,
    {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, answer) = answers.get(key)?;
        (asked.elapsed() < self.age).then(|| answer.clone())
    }

    fn put(&self, key: Key, answer: Answer, asked: Instant) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MOST {
            answers.retain(|_, (asked, _)| asked.elapsed() < self.age);
        }
        // Still as many: they are asked for anew.
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert(key, (asked, answer));
    }

    fn forget(&self) {
        self.answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_hold_for_a_while_and_never_too_many() {
        let answers = Remembered::for_a(Duration::from_secs(60));
        let now = Instant::now();
        let old = now.checked_sub(Duration::from_secs(61)).unwrap();
        answers.put(0, "old", old);
        answers.put(1, "new", now);
        assert_eq!((answers.get(&0), answers.get(&1)), (None, Some("new")));
        for number in 2..2 * MOST {
            answers.put(number, "more", now);
            assert!(answers.answers.lock().unwrap().len() <= MOST);
        }
        answers.forget();
        assert_eq!(answers.get(&1), None);
    }
}
