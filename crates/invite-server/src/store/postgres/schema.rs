//! Bringing the schema up to date: its number stands in `invite_schema`. Copies that start at once wait for each other.

use deadpool_postgres::{Object, Pool};
use tokio_postgres::types::Type;

use super::{attempts::Attempts, index, trouble::Trouble};
use crate::store::catalogue::{
    Engine,
    schema::{Migration, NEWEST, migrations},
};

/// The schema of a database, if it is newer than this server's.
pub(super) struct Newer {
    pub(super) found: i64,
    pub(super) known: i64,
}

pub(super) async fn migrate(pool: &Pool, is_pooled: bool) -> Result<Result<(), Newer>, Trouble> {
    let all: Vec<_> = migrations(Engine::Postgres, 0, NEWEST).collect();
    migrate_by(pool, &all, is_pooled).await
}

async fn migrate_by(
    pool: &Pool,
    all: &[Migration<String>],
    is_pooled: bool,
) -> Result<Result<(), Newer>, Trouble> {
    let mut attempts = Attempts::new();
    loop {
        let migrated = async {
            let mut client = pool.get().await?;
            mark(&mut client).await?;
            steps(&mut client, all, is_pooled).await
        };
        match migrated.await {
            Err(trouble) if attempts.another(trouble.attempts()).await => {}
            outcome => return outcome,
        }
    }
}

/// In a transaction: behind a pooler, what is prepared outside of one is prepared for somebody else.
async fn mark(client: &mut Object) -> Result<(), Trouble> {
    let transaction = client.transaction().await?;
    let exists = "SELECT 1 FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_name = 'invite_schema'";
    if transaction.query_opt(exists, &[]).await?.is_none() {
        transaction
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS invite_schema (
                    only_one BOOLEAN NOT NULL PRIMARY KEY CHECK (only_one),
                    version  BIGINT  NOT NULL
                )",
            )
            .await?;
    }
    transaction
        .batch_execute(
            "INSERT INTO invite_schema (only_one, version) VALUES (TRUE, 0) ON CONFLICT DO NOTHING",
        )
        .await?;
    Ok(transaction.commit().await?)
}

async fn steps(
    client: &mut Object,
    all: &[Migration<String>],
    is_pooled: bool,
) -> Result<Result<(), Newer>, Trouble> {
    let known = i64::try_from(all.len()).unwrap_or(i64::MAX);
    loop {
        let found = match whole(client, all, known).await? {
            Ok(found) => found,
            Err(newer) => return Ok(Err(newer)),
        };
        let next = usize::try_from(found).ok().and_then(|next| all.get(next));
        let Some(Migration::Index { name, on }) = next else {
            return Ok(Ok(()));
        };
        index::build(client, name, on, is_pooled).await?;
        let done = "UPDATE invite_schema SET version = $1 WHERE version = $2";
        let next = found + 1;
        client
            .execute_typed(done, &[(&next, Type::INT8), (&found, Type::INT8)])
            .await?;
    }
}

/// Takes the steps that stand together, as far as the next index; gives how far that was.
async fn whole(
    client: &mut Object,
    all: &[Migration<String>],
    known: i64,
) -> Result<Result<i64, Newer>, Trouble> {
    let transaction = client.transaction().await?;
    let row = transaction
        .query_one("SELECT version FROM invite_schema FOR UPDATE", &[])
        .await?;
    let mut found: i64 = row.try_get(0)?;
    if found > known {
        return Ok(Err(Newer { found, known }));
    }
    let done = usize::try_from(found).unwrap_or(0);
    for migration in all.iter().skip(done) {
        let Migration::Whole(text) = migration else {
            break;
        };
        transaction.batch_execute(text).await?;
        found += 1;
    }
    transaction
        .execute("UPDATE invite_schema SET version = $1", &[&found])
        .await?;
    transaction.commit().await?;
    Ok(Ok(found))
}

