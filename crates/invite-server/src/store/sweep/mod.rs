//! Rows that nobody needs any more, or that somebody wants gone: deleted in small transactions, so that no writer waits
//! long. What to delete is said once, for all databases.

mod erase;
mod purge;

use std::collections::BTreeMap;
use std::fmt;

use super::Database;
use crate::core::Refusal;

pub use erase::Person;
pub use purge::Retention;

/// So many rows of one table in one transaction at most.
pub(super) const BATCH: usize = 500;

/// A value of a statement.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// Statements of one transaction, in SQL that all databases read. `{these}` compares with the invites that were chosen,
/// which are the first value then; `{place}` finds a text in another; `{lock}` keeps those chosen from changing, and leaves those out that others hold.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    pub(super) invites: Choice,
    pub(super) steps: Vec<Step>,
}

/// Which invites a sweep is about.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// None in particular.
    None,
    /// These.
    Given(Vec<String>),
    /// Those that the statement finds; without any, nothing is done.
    Found(String, Vec<Value>),
}

/// One statement.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What is counted under this name.
    pub(super) counted: Option<&'static str>,
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// Whether it stops at [`BATCH`] rows; if it did, the steps after it wait for the next transaction.
    pub(super) bounded: bool,
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

    pub(super) fn about_invites(&self) -> bool {
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
        Step::counted("mails", "DELETE FROM mails WHERE invite {these}"),
        Step::counted("invites", "DELETE FROM invites WHERE id {these}"),
    ]
}

/// How many rows went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    rows: BTreeMap<&'static str, u64>,
}

impl Swept {
    pub(super) fn add(&mut self, name: &'static str, rows: u64) {
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
pub(super) struct Round {
    pub(super) swept: Swept,
    /// Whether a bound was reached, so that there may be more.
    pub(super) more: bool,
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
