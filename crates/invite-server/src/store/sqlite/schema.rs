//! Opening connections, and bringing the schema up to date: its number stands in `user_version`.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use crate::store::{
    StoreUnusable,
    catalogue::{
        Engine,
        schema::{NEWEST, migrations},
    },
};

const STATEMENTS_KEPT: usize = 128;

/// The connection that writes. Every commit reaches the disk before it returns.
pub(in crate::store) fn open_writer(path: &Path) -> Result<Connection, StoreUnusable> {
    let connection = open(path).map_err(|cause| unusable(path, &cause))?;
    prepared(connection, path)
}

/// The same where nobody else has the database open, nor can have as long as this is; nothing where somebody has.
pub(in crate::store) fn open_alone(path: &Path) -> Result<Option<Connection>, StoreUnusable> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = open(path)?;
        connection.busy_timeout(Duration::from_secs(1))?;
        // Whoever has a database with a log open holds it, also between two looks.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        Ok(connection)
    };
    match open() {
        Ok(connection) => prepared(connection, path).map(Some),
        Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(None),
        Err(cause) => Err(unusable(path, &cause)),
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    make_private(path);
    Connection::open(path)
}

fn prepared(mut connection: Connection, path: &Path) -> Result<Connection, StoreUnusable> {
    // Before anything is written there.
    if is_anothers(&connection).map_err(|cause| unusable(path, &cause))? {
        return Err(StoreUnusable(format!(
            "{} is another program's SQLite database; name a file that is not there yet with --database",
            path.display()
        )));
    }
    prepare_writer(&mut connection).map_err(|cause| unusable(path, &cause))?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Names and addresses of people are in it: a new file is for its user alone, and SQLite makes those beside it alike.
/// What is there stays as the operator has it, and what cannot be made is said where it is opened.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// A connection that only reads.
pub(in crate::store) fn open_reader(path: &Path) -> Result<Connection, StoreUnusable> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        keep_statements(&connection)?;
        Ok(connection)
    };
    open().map_err(|cause| unusable(path, &cause))
}

/// A new database of this schema, which may be older, to be filled at once: nothing is safe before it is closed.
pub(in crate::store) fn create(path: &Path, version: u32) -> Result<Connection, StoreUnusable> {
    if version > NEWEST {
        return Err(newer(path, version));
    }
    let make = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        for migration in migrations(Engine::Sqlite, 0, version) {
            connection.execute_batch(&migration.statements())?;
        }
        connection.pragma_update(None, "user_version", version)?;
        Ok(connection)
    };
    make().map_err(|cause| unusable(path, &cause))
}

fn prepare_writer(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL, anything less loses acknowledged commits with the power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Keys and ids fall all over their indexes: a full batch alone would fill the usual 1000 pages.
    connection.pragma_update(None, "wal_autocheckpoint", 8192)?;
    // A log that grew behind a long reader gives the room back when it begins anew.
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    // What a change might have to take back is kept in memory: a full batch would write all of it to a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    keep_statements(connection)
}

fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Where a table has an index over some of its rows, SQLite plans each statement anew for each value that is bound,
    // in the hope that the index fits it. Ours name what they want of it in the text, so that they keep one plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreUnusable> {
    let mut step = || -> rusqlite::Result<u32> {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let done: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        for migration in migrations(Engine::Sqlite, done, NEWEST) {
            transaction.execute_batch(&migration.statements())?;
        }
        if done < NEWEST {
            transaction.pragma_update(None, "user_version", NEWEST)?;
        }
        transaction.commit()?;
        Ok(done)
    };
    let found = step().map_err(|cause| unusable(path, &cause))?;
    if found > NEWEST {
        return Err(newer(path, found));
    }
    Ok(())
}

/// Whether there are tables, and none of ours.
fn is_anothers(connection: &Connection) -> rusqlite::Result<bool> {
    let found =
        "SELECT count(*) > 0 AND sum(name = 'invites') = 0 FROM sqlite_schema WHERE type = 'table'";
    let found = connection.query_row(found, [], |row| row.get::<_, Option<bool>>(0))?;
    Ok(found.unwrap_or(false))
}

fn newer(path: &Path, found: u32) -> StoreUnusable {
    StoreUnusable(format!(
        "the database {} has schema {found}, newer than this server's {NEWEST}; start a newer server",
        path.display()
    ))
}

fn unusable(path: &Path, cause: &rusqlite::Error) -> StoreUnusable {
    StoreUnusable(format!(
        "the database {} cannot be used: {}",
        path.display(),
        said(cause)
    ))
}

/// What SQLite says, without the statement that it says it of.
pub(in crate::store) fn said(cause: &rusqlite::Error) -> String {
    match cause {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_new_file_and_those_beside_it_are_for_their_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let _connection = open_writer(&folder.path().join("invites.db")).unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(files.len() > 1, "{files:?}");
        for file in files {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }

    /// An acknowledged write has to survive a power cut: nothing else in the code would notice if these were gone.
    #[test]
    fn the_writer_syncs_every_commit_to_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_writer(&folder.path().join("invites.db")).unwrap();
        let pragma = |name| {
            connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
        };
        assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
        assert_eq!(pragma("synchronous").unwrap(), 2.into(), "FULL");
        assert_eq!(pragma("foreign_keys").unwrap(), 1.into());
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invites.db");
        drop(open_writer(&path).unwrap());
        let reader = open_reader(&path).unwrap();
        assert!(reader.execute("DELETE FROM invites", []).is_err());
    }
}
