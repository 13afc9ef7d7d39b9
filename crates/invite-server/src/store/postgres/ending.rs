//! Ends of invites, as this database lets them be told.

use std::time::Duration;

use tokio::time::timeout;

use super::{PostgresStore, session::Work, sessions::Patience, trouble::Trouble};
use crate::{
    core::{
        Moment, Store as _,
        state::{Change, Decision, InviteName, Scope, State, StoredInvite},
    },
    store::{catalogue::ends, shares::Crowd},
};

/// How long an invite is waited for that others hold when its time is over.
const HELD: Duration = Duration::from_secs(1);

impl PostgresStore {
    pub(super) async fn end_some<Rule>(
        &self,
        now: Moment,
        limit: u32,
        rule: &Rule,
    ) -> Result<usize, Trouble>
    where
        Rule: Fn(&StoredInvite) -> Vec<Change> + Send + Sync + 'static,
    {
        let session = self
            .sessions
            .begin(Work::Sweep, Some(Crowd::Server), Patience::new())
            .await?;
        let ended = ends::end(&session, now, limit, rule).await?;
        match session.commit().await? {
            Ok(()) => Ok(ended),
            // What was ended is ended, and the next time finds the rest.
            Err(unknown) => Err(unknown.0),
        }
    }

    /// A resource where always somebody is before this would never be told: waits a moment for one of those invites,
    /// another each time.
    pub(super) async fn end_one_of<Rule>(&self, held: Vec<String>, rule: Rule) -> usize
    where
        Rule: Fn(&StoredInvite) -> Vec<Change> + Send + Sync + 'static,
    {
        let mut random = [0u8; 1];
        // Without a random byte always the first.
        let _ = getrandom::fill(&mut random);
        let [random] = random;
        let place = usize::from(random) % held.len().max(1);
        let Some(id) = held.into_iter().nth(place) else {
            return 0;
        };
        let scope = Scope {
            invite: Some(InviteName::Id(id)),
            ..Scope::default()
        };
        let rule = move |state: &State| {
            let changes = state.invite.as_ref().map(&rule).unwrap_or_default();
            let answer = usize::from(!changes.is_empty());
            Ok(Decision { answer, changes })
        };
        let ended = timeout(HELD, self.transact(scope, rule)).await;
        ended.ok().and_then(Result::ok).unwrap_or(0)
    }
}
