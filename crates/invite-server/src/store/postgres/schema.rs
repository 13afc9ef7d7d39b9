//! Bringing the schema up to date: its number stands in `invite_schema`. Copies that start at once wait for each other.

use deadpool_postgres::{Object, Pool};

use super::{attempts::Attempts, trouble::Trouble};
use crate::store::catalogue::{
    Engine,
    schema::{NEWEST, migrations},
};

/// The schema of a database, if it is newer than this server's.
pub(super) struct Newer {
    pub(super) found: i64,
    pub(super) known: i64,
}

pub(super) async fn migrate(pool: &Pool) -> Result<Result<(), Newer>, Trouble> {
    let mut attempts = Attempts::new();
    loop {
        let migrated = async {
            let mut client = pool.get().await?;
            mark(&client).await?;
            step(&mut client).await
        };
        match migrated.await {
            Err(trouble) if attempts.another(trouble.attempts()).await => {}
            outcome => return outcome,
        }
    }
}

async fn mark(client: &Object) -> Result<(), Trouble> {
    let exists = "SELECT 1 FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_name = 'invite_schema'";
    if client.query_opt(exists, &[]).await?.is_none() {
        client
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS invite_schema (
                    only_one BOOLEAN NOT NULL PRIMARY KEY CHECK (only_one),
                    version  BIGINT  NOT NULL
                )",
            )
            .await?;
    }
    client
        .execute(
            "INSERT INTO invite_schema (only_one, version) VALUES (TRUE, 0) ON CONFLICT DO NOTHING",
            &[],
        )
        .await?;
    Ok(())
}

async fn step(client: &mut Object) -> Result<Result<(), Newer>, Trouble> {
    let transaction = client.transaction().await?;
    let row = transaction
        .query_one("SELECT version FROM invite_schema FOR UPDATE", &[])
        .await?;
    let found: i64 = row.try_get(0)?;
    let known = i64::from(NEWEST);
    if found > known {
        return Ok(Err(Newer { found, known }));
    }
    if found < known {
        let done = u32::try_from(found).unwrap_or(0);
        for migration in migrations(Engine::Postgres, done, NEWEST) {
            transaction.batch_execute(&migration).await?;
        }
        transaction
            .execute("UPDATE invite_schema SET version = $1", &[&known])
            .await?;
    }
    transaction.commit().await?;
    Ok(Ok(()))
}
