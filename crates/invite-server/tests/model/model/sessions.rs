//! Who is signed in.

use super::{Model, Session};
use crate::answer::Answer;
use crate::history::{Asker, SECOND, VERIFIED};

impl Model {
    pub(super) fn sign_in(
        &mut self,
        now: i64,
        person: usize,
        called: usize,
        seconds: u32,
        session: u16,
    ) -> Result<Answer, Answer> {
        // A name is a label: it stays whose it was first.
        let known = self.people.get(&person).copied();
        let called = match known {
            Some(called) => called,
            None if self.people.values().any(|other| *other == called) => {
                return Err(Answer::refused("forbidden"));
            }
            None => called,
        };
        self.people.insert(person, called);
        self.sessions.push(Session {
            name: session,
            person: called,
            ends_at: now + i64::from(seconds) * SECOND,
            ended: false,
        });
        Ok(Answer::Done)
    }

    pub(super) fn who_is(&self, now: i64, session: u16) -> Answer {
        let mut sessions = self.sessions.iter();
        let found = sessions.find(|one| one.name == session && !one.ended && now < one.ends_at);
        Answer::SignedIn(found.map(|one| one.person))
    }

    pub(super) fn sign_out(&mut self, session: u16) -> Answer {
        for one in self.sessions.iter_mut().filter(|one| one.name == session) {
            one.ended = true;
        }
        Answer::Done
    }

    pub(super) fn sign_out_everywhere(&mut self, by: Asker) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        if by.app().is_some() {
            return Err(Answer::refused("forbidden"));
        }
        for one in self.sessions.iter_mut().filter(|one| one.person == person) {
            one.ended = true;
        }
        Ok(Answer::Done)
    }

    /// Whether whoever is called so is known to have somebody's address, since they signed in with it.
    pub(super) fn has_address(&self, called: usize, whose: usize) -> bool {
        VERIFIED[whose].is_some() && self.people.get(&whose) == Some(&called)
    }

    pub(super) fn forget_person(&mut self, person: usize) {
        self.sessions.retain(|session| session.person != person);
        self.people.retain(|_, called| *called != person);
    }

    pub(super) fn purge_sessions(&mut self, now: i64) {
        self.sessions.retain(|session| session.ends_at >= now);
    }
}
