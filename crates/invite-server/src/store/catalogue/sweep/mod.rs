//! Rows that nobody needs any more, or that somebody wants gone: deleted in small transactions, so that no writer waits
//! long. What to delete is said once, for all databases.

mod erase;
mod purge;
mod resource;

use std::collections::BTreeMap;
use std::fmt;

use super::{Bind, Executor, Unreadable, Value, text::written};
use crate::{core::Refusal, store::Database};

pub use erase::Person;
pub use purge::Retention;
pub(in crate::store) use resource::{clear, going};

/// So many rows of one table in one transaction at most.
pub(in crate::store) const BATCH: usize = 500;

/// Statements of one transaction. `{these}` compares with the invites that were chosen, which are the first value then.
#[derive(Clone, Debug)]
pub(in crate::store) struct Sweep {
    pub(in crate::store) invites: Choice,
    pub(in crate::store) steps: Vec<Step>,
}

/// Which invites a sweep is about.
#[derive(Clone, Debug)]
pub(in crate::store) enum Choice {
    /// None in particular.
    None,
    /// These.
    Given(Vec<String>),
    /// Those that the statement finds; without any, nothing is done.
    Found(String, Vec<Value>),
}

/// One statement.
#[derive(Clone, Debug)]
pub(in crate::store) struct Step {
    /// What is counted under this name.
    pub(in crate::store) counted: Option<&'static str>,
    pub(in crate::store) sql: String,
    pub(in crate::store) values: Vec<Value>,
    /// Whether it stops at [`BATCH`] rows; if it did, the steps after it wait for the next transaction.
    pub(in crate::store) bounded: bool,
}

impl Step {
    fn counted(name: &'static str, sql: impl Into<String>) -> Step {
        Step {
            counted: Some(name),
            sql: sql.into(),
            values: Vec::new(),
            bounded: false,
        }
    }

    fn with(self, values: &[Value]) -> Step {
        Step {
            values: values.to_vec(),
            ..self
        }
    }

    fn bounded(self) -> Step {
        Step {
            bounded: true,
            ..self
        }
    }

    pub(in crate::store) fn about_invites(&self) -> bool {
        self.sql.contains("{these}")
    }
}

/// The chosen invites and all that hangs on them. Their uses go first: there may be more than a transaction should hold.
fn whole_invites() -> Vec<Step> {
    let uses = format!(
        "DELETE FROM uses WHERE (invite, number) IN
            (SELECT invite, number FROM uses WHERE invite {{these}} LIMIT {BATCH})"
    );
    vec![
        Step::counted("uses", uses).bounded(),
        Step::counted("repeats", "DELETE FROM repeats WHERE invite {these}"),
        Step::counted("grants", "DELETE FROM grants WHERE invite {these}"),
        Step::counted("invites", "DELETE FROM invites WHERE id {these}"),
    ]
}

/// How many rows went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    rows: BTreeMap<&'static str, u64>,
}

impl Swept {
    pub(in crate::store) fn add(&mut self, name: &'static str, rows: u64) {
        *self.rows.entry(name).or_default() += rows;
    }

    fn merge(&mut self, other: Swept) {
        for (name, rows) in other.rows {
            self.add(name, rows);
        }
    }

    /// How many of a sort.
    pub fn count(&self, name: &str) -> u64 {
        self.rows.get(name).copied().unwrap_or(0)
    }

    /// How many in all.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

impl fmt::Display for Swept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (name, rows) in self.rows.iter().filter(|(_, rows)| **rows > 0) {
            let comma = if first { "" } else { ", " };
            write!(formatter, "{comma}{rows} {name}")?;
            first = false;
        }
        if first {
            formatter.write_str("nothing")?;
        }
        Ok(())
    }
}

/// What one transaction did.
#[derive(Debug, Default)]
pub(in crate::store) struct Round {
    pub(in crate::store) swept: Swept,
    /// Whether a bound was reached, so that there may be more.
    pub(in crate::store) more: bool,
}

impl Database {
    async fn sweep(&self, sweep: &Sweep) -> Result<Round, Refusal> {
        match self {
            Database::Sqlite(store) => store.sweep(sweep.clone()).await,
            Database::Postgres(store) => store.sweep(sweep).await,
        }
    }

    /// Repeats a sweep until there is nothing more.
    async fn sweep_all(&self, sweep: &Sweep, swept: &mut Swept) -> Result<(), Refusal> {
        loop {
            let round = self.sweep(sweep).await?;
            swept.merge(round.swept);
            if !round.more {
                return Ok(());
            }
            tokio::time::sleep(purge::PAUSE).await;
        }
    }

    async fn texts(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<String>, Refusal> {
        match self {
            Database::Sqlite(store) => store.texts(sql, values).await,
            Database::Postgres(store) => store.texts(sql, &values).await,
        }
    }
}

/// One round of a sweep.
pub(in crate::store) async fn carry_out<E: Executor>(
    executor: &E,
    sweep: &Sweep,
) -> Result<Round, E::Trouble> {
    let mut round = Round::default();
    let chosen = match &sweep.invites {
        Choice::None => Vec::new(),
        Choice::Given(ids) => ids.clone(),
        Choice::Found(sql, values) => {
            let found = texts(executor, sql, values).await?;
            if found.is_empty() {
                return Ok(round);
            }
            round.more = found.len() >= BATCH;
            found
        }
    };
    for step in &sweep.steps {
        let these = step.about_invites().then_some(Bind::Texts(&chosen));
        let values: Vec<_> = these
            .into_iter()
            .chain(step.values.iter().map(Bind::from))
            .collect();
        let sql = written(&step.sql, E::ENGINE);
        let rows = executor.execute(&sql, &values).await?;
        if let Some(name) = step.counted {
            round.swept.add(name, rows);
        }
        if step.bounded && rows >= BATCH as u64 {
            round.more = true;
            break;
        }
    }
    Ok(round)
}

/// The one column that a statement gives.
pub(in crate::store) async fn texts<E: Executor>(
    executor: &E,
    sql: &str,
    values: &[Value],
) -> Result<Vec<String>, E::Trouble> {
    let values: Vec<_> = values.iter().map(Bind::from).collect();
    let rows = executor.query(&written(sql, E::ENGINE), &values).await?;
    let texts = rows.into_iter().map(|mut row| row.text());
    Ok(texts.collect::<Result<_, Unreadable>>()?)
}
