//! A server that keeps no sessions: its people bring bearers.

use std::collections::HashSet;

use futures_util::{FutureExt as _, future::BoxFuture};

use crate::core::{
    Account, Accounts, Claimed, Clock, LogoutToken, Moment, Refusal, Session, SessionToken,
    Sessions, User,
};

/// Signs nobody in.
#[derive(Debug)]
pub(super) struct Nobody;

impl Accounts for Nobody {
    fn recognise(&self, claimed: Claimed) -> BoxFuture<'_, Result<User, Refusal>> {
        async move { Ok(claimed.user) }.boxed()
    }

    fn begin_session(
        &self,
        _claimed: Claimed,
        _sid: Option<String>,
        _seconds: u32,
    ) -> BoxFuture<'_, Result<SessionToken, Refusal>> {
        async { Err(Refusal::ServerError) }.boxed()
    }

    fn session<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Option<Session>, Refusal>> {
        async { Ok(None) }.boxed()
    }

    fn now(&self) -> Moment {
        Clock::system().now()
    }

    fn live_sessions(&self, _ids: Vec<String>) -> BoxFuture<'_, Result<HashSet<String>, Refusal>> {
        async { Ok(HashSet::new()) }.boxed()
    }

    fn known_accounts(
        &self,
        accounts: Vec<Account>,
    ) -> BoxFuture<'_, Result<HashSet<Account>, Refusal>> {
        async move { Ok(accounts.into_iter().collect()) }.boxed()
    }

    fn end_sessions(&self, _which: Sessions) -> BoxFuture<'_, Result<(), Refusal>> {
        async { Ok(()) }.boxed()
    }

    fn end_as_told(&self, _told: LogoutToken) -> BoxFuture<'_, Result<bool, Refusal>> {
        async { Ok(true) }.boxed()
    }
}
