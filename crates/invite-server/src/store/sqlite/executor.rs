//! A connection as the catalogue uses it. It answers at once: whoever asks is on a thread that may wait for the disk.

use futures_util::FutureExt as _;
use rusqlite::{
    Connection, ToSql, params_from_iter,
    types::{ToSqlOutput, Type, ValueRef},
};

use crate::store::catalogue::{Bind, Engine, Executor, Row, Unreadable, Value};

/// Inside a transaction of this connection.
pub(super) struct On<'a>(pub(super) &'a Connection);

/// What the catalogue did on a connection.
pub(super) fn at_once<Answer>(
    work: impl Future<Output = rusqlite::Result<Answer>>,
) -> rusqlite::Result<Answer> {
    // Nothing here is ever waited for.
    work.now_or_never()
        .unwrap_or(Err(rusqlite::Error::InvalidQuery))
}

impl Executor for On<'_> {
    type Trouble = rusqlite::Error;
    const ENGINE: Engine = Engine::Sqlite;

    async fn query(&self, sql: &str, values: &[Bind<'_>]) -> rusqlite::Result<Vec<Row>> {
        let mut all = Vec::new();
        let add = |row| {
            all.push(row);
            Ok(())
        };
        self.each(sql, values, add).await?;
        Ok(all)
    }

    async fn each(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut see: impl FnMut(Row) -> Result<(), Unreadable>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| value(column, row.get_ref(column)?));
            see(Row::new(values.collect::<rusqlite::Result<_>>()?))?;
        }
        Ok(())
    }

    async fn execute(&self, sql: &str, values: &[Bind<'_>]) -> rusqlite::Result<u64> {
        let mut statement = self.0.prepare_cached(sql)?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }

    /// Whoever writes is alone, and whoever reads waits for nobody.
    fn enter(&mut self, _resource: &str) -> rusqlite::Result<()> {
        Ok(())
    }
}

fn value(column: usize, value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Text(_) => Value::Text(value.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => {
            let what = Unreadable::Row("a fraction where none should be");
            return Err(rusqlite::Error::FromSqlConversionFailure(
                column,
                Type::Real,
                what.into(),
            ));
        }
    })
}

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Bind::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Bind::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Bind::Number(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Bind::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            // No arrays here, but what reads JSON.
            Bind::Texts(texts) => serde_json::Value::from(texts.to_vec()).to_string().into(),
            Bind::Numbers(numbers) => serde_json::Value::from(numbers.to_vec()).to_string().into(),
        })
    }
}

impl From<Unreadable> for rusqlite::Error {
    fn from(what: Unreadable) -> rusqlite::Error {
        match what {
            Unreadable::Rows(rows) => {
                rusqlite::Error::StatementChangedRows(usize::try_from(rows).unwrap_or(usize::MAX))
            }
            Unreadable::Row(_) => {
                rusqlite::Error::FromSqlConversionFailure(0, Type::Null, what.into())
            }
        }
    }
}
