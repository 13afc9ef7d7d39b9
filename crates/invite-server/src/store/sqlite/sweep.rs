//! Sweeps, as jobs of the writer.

use rusqlite::{Connection, ToSql, params_from_iter, types::ToSqlOutput};

use super::SqliteStore;
use crate::{
    core::Refusal,
    store::shares::Crowd,
    store::sweep::{BATCH, Choice, Round, Sweep, Value},
};

impl SqliteStore {
    pub(in crate::store) async fn sweep(&self, sweep: Sweep) -> Result<Round, Refusal> {
        self.writer
            .run(move |connection| carry_out(connection, &sweep))
            .await
    }

    pub(in crate::store) async fn texts(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<String>, Refusal> {
        self.readers
            .list(Crowd::Server, move |connection| {
                texts(connection, sql, &values)
            })
            .await
    }

    /// From now on what is deleted is overwritten with zeros: else it would stay in the file until something else
    /// takes its place.
    pub(in crate::store) async fn overwrite_deleted(&self) -> Result<(), Refusal> {
        self.writer
            .run(|connection| connection.pragma_update(None, "secure_delete", true))
            .await
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Value::Text(text) => text.to_sql(),
            Value::Number(number) => number.to_sql(),
        }
    }
}

pub(super) fn carry_out(connection: &Connection, sweep: &Sweep) -> rusqlite::Result<Round> {
    let mut round = Round::default();
    let chosen = match &sweep.invites {
        Choice::None => Vec::new(),
        Choice::Given(ids) => ids.clone(),
        Choice::Found(sql, values) => {
            let found = texts(connection, sql, values)?;
            if found.is_empty() {
                return Ok(round);
            }
            round.more = found.len() >= BATCH;
            found
        }
    };
    let these = Value::Text(serde_json::Value::from(chosen).to_string());
    for step in &sweep.steps {
        let invites = step.about_invites().then_some(&these);
        let rows = connection
            .prepare_cached(&portable(&step.sql))?
            .execute(params_from_iter(invites.into_iter().chain(&step.values)))?;
        if let Some(name) = step.counted {
            round.swept.add(name, rows as u64);
        }
        if step.bounded && rows >= BATCH {
            round.more = true;
            break;
        }
    }
    Ok(round)
}

fn texts(connection: &Connection, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(&portable(sql))?;
    let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
    rows.collect()
}

/// In this database whoever writes is alone: nothing has to be locked.
pub(super) fn portable(sql: &str) -> String {
    sql.replace("{these}", "IN (SELECT value FROM json_each($1))")
        .replace("{place}", "instr")
        .replace("{lock}", "")
}