#[cfg(test)]
#[path = "../../../tests/support/postgres.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
pub(super) mod server;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::server::Postgres;
    use super::*;
    use crate::store::postgres::pool;
    use tokio_postgres::Client;

    const WRITE: &str = "INSERT INTO rows_of_ours (n) VALUES (1)";

    fn all() -> Vec<Migration<String>> {
        vec![
            Migration::Whole("CREATE TABLE IF NOT EXISTS rows_of_ours (n BIGINT)".into()),
            Migration::Index {
                name: "by_n".into(),
                on: "ON rows_of_ours (n) WHERE n > 0".into(),
            },
            Migration::Whole("ALTER TABLE rows_of_ours ADD COLUMN IF NOT EXISTS m BIGINT".into()),
        ]
    }

    /// Until somebody waits for a lock.
    async fn somebody_waits(client: &Client) {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        loop {
            let row = client.query_one(waiting, &[]).await.unwrap();
            if row.get::<_, i64>(0) > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stands(client: &Client) -> (i64, bool) {
        let version = client.query_one("SELECT version FROM invite_schema", &[]);
        let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_n'::regclass";
        let valid = client.query_one(valid, &[]).await;
        (
            version.await.unwrap().get(0),
            valid.is_ok_and(|row| row.get(0)),
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_index_is_built_while_a_running_copy_goes_on_writing() {
        let server = Postgres::start(false);
        let address = server.database("ours").await;
        let pool = pool(&address, 8).unwrap();
        let (old, other) = (server.connect("ours").await, server.connect("ours").await);
        assert!(matches!(
            migrate_by(&pool, &all()[..1], false).await,
            Ok(Ok(()))
        ));

        // A change of a running copy is under way, for which each way of building has to wait.
        let begin = format!("BEGIN; {WRITE}");
        old.batch_execute(&begin).await.unwrap();
        other
            .batch_execute("SET lock_timeout = '2s'")
            .await
            .unwrap();
        let naive = server.connect("ours").await;
        let naive = tokio::spawn(async move {
            naive
                .batch_execute("SET lock_timeout = '20s'; CREATE INDEX naive ON rows_of_ours (n)")
                .await
        });
        somebody_waits(&other).await;
        let locked_out = other.batch_execute(WRITE).await;
        assert!(locked_out.is_err(), "the usual way locks everybody out");
        old.batch_execute("COMMIT").await.unwrap();
        naive.await.unwrap().unwrap();

        old.batch_execute(&begin).await.unwrap();
        // Three copies start at once.
        let starts: Vec<_> = (0..3)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    migrate_by(&pool, &all(), false)
                        .await
                        .is_ok_and(|done| done.is_ok())
                })
            })
            .collect();
        somebody_waits(&other).await;
        other.batch_execute(WRITE).await.unwrap();
        old.batch_execute("COMMIT").await.unwrap();
        for start in starts {
            assert!(start.await.unwrap());
        }
        assert_eq!(stands(&other).await, (3, true));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_copy_left_half_built_is_built_anew() {
        let server = Postgres::start(false);
        let address = server.database("ours").await;
        let pool = pool(&address, 4).unwrap();
        let (old, other) = (server.connect("ours").await, server.connect("ours").await);
        assert!(matches!(
            migrate_by(&pool, &all()[..1], false).await,
            Ok(Ok(()))
        ));
        old.batch_execute(&format!("BEGIN; {WRITE}")).await.unwrap();
        let dying = server.connect("ours").await;
        let dying = tokio::spawn(async move {
            dying
                .batch_execute("CREATE INDEX CONCURRENTLY by_n ON rows_of_ours (n) WHERE n > 0")
                .await
        });
        somebody_waits(&other).await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted";
        other.batch_execute(kill).await.unwrap();
        assert!(dying.await.unwrap().is_err());
        old.batch_execute("COMMIT").await.unwrap();
        assert_eq!(
            stands(&other).await,
            (1, false),
            "it is there and counts for nothing"
        );
        assert!(matches!(migrate_by(&pool, &all(), false).await, Ok(Ok(()))));
        assert_eq!(stands(&other).await, (3, true));
        // A newer schema than this server's is left alone.
        assert!(matches!(
            migrate_by(&pool, &all()[..2], false).await,
            Ok(Err(Newer { found: 3, known: 2 }))
        ));
    }
}
