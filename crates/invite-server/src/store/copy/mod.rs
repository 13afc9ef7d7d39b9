//! Backups: every row of either database in one SQLite file, which either database can be filled from again.
//!
//! Tables are copied by what the schema says of them, so that none that is added later can be forgotten.

mod postgres;
mod scratch;
mod sqlite;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::{StoreUnusable, sqlite::schema};
use crate::address::DatabaseAddress;
pub use scratch::Scratch;

/// What a server notes at its first start, before anybody has done anything: no reason to call a database full.
const NOTED: &str = "secrets";

/// A table, and the columns that both databases have in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    fn columns(&self) -> String {
        self.columns.join(", ")
    }

    /// Reads all of it, from this schema.
    fn read(&self, schema: &str) -> String {
        format!("SELECT {} FROM {schema}{}", self.columns(), self.name)
    }

    /// Whether there is anything in it.
    fn look(&self, schema: &str) -> String {
        format!("SELECT 1 FROM {schema}{} LIMIT 1", self.name)
    }

    fn empty(&self, schema: &str) -> String {
        format!("DELETE FROM {schema}{}", self.name)
    }
}

/// Writes all rows, as they stood at one moment, into a new SQLite file. A server may go on writing meanwhile. The
/// schema stays as it is found.
///
/// # Errors
/// A sentence that never holds a password.
pub async fn back_up(address: &DatabaseAddress, file: &Path) -> Result<(), StoreUnusable> {
    match address {
        DatabaseAddress::File(path) => sqlite::back_up(path, file),
        DatabaseAddress::Postgres(address) => postgres::back_up(address, file).await,
    }
}

/// Fills a database from such a file, in one transaction; how many rows it was. What is in the database already has to be
/// replaced on purpose, and nobody else may have it open. `before` is done when nothing but the commit is left to do.
///
/// # Errors
/// A sentence that says what to do.
pub async fn restore(
    file: &Path,
    address: &DatabaseAddress,
    replace: bool,
    before: impl FnOnce() -> Result<(), StoreUnusable> + Send,
) -> Result<u64, StoreUnusable> {
    // In a copy: the backup may be on something that cannot be written, and of an older schema.
    let (parent, elsewhere) = match address {
        // Where the rows will be, too.
        DatabaseAddress::File(path) => (folder_of(path), "--database"),
        DatabaseAddress::Postgres(_) => (std::env::temp_dir(), "TMPDIR"),
    };
    let no_room = |cause: &dyn std::fmt::Display| {
        StoreUnusable(format!(
            "the backup is copied before it is read, and there is no room for that in {}: {cause}; name another folder with {elsewhere}",
            parent.display()
        ))
    };
    let scratch = Scratch::new(&parent).map_err(|cause| no_room(&cause))?;
    let copy = scratch.path().join("backup.db");
    let unreadable =
        |cause: io::Error| StoreUnusable(format!("{} cannot be read: {cause}", file.display()));
    let mut from = File::open(file).map_err(unreadable)?;
    create_private(&copy).map_err(|cause| no_room(&cause))?;
    let mut into = File::options()
        .write(true)
        .open(&copy)
        .map_err(|cause| no_room(&cause))?;
    io::copy(&mut from, &mut into).map_err(|cause| no_room(&cause))?;
    check(&copy).map_err(|cause| {
        StoreUnusable(format!("{} is not a whole backup: {cause}", file.display()))
    })?;
    // Errors name what the operator knows.
    let named = |StoreUnusable(cause)| {
        StoreUnusable(cause.replace(&*copy.to_string_lossy(), &file.to_string_lossy()))
    };
    drop(schema::open_writer(&copy).map_err(named)?);
    let restored = match address {
        DatabaseAddress::File(path) => sqlite::restore(&copy, path, replace, before),
        DatabaseAddress::Postgres(address) => {
            postgres::restore(&copy, address, replace, before).await
        }
    };
    restored.map_err(named)
}

