//! An index over rows that a running copy goes on changing.
//!
//! `CREATE INDEX` waits for whoever changes the table, and everybody after it waits behind; `CONCURRENTLY` lets them by.
//! That takes its time, stands in no transaction, and leaves an index that counts for nothing where it was broken off.

use std::time::Duration;

use deadpool_postgres::Object;
use tokio_postgres::{error::SqlState, types::Type};

use super::trouble::Trouble;

/// Between two looks at an index that another copy builds.
const LOOK: Duration = Duration::from_millis(250);

/// How an index stands.
#[derive(Debug, PartialEq, Eq)]
enum Stands {
    Missing,
    /// It counts.
    Whole,
    /// Somebody builds it.
    Building,
    /// Somebody began it, and is gone.
    Broken,
}

/// Builds an index that is not there, or waits until another copy has. Whoever changes the table is in nobody's way.
pub(super) async fn build(
    client: &Object,
    name: &str,
    on: &str,
    is_pooled: bool,
) -> Result<(), Trouble> {
    if is_pooled {
        // What is set here would be set for somebody else: where a time limit ends it, the next start goes on.
        return until_whole(client, name, on).await;
    }
    // However long it takes, nobody waits for it but this start.
    client.batch_execute("SET statement_timeout = 0").await?;
    let built = until_whole(client, name, on).await;
    client.batch_execute("RESET statement_timeout").await?;
    built
}

async fn until_whole(client: &Object, name: &str, on: &str) -> Result<(), Trouble> {
    loop {
        let statement = match stands(client, name).await? {
            Stands::Whole => return Ok(()),
            Stands::Building => {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            Stands::Missing => format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} {on}"),
            Stands::Broken => format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"),
        };
        tracing::info!(
            index = name,
            "{}",
            statement.split(" IF ").next().unwrap_or_default()
        );
        match client.batch_execute(&statement).await {
            Err(error) if error.code().is_some_and(in_the_way) => {}
            done => done?,
        }
    }
}

async fn stands(client: &Object, name: &str) -> Result<Stands, Trouble> {
    let found =
        "SELECT i.indisvalid, i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = $1 AND n.nspname = current_schema()";
    let Some(row) = client
        .query_typed_opt(found, &[(&name, Type::TEXT)])
        .await?
    else {
        return Ok(Stands::Missing);
    };
    if row.try_get(0)? {
        return Ok(Stands::Whole);
    }
    let oid: u32 = row.try_get(1)?;
    let building = "SELECT 1 FROM pg_stat_progress_create_index WHERE index_relid = $1";
    let building = client
        .query_typed_opt(building, &[(&oid, Type::OID)])
        .await?;
    Ok(building.map_or(Stands::Broken, |_| Stands::Building))
}

/// Another copy was quicker, or waited for this one.
fn in_the_way(code: &SqlState) -> bool {
    [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
}
