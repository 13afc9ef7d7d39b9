//! From and into PostgreSQL. What a backup holds is a SQLite file here, too.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::{Object, PoolError};
use futures_util::TryStreamExt as _;
use rusqlite::{Connection, params_from_iter, types::Value};
use tokio_postgres::{
    Row, Transaction,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use super::{
    NOTED, StoreUnusable, Table, copying, create_private, in_use, not_empty, schema, sync, tables,
};
use crate::store::{
    PostgresStore,
    postgres::{self, reach},
};

/// A connection that was just closed here is seen there for a moment.
const LOOKS: u32 = 12;
const LOOK: Duration = Duration::from_millis(250);

type Trouble = Box<dyn std::error::Error + Send + Sync>;

pub(super) async fn back_up(address: &str, file: &Path) -> Result<(), StoreUnusable> {
    let pool = postgres::pool(address, 1)?;
    let read = async {
        let mut client = pool.get().await?;
        let transaction = client
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        let version: i64 = transaction
            .query_one("SELECT version FROM invite_schema", &[])
            .await?
            .try_get(0)?;
        create_private(file)?;
        let mut connection = schema::create(file, u32::try_from(version)?)?;
        let into = connection.transaction()?;
        for table in tables(&into)? {
            read_table(&transaction, &table, &into).await?;
        }
        into.commit()?;
        drop(connection);
        sync(file)?;
        Ok::<_, Trouble>(())
    };
    read.await.map_err(|cause| copying(&explained(&cause)))
}

async fn read_table(
    from: &Transaction<'_>,
    table: &Table,
    into: &Connection,
) -> Result<(), Trouble> {
    let (name, columns) = (&table.name, table.columns());
    let places: Vec<_> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
    let mut insert = into.prepare(&format!(
        "INSERT INTO {name} ({columns}) VALUES ({})",
        places.join(", ")
    ))?;
    let none: [&(dyn ToSql + Sync); 0] = [];
    let rows = from.query_raw(&table.read(""), none).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let values = (0..row.len()).map(|column| value(&row, column));
        insert.execute(params_from_iter(values.collect::<Result<Vec<_>, _>>()?))?;
    }
    Ok(())
}

fn value(row: &Row, column: usize) -> Result<Value, Trouble> {
    let kind = row.columns().get(column).map(|column| column.type_());
    Ok(match kind {
        Some(&Type::TEXT) => row.try_get::<_, Option<String>>(column)?.into(),
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(column)?.into(),
        Some(&Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(column)?.into(),
        Some(&Type::BOOL) => row.try_get::<_, Option<bool>>(column)?.into(),
        other => return Err(format!("a column of type {other:?}").into()),
    })
}

pub(super) async fn restore(
    copy: &Path,
    address: &str,
    replace: bool,
    before: impl FnOnce() -> Result<(), StoreUnusable>,
) -> Result<u64, StoreUnusable> {
    // Brings the schema up to date.
    drop(PostgresStore::open(address, 1).await?);
    let pool = postgres::pool(address, 1)?;
    let filled = async {
        let from = schema::open_reader(copy)?;
        let mut client = pool.get().await?;
        if !is_alone(&mut client).await? {
            return Err(in_use(&"of this address").into());
        }
        let transaction = client.build_transaction().start().await?;
        let all = tables(&from)?;
        for table in all.iter().rev() {
            if replace || table.name == NOTED {
                transaction.execute(&table.empty(""), &[]).await?;
            } else if transaction.query_opt(&table.look(""), &[]).await?.is_some() {
                return Ok(None);
            }
        }
        let mut rows = 0;
        for table in &all {
            rows += write_table(&from, table, &transaction).await?;
        }
        before()?;
        transaction.commit().await?;
        Ok::<_, Trouble>(Some(rows))
    };
    let filled = filled.await.map_err(|cause| copying(&explained(&cause)))?;
    filled.ok_or_else(not_empty)
}

/// Whether no server is connected to this database. Where nobody can tell, none is.
async fn is_alone(client: &mut Object) -> Result<bool, Trouble> {
    let others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name') LIMIT 1";
    for _ in 0..LOOKS {
        let transaction = client.transaction().await?;
        match transaction.query_typed(others, &[]).await {
            Ok(rows) if rows.is_empty() => return Ok(true),
            Ok(_) => {}
            Err(error) if error.as_db_error().is_some() => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        drop(transaction);
        tokio::time::sleep(LOOK).await;
    }
    Ok(false)
}

async fn write_table(
    from: &Connection,
    table: &Table,
    into: &Transaction<'_>,
) -> Result<u64, Trouble> {
    let (name, columns) = (&table.name, table.columns());
    let described = into.prepare(&table.read("")).await?;
    let types: Vec<Type> = described
        .columns()
        .iter()
        .map(|column| column.type_().clone())
        .collect();
    let sink = into
        .copy_in(&format!("COPY {name} ({columns}) FROM STDIN BINARY"))
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    let mut select = from.prepare(&table.read(""))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<Box<dyn ToSql + Sync + Send>> = types
            .iter()
            .enumerate()
            .map(|(column, kind)| cell(row.get(column)?, kind))
            .collect::<Result<_, Trouble>>()?;
        let values: Vec<&(dyn ToSql + Sync)> = values
            .iter()
            .map(|value| &**value as &(dyn ToSql + Sync))
            .collect();
        writer.as_mut().write(&values).await?;
    }
    let written = writer.as_mut().finish().await?;
    go_on_counting(table, into).await?;
    Ok(written)
}

fn cell(value: Value, kind: &Type) -> Result<Box<dyn ToSql + Sync + Send>, Trouble> {
    Ok(match (kind, value) {
        (&Type::TEXT, Value::Text(text)) => Box::new(text),
        (&Type::INT8, Value::Integer(number)) => Box::new(number),
        (&Type::BYTEA, Value::Blob(bytes)) => Box::new(bytes),
        (&Type::BOOL, Value::Integer(number)) => Box::new(number != 0),
        (&Type::TEXT, Value::Null) => Box::new(None::<String>),
        (&Type::INT8, Value::Null) => Box::new(None::<i64>),
        (&Type::BYTEA, Value::Null) => Box::new(None::<Vec<u8>>),
        (&Type::BOOL, Value::Null) => Box::new(None::<bool>),
        (other, _) => return Err(format!("a value that is no {other}").into()),
    })
}

/// Rows that come later are numbered after those that were copied with their numbers.
async fn go_on_counting(table: &Table, into: &Transaction<'_>) -> Result<(), Trouble> {
    let counted = into
        .query(
            "SELECT column_name::TEXT FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'",
            &[&table.name],
        )
        .await?;
    for row in counted {
        let (name, column): (_, String) = (&table.name, row.try_get(0)?);
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{column}'), max({column})) FROM {name} HAVING max({column}) IS NOT NULL"
        );
        into.query(&sql, &[]).await?;
    }
    Ok(())
}

/// Neither the rows that failed nor a password.
fn explained(trouble: &Trouble) -> String {
    if let Some(error) = trouble.downcast_ref::<tokio_postgres::Error>() {
        return reach::said(error);
    }
    match trouble.downcast_ref::<PoolError>() {
        Some(PoolError::Backend(error)) => reach::unreached(error),
        _ => trouble.to_string(),
    }
}