/// Where a file is, or will be.
fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Another has the database open.
fn in_use(place: &dyn std::fmt::Display) -> StoreUnusable {
    StoreUnusable(format!(
        "the database {place} is in use: stop every copy of the server, and what else has it open, before a backup is brought back"
    ))
}

fn check(copy: &Path) -> Result<(), String> {
    let say = |cause: rusqlite::Error| cause.to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags(copy, flags).map_err(say)?;
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(say)?;
    if version == 0 {
        return Err("it holds no invites".into());
    }
    let said: String = connection
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .map_err(say)?;
    if said == "ok" { Ok(()) } else { Err(said) }
}

/// All tables whose rows are worth keeping: what time it was is not. Each after those that it refers to.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let texts = |sql: &str, values: &[&str]| -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(0))?;
        rows.collect()
    };
    let mut names = texts(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' AND name <> 'clock' ORDER BY name",
        &[],
    )?;
    let mut sorted: Vec<Table> = Vec::new();
    while !names.is_empty() {
        let mut waiting = Vec::new();
        for name in std::mem::take(&mut names) {
            let refers = texts(
                r#"SELECT "table" FROM pragma_foreign_key_list(?1) WHERE "table" <> ?1"#,
                &[&name],
            )?;
            let known = |name: &String| sorted.iter().any(|table| table.name == *name);
            if refers.iter().all(known) {
                let columns = texts("SELECT name FROM pragma_table_info(?1)", &[&name])?;
                sorted.push(Table { name, columns });
            } else {
                waiting.push(name);
            }
        }
        names = waiting;
    }
    Ok(sorted)
}

fn copying(cause: &dyn std::fmt::Display) -> StoreUnusable {
    StoreUnusable(format!("the rows could not be copied: {cause}"))
}

fn not_empty() -> StoreUnusable {
    StoreUnusable(
        "the database is not empty; stop every copy of the server, and say --replace to delete what is in it".into(),
    )
}

/// An empty file that only its owner may read; it must not be there yet.
fn create_private(file: &Path) -> Result<(), StoreUnusable> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .map(drop)
        .map_err(|cause| StoreUnusable(format!("{} cannot be made: {cause}", file.display())))
}

fn sync(file: &Path) -> Result<(), StoreUnusable> {
    let synced = std::fs::File::open(file).and_then(|open| open.sync_all());
    synced.map_err(|cause| copying(&cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever restores an old backup has a newer server by then.
    #[tokio::test]
    async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
        let connection = schema::create(&old, 1).unwrap();
        let row = "INSERT INTO resources (name, created_at) VALUES ('notes', 7)";
        connection.execute(row, []).unwrap();
        drop(connection);
        let address = DatabaseAddress::File(new.clone());
        assert_eq!(restore(&old, &address, false, || Ok(())).await.unwrap(), 1);
        let newest = schema::open_reader(&new).unwrap();
        let events: i64 = newest
            .query_row("SELECT events FROM resources", [], |row| row.get(0))
            .unwrap();
        assert_eq!(events, 0);

        let empty = folder.path().join("empty.db");
        std::fs::write(&empty, "").unwrap();
        for wrong in [&empty, &folder.path().join("none.db")] {
            assert!(
                restore(wrong, &address, true, || Ok(())).await.is_err(),
                "{}",
                wrong.display()
            );
        }
        newest
            .query_row("SELECT 1 FROM resources", [], |_| Ok(()))
            .unwrap();
    }

    #[test]
    fn every_table_comes_after_those_it_refers_to() {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open_writer(&folder.path().join("invites.db")).unwrap();
        let all = tables(&connection).unwrap();
        let place = |name: &str| all.iter().position(|table| table.name == name).unwrap();
        assert!(place("resources") < place("grants") && place("invites") < place("grants"));
        assert!(all.iter().any(|table| table.name == "deliveries"));
        assert!(!all.iter().any(|table| table.name.starts_with("sqlite_")));
    }
}
