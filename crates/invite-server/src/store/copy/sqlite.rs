//! From and into SQLite.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{
    NOTED, StoreUnusable, copying, create_private, in_use, not_empty, schema, sync, tables,
};

pub(super) fn back_up(path: &Path, file: &Path) -> Result<(), StoreUnusable> {
    if !path.exists() {
        return Err(StoreUnusable(format!(
            "there is no database {}; name it with --database",
            path.display()
        )));
    }
    let connection = schema::open_reader(path)?;
    create_private(file)?;
    // One view of the whole, without what is free or deleted; it keeps nobody from writing.
    connection
        .execute("VACUUM INTO ?1", [file.to_string_lossy()])
        .map_err(|cause| copying(&cause))?;
    sync(file)
}

type Trouble = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn restore(
    copy: &Path,
    path: &Path,
    replace: bool,
    before: impl FnOnce() -> Result<(), StoreUnusable>,
) -> Result<u64, StoreUnusable> {
    let mut connection = schema::open_alone(path)?.ok_or_else(|| in_use(&path.display()))?;
    let fill = |connection: &mut Connection| -> Result<Option<u64>, Trouble> {
        connection.execute("ATTACH ?1 AS backup", [copy.to_string_lossy()])?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let all = tables(&transaction)?;
        for table in all.iter().rev() {
            if replace || table.name == NOTED {
                transaction.execute(&table.empty("main."), [])?;
            } else if transaction.prepare(&table.look("main."))?.exists([])? {
                return Ok(None);
            }
        }
        let mut rows = 0;
        for table in &all {
            let (name, columns) = (&table.name, table.columns());
            rows += transaction.execute(
                &format!(
                    "INSERT INTO main.{name} ({columns}) {}",
                    table.read("backup.")
                ),
                [],
            )?;
        }
        before()?;
        transaction.commit()?;
        Ok(Some(rows as u64))
    };
    let filled = fill(&mut connection).map_err(|cause| copying(&cause))?;
    filled.ok_or_else(not_empty)
}
