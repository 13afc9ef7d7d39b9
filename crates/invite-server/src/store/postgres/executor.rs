//! A session as the catalogue uses it.

use std::pin::pin;

use bytes::BytesMut;
use futures_util::StreamExt as _;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::{session::Session, trouble::Trouble};
use crate::store::catalogue::{Bind, Engine, Executor, Row, Unreadable, Value};

/// So many rows are seen in one go before others come to their turn.
const IN_ONE_GO: usize = 32;

impl Executor for Session {
    type Trouble = Trouble;
    const ENGINE: Engine = Engine::Postgres;

    async fn query(&self, sql: &str, values: &[Bind<'_>]) -> Result<Vec<Row>, Trouble> {
        // No text in the database has this character, and asking for one that has it is an error there.
        if values.iter().any(|value| value.has_nul()) {
            return Ok(Vec::new());
        }
        let values = typed(values);
        let rows = Session::query(self, sql, &values).await?;
        rows.iter().map(row).collect()
    }

    async fn each(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        mut see: impl FnMut(Row) -> Result<(), Unreadable>,
    ) -> Result<(), Trouble> {
        if values.iter().any(|value| value.has_nul()) {
            return Ok(());
        }
        let values = typed(values);
        let mut rows = pin!(Session::rows(self, sql, &values).await?);
        let mut seen: usize = 0;
        loop {
            let next = self.in_time(async { Ok(rows.next().await) }).await?;
            let Some(next) = next else { break };
            see(row(&next?)?)?;
            seen += 1;
            if seen.is_multiple_of(IN_ONE_GO) {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    async fn execute(&self, sql: &str, values: &[Bind<'_>]) -> Result<u64, Trouble> {
        let values = typed(values);
        Session::execute(self, sql, &values).await
    }

    fn enter(&mut self, resource: &str) -> Result<(), Trouble> {
        self.also_enter(resource)
    }
}

/// Each value with the type that its column has in every statement of the catalogue.
fn typed<'a>(values: &'a [Bind<'_>]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    let kind = |value: &Bind<'_>| match value {
        // The database finds out.
        Bind::Null => Type::UNKNOWN,
        Bind::Text(_) => Type::TEXT,
        Bind::Number(_) => Type::INT8,
        Bind::Bytes(_) => Type::BYTEA,
        Bind::Texts(_) => Type::TEXT_ARRAY,
        Bind::Numbers(_) => Type::INT8_ARRAY,
    };
    let value = |value: &'a Bind<'_>| (value as &(dyn ToSql + Sync), kind(value));
    values.iter().map(value).collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, Trouble> {
    let values = (0..row.len()).map(|column| value(row, column));
    Ok(Row::new(values.collect::<Result<_, _>>()?))
}

fn value(row: &tokio_postgres::Row, column: usize) -> Result<Value, Trouble> {
    let text = || row.try_get::<_, Option<String>>(column);
    let kind = row.columns().get(column).map(|column| column.type_());
    let value = match kind {
        Some(&Type::TEXT) => text()?.map(Value::Text),
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(column)?.map(Value::Number),
        Some(&Type::INT4) => row
            .try_get::<_, Option<i32>>(column)?
            .map(|number| Value::Number(number.into())),
        Some(&Type::BOOL) => row
            .try_get::<_, Option<bool>>(column)?
            .map(|yes| Value::Number(yes.into())),
        Some(&Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(column)?.map(Value::Bytes),
        _ => return Err(Unreadable::Row("a column of another type").into()),
    };
    Ok(value.unwrap_or(Value::Null))
}

impl ToSql for Bind<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Bind::Null => Ok(IsNull::Yes),
            Bind::Text(text) => text.to_sql_checked(ty, out),
            Bind::Number(number) => number.to_sql_checked(ty, out),
            Bind::Bytes(bytes) => bytes.to_sql_checked(ty, out),
            Bind::Texts(texts) => texts.to_sql_checked(ty, out),
            Bind::Numbers(numbers) => numbers.to_sql_checked(ty, out),
        }
    }

    // Each value says itself what it takes.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
