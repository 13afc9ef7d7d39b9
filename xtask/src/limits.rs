//! What a server could do at most on this machine, for `cargo xtask bench server`: `xtask-limits answer FILE` answers every
//! request with the same bytes from memory, and `xtask-limits rows TABLE OURS OWN BATCH` writes into the database OWN what
//! stands in OURS and not yet there, so many rows of TABLE in one commit, and says how long that took.
//!
//! A program of its own so that `xtask` starts without compiling it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["answer", file] => answer(Path::new(file)),
        ["rows", table, ours, own, batch] => rows(table, ours, own, batch.parse()?),
        _ => bail!("usage: xtask-limits answer FILE, or rows TABLE OURS OWN BATCH"),
    }
}

/// What a server once answered.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// From `{"path", "status", "headers": {}, "body"}`; gives the path, too.
    fn read(file: &Path) -> Result<(String, Answer)> {
        let text = std::fs::read_to_string(file)?;
        let value: serde_json::Value = serde_json::from_str(&text)?;
        let word = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
        let status = value.get("status").and_then(serde_json::Value::as_u64);
        let status = u16::try_from(status.context("no status")?)?;
        let mut headers = HeaderMap::new();
        let said = value.get("headers").and_then(serde_json::Value::as_object);
        for (name, said) in said.context("no headers")? {
            let said = HeaderValue::from_str(said.as_str().unwrap_or_default())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, said);
        }
        let answer = Answer {
            status: StatusCode::from_u16(status)?,
            headers,
            body: Bytes::from(word("body").context("no body")?.to_owned()),
        };
        Ok((word("path").context("no path")?.to_owned(), answer))
    }
}

/// The body of the request is read, and nothing is made of it.
async fn same(State(answer): State<Arc<Answer>>, _: Bytes) -> Response {
    (answer.status, answer.headers.clone(), answer.body.clone()).into_response()
}

#[tokio::main]
async fn answer(file: &Path) -> Result<()> {
    let (path, answer) = Answer::read(file)?;
    let router = Router::new()
        .route(&path, post(same))
        .with_state(Arc::new(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("limit listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

/// Rows of one table, each with the number of the change that wrote it, and how they are written.
struct Table {
    sql: String,
    rows: Vec<(usize, Vec<Value>)>,
}

fn rows(table: &str, ours: &str, own: &str, batch: usize) -> Result<()> {
    let mut connection = Connection::open(own)?;
    // As the server's writer has it.
    for (name, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("foreign_keys", "ON"),
        ("wal_autocheckpoint", "8192"),
        ("cache_size", "-65536"),
        ("temp_store", "MEMORY"),
    ] {
        connection.pragma_update(None, name, value)?;
    }
    connection.execute("ATTACH ?1 AS ours", [ours])?;
    // All tables as they are at one moment: the server may still be at work.
    let moment = connection.unchecked_transaction()?;
    let first = news(&connection, table, &HashMap::new())?;
    let (changes, names_of) = (first.rows.len(), unique_texts(&first.rows));
    let mut tables = vec![first];
    for name in names(&connection)?.iter().filter(|name| *name != table) {
        tables.push(news(&connection, name, &names_of)?);
    }
    moment.commit()?;
    connection.execute("DETACH ours", [])?;
    if changes == 0 || batch == 0 {
        bail!("there is nothing to write");
    }
    let began = Instant::now();
    let mut done = 0;
    while done < changes {
        let next = (done + batch).min(changes);
        let transaction = connection.transaction()?;
        for table in &tables {
            let place = |change: usize| table.rows.partition_point(|(number, _)| *number < change);
            let mut insert = transaction.prepare_cached(&table.sql)?;
            for (_, row) in table.rows.get(place(done)..place(next)).unwrap_or_default() {
                insert.execute(params_from_iter(row))?;
            }
        }
        transaction.commit()?;
        done = next;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", json!({ "changes": changes, "seconds": seconds }));
    Ok(())
}

/// By which a row of another table is known to belong to one of these.
fn unique_texts(rows: &[(usize, Vec<Value>)]) -> HashMap<String, Option<usize>> {
    let mut found = HashMap::new();
    for (number, row) in rows {
        for value in row {
            if let Value::Text(text) = value {
                let seen = found.contains_key(text);
                found.insert(text.clone(), (!seen).then_some(*number));
            }
        }
    }
    found
}

fn names(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM ours.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// What has come since, in the order of the changes that it belongs to.
fn news(
    connection: &Connection,
    table: &str,
    changes: &HashMap<String, Option<usize>>,
) -> Result<Table> {
    let sql = format!("SELECT * FROM ours.{table} EXCEPT SELECT * FROM main.{table}");
    let mut statement = connection.prepare(&sql)?;
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    let found: Vec<Vec<Value>> = statement.query_map([], read)?.collect::<Result<_, _>>()?;
    let change = |value: &Value| match value {
        Value::Text(text) => changes.get(text).copied().flatten(),
        _ => None,
    };
    let numbered = found.into_iter().enumerate().map(|(place, row)| {
        let number = if changes.is_empty() {
            Some(place)
        } else {
            row.iter().find_map(change)
        };
        (number.unwrap_or(0), row)
    });
    let mut rows: Vec<_> = numbered.collect();
    rows.sort_by_key(|(number, _)| *number);
    let places = vec!["?"; columns].join(", ");
    Ok(Table {
        // What only changed is there already.
        sql: format!("INSERT OR IGNORE INTO main.{table} VALUES ({places})"),
        rows,
    })
}
