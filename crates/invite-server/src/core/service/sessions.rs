//! Who is known here, and who is signed in.

use std::collections::HashSet;

use futures_util::{FutureExt as _, future::BoxFuture};

use super::Invites;
use crate::core::{
    Account, Accounts, Actor, Authority, Call, Claimed, LogoutToken, Moment, On, Refusal, Session,
    SessionToken, Sessions, Store, User, authorise, rules,
    state::{Change, Issuer, Scope, SessionsOf, State},
};

impl<S: Store> Invites<S> {
    /// From now on the people of this issuer stand under this name, and those of no other.
    ///
    /// # Errors
    /// Where the name is another issuer's whose people are known here, or the issuer's people stand under another.
    pub async fn name_issuer(&self, provider: &str, iss: &str) -> Result<(), Refusal> {
        let issuer = Issuer {
            provider: provider.to_owned(),
            iss: iss.to_owned(),
        };
        let scope = Scope {
            issuer: Some(issuer.clone()),
            ..Scope::default()
        };
        let rule = move |state: &State| rules::name_issuer(state, &issuer);
        self.store.transact(scope, rule).await
    }

    /// Who somebody is here; known from now on.
    async fn know(&self, claimed: Claimed) -> Result<User, Refusal> {
        let scope = Scope {
            claimed: Some(claimed.clone()),
            ..Scope::default()
        };
        let state = self.store.look(scope.clone()).await?;
        let decision = rules::recognise(&state, &claimed)?;
        if decision.changes.is_empty() {
            return Ok(decision.answer);
        }
        let rule = move |state: &State| rules::recognise(state, &claimed);
        self.store.transact(scope, rule).await
    }

    /// Every session of whoever asks ends, on every copy of the server.
    pub async fn sign_out_everywhere(&self, actor: Option<&Actor>) -> Result<(), Refusal> {
        authorise(Call::SignOut, actor.map(Authority::Actor), On::nothing())?;
        let actor = actor.ok_or(Refusal::NotSignedIn)?;
        self.end(Sessions::Of(actor.user.clone())).await
    }

    /// On the operator's word every session of somebody ends; how many were open.
    ///
    /// # Errors
    /// Where nobody is known by that name.
    pub async fn sign_out(&self, user: &User) -> Result<i64, Refusal> {
        let (user, now) = (user.clone(), self.clock.now());
        let scope = Scope {
            sessions: Some(SessionsOf {
                user: user.clone(),
                now,
            }),
            ..Scope::default()
        };
        let rule = move |state: &State| rules::sign_out(state, &user, now);
        self.store.transact(scope, rule).await
    }

    async fn end(&self, which: Sessions) -> Result<(), Refusal> {
        let at = self.clock.now();
        self.change(Change::EndSessions { which, at }).await
    }
}

impl<S: Store + std::fmt::Debug> Accounts for Invites<S> {
    fn recognise(&self, claimed: Claimed) -> BoxFuture<'_, Result<User, Refusal>> {
        self.know(claimed).boxed()
    }

    fn begin_session(
        &self,
        claimed: Claimed,
        sid: Option<String>,
        seconds: u32,
    ) -> BoxFuture<'_, Result<SessionToken, Refusal>> {
        async move {
            let user = self.know(claimed.clone()).await?;
            let (token, now) = (SessionToken::generate()?, self.clock.now());
            let session = Session {
                user,
                subject: claimed.subject,
                email: claimed.email,
                sid,
                created_at: now,
                ends_at: now.plus_seconds(seconds),
            };
            let id = token.id();
            let session = Box::new(session);
            self.change(Change::AddSession { id, session }).await?;
            Ok(token)
        }
        .boxed()
    }

    fn session<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Session>, Refusal>> {
        async move {
            let now = self.clock.now();
            let session = self.store.session(id).await?;
            Ok(session.filter(|session| now < session.ends_at))
        }
        .boxed()
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn live_sessions(&self, ids: Vec<String>) -> BoxFuture<'_, Result<HashSet<String>, Refusal>> {
        async move { self.store.live_sessions(ids, self.clock.now()).await }.boxed()
    }

    fn known_accounts(
        &self,
        accounts: Vec<Account>,
    ) -> BoxFuture<'_, Result<HashSet<Account>, Refusal>> {
        async move { self.store.known_accounts(accounts).await }.boxed()
    }

    fn end_sessions(&self, which: Sessions) -> BoxFuture<'_, Result<(), Refusal>> {
        self.end(which).boxed()
    }

    fn end_as_told(&self, told: LogoutToken) -> BoxFuture<'_, Result<bool, Refusal>> {
        let scope = Scope {
            receipt: Some(told.name()),
            ..Scope::default()
        };
        let now = self.clock.now();
        let rule = move |state: &State| rules::end_as_told(state, &told, now);
        async move { self.store.transact(scope, rule).await }.boxed()
    }
}
