//! Sweeps, each in a transaction of its own.

use super::{Attempts, Patience, PostgresStore, Work, trouble::Trouble};
use crate::{
    core::Refusal,
    store::{
        catalogue::{
            Value,
            sweep::{Round, Sweep, carry_out, clear, going, texts},
        },
        shares::Crowd,
    },
};

impl PostgresStore {
    pub(in crate::store) async fn sweep(&self, sweep: &Sweep) -> Result<Round, Refusal> {
        let mut attempts = Attempts::new();
        loop {
            match self.carry_out(sweep).await {
                Ok(round) => return Ok(round),
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => return Err(self.sessions.refusal(&trouble)),
            }
        }
    }

    async fn carry_out(&self, sweep: &Sweep) -> Result<Round, Trouble> {
        let session = self
            .sessions
            .begin(Work::Sweep, Some(Crowd::Server), Patience::new())
            .await?;
        let round = carry_out(&session, sweep).await?;
        match session.commit().await? {
            Ok(()) => Ok(round),
            // What is gone is gone, and the next round finds the rest.
            Err(unknown) => Err(unknown.0),
        }
    }

    pub(super) async fn clear_some(&self, resource: &str) -> Result<bool, Refusal> {
        let mut attempts = Attempts::new();
        loop {
            match self.clear_round(resource).await {
                Ok(more) => return Ok(more),
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => return Err(self.sessions.refusal(&trouble)),
            }
        }
    }

    async fn clear_round(&self, resource: &str) -> Result<bool, Trouble> {
        let session = self
            .sessions
            .begin(Work::Sweep, Some(Crowd::Server), Patience::new())
            .await?;
        let more = clear(&session, resource).await?;
        match session.commit().await? {
            Ok(()) => Ok(more),
            // What is gone is gone, and the next round finds the rest.
            Err(unknown) => Err(unknown.0),
        }
    }

    pub(super) async fn some_going(&self, limit: u32) -> Result<Vec<String>, Refusal> {
        super::read!(self, Work::Look, Some(Crowd::Server), session => going(&session, limit))
    }

    pub(in crate::store) async fn texts(
        &self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<String>, Refusal> {
        super::read!(self, Work::Look, Some(Crowd::Server), session => texts(&session, sql, values))
    }
}
