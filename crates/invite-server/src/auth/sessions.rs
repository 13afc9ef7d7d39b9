//! Sessions and people as requests see them: looked up in the database, and taken from memory for less than a second, so
//! that what has ended on one copy of the server has ended on all.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::grounds::{Grounds, GroundsWatch, Watches};
use super::seal::{self, Sealer};
use crate::core::{Accounts, Claimed, LogoutToken, Refusal, Session, SessionToken, Sessions, User};

/// How long a session that was looked up counts without a question.
const FRESH: Duration = Duration::from_millis(500);
/// So much is remembered at most.
const MOST: usize = 10_000;

/// Who is signed in. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    accounts: Arc<dyn Accounts>,
    seen: Arc<Remembered<String, Option<Session>>>,
    open: Arc<Watches>,
}

impl SignedIn {
    pub(super) fn new(accounts: Arc<dyn Accounts>) -> SignedIn {
        SignedIn {
            accounts,
            seen: Arc::new(Remembered::for_a(FRESH)),
            open: Arc::default(),
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

    /// Who somebody is here. Asked each time: once they are erased, the name may be somebody else's at any moment.
    pub(super) async fn recognise(&self, claimed: Claimed) -> Result<User, Refusal> {
        self.accounts.recognise(claimed).await
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
    pub(super) async fn end(&self, which: Sessions, sealer: &Sealer) -> Result<(), Refusal> {
        let ended = self.accounts.end_sessions(which).await;
        self.forget(sealer).await;
        ended
    }

    /// The same on the word of their issuer. Whether it was not told before.
    pub(super) async fn end_as_told(
        &self,
        told: LogoutToken,
        sealer: &Sealer,
    ) -> Result<bool, Refusal> {
        let ended = self.accounts.end_as_told(told).await;
        self.forget(sealer).await;
        ended
    }

    /// Sessions may have ended: none is taken from memory, and whoever stands on one is told at once.
    pub(super) async fn forget(&self, sealer: &Sealer) {
        self.seen.forget();
        self.look_after(sealer).await;
    }

    /// To be told when something stands on nothing any more.
    pub(super) fn watch(&self, grounds: Grounds, sealer: &Sealer) -> GroundsWatch {
        self.open.watch(grounds, sealer)
    }

    /// Tells whoever stands on what was taken back.
    pub(super) async fn look_after(&self, sealer: &Sealer) {
        let gone = self.open.look_after(sealer, self.accounts.as_ref()).await;
        // Nobody comes in again by what is remembered of them.
        if gone {
            self.seen.forget();
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
