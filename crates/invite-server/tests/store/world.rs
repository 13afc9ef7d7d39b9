//! People, invites and calls for tests, over any store.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use invite_key::{InviteKey, KeyKind, Permissions};
use invite_server::{
    core::{Actor, Clock, CreateRequest, Invite, Invites, Moment, Refusal, Secrets, User},
    store::Store,
};

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    pub(crate) fn new() -> Time {
        Time(Arc::new(AtomicI64::new(1_795_238_468_803)))
    }

    pub(crate) fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::from_fn(move || Moment(now.load(Ordering::Relaxed)))
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

/// The rules over a store, and a clock to move.
pub(crate) struct World<S> {
    pub(crate) invites: Invites<S>,
    pub(crate) time: Time,
}

impl<S: Store> World<S> {
    pub(crate) fn over(store: S) -> World<S> {
        let time = Time::new();
        World {
            invites: Invites::new(store, Secrets::generate().unwrap(), time.clock()),
            time,
        }
    }

    pub(crate) async fn member(&self, name: &str, resource: &str, letters: &str) {
        let permissions = if letters.is_empty() {
            Permissions::NONE
        } else {
            Permissions::parse(letters).unwrap()
        };
        self.invites
            .appoint(resource, &user(name), permissions)
            .await
            .unwrap();
    }

    pub(crate) async fn invite(
        &self,
        by: &str,
        resource: &str,
        letters: &str,
        max_uses: Option<u32>,
    ) -> Invite {
        let mut request =
            CreateRequest::new(Permissions::parse(letters).unwrap(), 3600, KeyKind::Opaque);
        request.max_uses = max_uses;
        self.invites
            .create(Some(&actor(by)), resource, request)
            .await
            .unwrap()
    }

    pub(crate) async fn letters(&self, name: &str, resource: &str) -> &'static str {
        self.invites
            .permissions(Some(&actor(name)), resource)
            .await
            .unwrap()
            .as_str()
    }

    /// Everybody accepts at once; the answers in the order of the names.
    pub(crate) async fn all_accept(
        &self,
        key: &InviteKey,
        names: &[String],
    ) -> Vec<Result<bool, Refusal>> {
        let mut running = Vec::new();
        for name in names {
            let (invites, key, asker) = (self.invites.clone(), key.clone(), actor(name));
            running.push(tokio::spawn(async move {
                invites
                    .accept(Some(&asker), &key, None)
                    .await
                    .map(|accepted| accepted.already)
            }));
        }
        let mut answers = Vec::new();
        for one in running {
            answers.push(one.await.unwrap());
        }
        answers
    }
}

pub(crate) fn user(name: &str) -> User {
    User::new(name, "test")
}

pub(crate) fn actor(name: &str) -> Actor {
    Actor::new(user(name))
}

pub(crate) fn people(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("person{number}")).collect()
}
