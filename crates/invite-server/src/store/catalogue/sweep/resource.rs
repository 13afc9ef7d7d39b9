//! Resources that were deleted: their rows, and at last they themselves, so that their names are free.

use super::{BATCH, Choice, Sweep, carry_out, texts, whole_invites};
use crate::store::catalogue::{Bind, Executor, Sql, Value, binds, change, exists, text::written};

/// The sorts of invites, each by an index that begins with the resource. There is none over all.
const SORTS: [&str; 3] = [
    "NOT ended AND removed_at IS NULL",
    "ended AND removed_at IS NULL",
    "removed_at IS NOT NULL",
];
/// What else names a resource: a table, and what its rows are known by.
const TABLES: [(&str, &str); 5] = [
    ("members", "resource, username, provider"),
    ("grants", "invite, resource"),
    ("repeats", "resource, username, provider, key_hash"),
    ("events", "resource, number"),
    ("deliveries", "message"),
];
/// Others may be at it, and hold rows that were passed over.
static REMOVE: Sql = Sql::new(
    "DELETE FROM resources WHERE name = $1 AND deleted_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM invites WHERE resource = name AND NOT ended AND removed_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM invites WHERE resource = name AND ended AND removed_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM invites WHERE resource = name AND removed_at IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM members WHERE resource = name)
         AND NOT EXISTS (SELECT 1 FROM grants WHERE resource = name)
         AND NOT EXISTS (SELECT 1 FROM repeats WHERE resource = name)
         AND NOT EXISTS (SELECT 1 FROM events WHERE resource = name)
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE resource = name)",
);
static IS_GOING: Sql =
    Sql::new("SELECT 1 FROM resources WHERE name = $1 AND deleted_at IS NOT NULL");
const GOING: &str =
    "SELECT name FROM resources WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT $1";

/// Deletes some of the rows of a resource that was deleted, no more than one transaction should hold; whether there is
/// more.
pub(in crate::store) async fn clear<E: Executor>(
    executor: &E,
    name: &str,
) -> Result<bool, E::Trouble> {
    if !exists(executor, &IS_GOING, binds![name]).await? {
        return Ok(false);
    }
    let named = [Value::Text(name.to_owned())];
    for sort in SORTS {
        let some = format!(
            "SELECT id FROM invites WHERE resource = $1 AND {sort} ORDER BY number LIMIT {BATCH}{{skip}}"
        );
        let some = texts(executor, &some, &named).await?;
        if some.is_empty() {
            continue;
        }
        let sweep = Sweep {
            invites: Choice::Given(some),
            steps: whole_invites(),
        };
        carry_out(executor, &sweep).await?;
        return Ok(true);
    }
    // What others hold was passed over, and keeps what it grants: whoever holds it reads it whole.
    for sort in SORTS {
        let held = format!("SELECT id FROM invites WHERE resource = $1 AND {sort} LIMIT 1");
        if !texts(executor, &held, &named).await?.is_empty() {
            return Ok(true);
        }
    }
    let mut left = BATCH as u64;
    for (table, key) in TABLES {
        let some = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE resource = $1 LIMIT {left}{{skip}})"
        );
        let values: Vec<Bind<'_>> = named.iter().map(Bind::from).collect();
        let rows = executor
            .execute(&written(&some, E::ENGINE), &values)
            .await?;
        left = left.saturating_sub(rows);
        if left == 0 {
            return Ok(true);
        }
    }
    change(executor, &REMOVE, binds![name]).await?;
    exists(executor, &IS_GOING, binds![name]).await
}

/// Resources that were deleted and are not gone yet, so many at most.
pub(in crate::store) async fn going<E: Executor>(
    executor: &E,
    limit: u32,
) -> Result<Vec<String>, E::Trouble> {
    texts(executor, GOING, &[Value::Number(limit.into())]).await
}
