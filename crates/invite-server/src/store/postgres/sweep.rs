//! Sweeps, each in a transaction of its own.

use tokio_postgres::types::ToSql;

use super::{Attempts, PostgresStore, Work, trouble::Trouble};
use crate::{
    core::Refusal,
    store::shares::Crowd,
    store::sweep::{BATCH, Choice, Round, Sweep, Value},
};

impl PostgresStore {
    pub(in crate::store) async fn sweep(&self, sweep: &Sweep) -> Result<Round, Refusal> {
        let mut attempts = Attempts::new();
        loop {
            match self.carry_out(sweep).await {
                Ok(round) => return Ok(round),
                Err(trouble) if attempts.another(trouble.attempts()).await => {}
                Err(trouble) => return Err(trouble.refusal()),
            }
        }
    }

    async fn carry_out(&self, sweep: &Sweep) -> Result<Round, Trouble> {
        let session = self
            .sessions
            .begin(Work::Sweep, Some(Crowd::Server))
            .await?;
        let mut round = Round::default();
        let chosen = match &sweep.invites {
            Choice::None => Vec::new(),
            Choice::Given(ids) => ids.clone(),
            Choice::Found(sql, values) => {
                let found = texts(session.query(&portable(sql), &all(values)).await?)?;
                if found.is_empty() {
                    return Ok(round);
                }
                round.more = found.len() >= BATCH;
                found
            }
        };
        for step in &sweep.steps {
            let these: Option<&(dyn ToSql + Sync)> = step.about_invites().then_some(&chosen);
            let values: Vec<_> = these.into_iter().chain(all(&step.values)).collect();
            let rows = session.execute(&portable(&step.sql), &values).await?;
            if let Some(name) = step.counted {
                round.swept.add(name, rows);
            }
            if step.bounded && rows >= BATCH as u64 {
                round.more = true;
                break;
            }
        }
        match session.commit().await? {
            Ok(()) => Ok(round),
            // What is gone is gone, and the next round finds the rest.
            Err(unknown) => Err(unknown.0),
        }
    }

    pub(in crate::store) async fn texts(
        &self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<String>, Refusal> {
        let rows = super::read!(self, Work::Look, Some(Crowd::Server), session => session.query(sql, &all(values)))?;
        texts(rows).map_err(|trouble| trouble.refusal())
    }
}

pub(super) fn all(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| match value {
            Value::Text(text) => text as &(dyn ToSql + Sync),
            Value::Number(number) => number,
        })
        .collect()
}

fn texts(rows: Vec<tokio_postgres::Row>) -> Result<Vec<String>, Trouble> {
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Rows that another copy is deleting, or that somebody is changing, are left to the next round.
pub(super) fn portable(sql: &str) -> String {
    sql.replace("{these}", "= ANY($1)")
        .replace("{place}", "strpos")
        .replace("{lock}", " FOR UPDATE SKIP LOCKED")
}
