//! Where histories happen: a database and a secret file, as they were when the first server began.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use invite_server::{
    core::{Moment, Secrets},
    store::{Database, PostgresStore, SqliteStore},
};
use tempfile::TempDir;
use tokio_postgres::Statement;

use crate::cluster::Postgres;
use crate::history::{BEGIN, DAY, HOUR};
use crate::model::Engine;

/// More than happens at once.
const CONNECTIONS: usize = 8;
/// So often all begins with a new file, or with empty ones: what is deleted stays in them for a while.
const ANEW: u32 = 64;

/// Where databases are.
pub(crate) enum Host<'a> {
    Files,
    Server(&'a Postgres),
}

/// One database, one history at a time.
pub(crate) struct Ground {
    folder: TempDir,
    kept: Kept,
    /// The store that the history before has left: it is open already. What a history reopens it reopens itself.
    open: Option<Database>,
    /// That of a second copy of the server.
    second: Option<Database>,
    tables: Vec<String>,
    cleared: u32,
}

#[allow(clippy::large_enum_variant, reason = "there are few")]
enum Kept {
    Files,
    Server {
        address: String,
        operator: tokio_postgres::Client,
        clear: Statement,
        set_time: Statement,
        /// Whether anybody does anything.
        busy: Statement,
    },
}

impl Ground {
    pub(crate) async fn on(host: &Host<'_>, name: &str) -> Ground {
        let folder = in_memory();
        match host {
            Host::Files => Ground::of_files(folder).await,
            Host::Server(postgres) => Ground::of_server(folder, postgres, name).await,
        }
    }

    async fn of_files(folder: TempDir) -> Ground {
        let first = folder.path().join("first.db");
        SqliteStore::open(&first).unwrap().close().await;
        let file = rusqlite::Connection::open(&first).unwrap();
        let mut names = file
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .unwrap();
        let names = names.query_map([], |row| row.get(0)).unwrap();
        Ground {
            folder,
            kept: Kept::Files,
            open: None,
            second: None,
            tables: names.map(Result::unwrap).collect(),
            cleared: 0,
        }
    }

    /// In this database the time is what a table says. Each statement is planned once a connection: with so few rows that
    /// is most of what there is to do.
    async fn of_server(folder: TempDir, postgres: &Postgres, name: &str) -> Ground {
        let address = postgres.database(name).await;
        let operator = postgres.connect(name).await;
        let clock = format!(
            "CREATE SCHEMA ground;
             ALTER DATABASE {name} SET search_path = ground, pg_catalog;
             ALTER DATABASE {name} SET plan_cache_mode = force_generic_plan;
             CREATE TABLE ground.time (at BIGINT NOT NULL);
             INSERT INTO ground.time VALUES ({BEGIN});
             CREATE FUNCTION ground.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
                 'SELECT TIMESTAMPTZ ''epoch'' + at * INTERVAL ''1 millisecond'' FROM ground.time';"
        );
        operator.batch_execute(&clock).await.unwrap();
        let operator = postgres.connect(name).await;
        let store = PostgresStore::open(&address, CONNECTIONS).await.unwrap();
        let tables = "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'ground'
            AND tablename NOT IN ('time', 'invite_schema')";
        let tables = operator.query(tables, &[]).await.unwrap();
        let tables: Vec<String> = tables.iter().map(|row| row.get(0)).collect();
        // In any order: nothing refers to anything for a moment.
        let clear = format!(
            "CREATE FUNCTION ground.clear() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS
                 'BEGIN {} END';",
            deletes(&tables)
        );
        operator.batch_execute(&clear).await.unwrap();
        let prepare = async |sql| operator.prepare(sql).await.unwrap();
        let kept = Kept::Server {
            address,
            clear: prepare("SELECT ground.clear()").await,
            set_time: prepare("UPDATE ground.time SET at = $1").await,
            // What `pg_stat_activity` shows, without the names in it.
            busy: prepare(
                "SELECT 1 FROM pg_stat_get_activity(NULL) WHERE state <> 'idle' AND pid <> pg_backend_pid()
                 AND datid = (SELECT oid FROM pg_database WHERE datname = current_database())",
            )
            .await,
            operator,
        };
        Ground {
            folder,
            kept,
            open: Some(store.into()),
            second: None,
            tables,
            cleared: 0,
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.kept {
            Kept::Files => Engine::Sqlite,
            Kept::Server { .. } => Engine::Postgres,
        }
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("invites.db")
    }

    /// Nothing has happened yet.
    pub(crate) async fn clear(&mut self) {
        write_secrets(&self.secrets());
        let anew = self.cleared.is_multiple_of(ANEW);
        self.cleared += 1;
        match &self.kept {
            Kept::Files if anew || self.open.is_none() => self.copy_the_first().await,
            Kept::Files => self.delete_all_rows(),
            Kept::Server { operator, .. } if anew => {
                let all = format!("TRUNCATE {}", self.tables.join(", "));
                operator.batch_execute(&all).await.unwrap();
            }
            Kept::Server {
                operator, clear, ..
            } => {
                operator.execute(clear, &[]).await.unwrap();
            }
        }
        self.set_time(BEGIN).await;
    }

    async fn copy_the_first(&mut self) {
        if let Some(open) = self.open.take() {
            open.close().await;
        }
        let file = self.file();
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{end}", file.display()));
        }
        fs::copy(self.folder.path().join("first.db"), file).unwrap();
    }

    /// Of the file, also what numbers were given: all is as in a new one.
    fn delete_all_rows(&self) {
        let mut file = rusqlite::Connection::open(self.file()).unwrap();
        file.pragma_update(None, "foreign_keys", false).unwrap();
        file.pragma_update(None, "synchronous", false).unwrap();
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let all = file.transaction_with_behavior(immediate).unwrap();
        all.execute_batch(&deletes(&self.tables)).unwrap();
        all.commit().unwrap();
    }

    /// Where the database has a clock, it says this.
    pub(crate) async fn set_time(&self, at: i64) {
        if let Kept::Server {
            operator, set_time, ..
        } = &self.kept
        {
            operator.execute(set_time, &[&at]).await.unwrap();
        }
    }

    /// Nobody holds anything any more: what was refused is rolled back a moment after it was answered, and what ends or
    /// is deleted meanwhile is passed over until the next time.
    pub(crate) async fn settle(&self) {
        if let Kept::Server { operator, busy, .. } = &self.kept {
            while !operator.query(busy, &[]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        }
    }

    pub(crate) async fn open(&mut self) -> Database {
        match self.open.take() {
            Some(store) => store,
            None => self.reopen().await,
        }
    }

    /// As a server does that starts.
    async fn reopen(&self) -> Database {
        match &self.kept {
            Kept::Files => SqliteStore::open(&self.file()).unwrap().into(),
            Kept::Server { address, .. } => {
                let opened = PostgresStore::open(address, CONNECTIONS).await;
                opened.unwrap().into()
            }
        }
    }

    /// The store of a server that begins where this one has stopped. What a store on PostgreSQL holds is connections, and
    /// to open them takes longer than all else in a history: it does so when it was away for long. Else the other store
    /// goes on, as another copy does that stands ready.
    pub(crate) async fn restart(&mut self, stopped: Database, away: i64) -> Database {
        if let Kept::Server { .. } = self.kept
            && away < DAY
        {
            let other = self.second().await;
            self.second = Some(stopped);
            return other;
        }
        stopped.close().await;
        self.reopen().await
    }

    /// A store of its own for a second copy of the server.
    pub(crate) async fn second(&mut self) -> Database {
        let second = match self.second.take() {
            Some(second) => second,
            None => self.reopen().await,
        };
        self.second.insert(second).clone()
    }

    /// Kept for the next history.
    pub(crate) fn keep(&mut self, database: Database) {
        self.open = Some(database);
    }
}

fn deletes(tables: &[String]) -> String {
    let each = tables.iter();
    each.map(|table| format!("DELETE FROM {table};")).collect()
}

/// Where nothing waits for a disk, if there is such a place.
fn in_memory() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).unwrap()
}

/// All histories begin with the same secrets, made when they begin.
fn write_secrets(file: &Path) {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        Secrets::load_or_create(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let line = |line: &str| match line.rsplit_once(' ') {
            Some((secret, _)) if secret.ends_with(" active") => {
                format!("{secret} {}\n", Moment(BEGIN).to_iso())
            }
            Some((secret, _)) if secret.ends_with(" next") => {
                format!("{secret} {}\n", Moment(BEGIN - HOUR).to_iso())
            }
            _ => String::new(),
        };
        text.lines().map(line).collect()
    });
    let _ = fs::remove_file(file);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file).unwrap();
    std::io::Write::write_all(&mut opened, text.as_bytes()).unwrap();
}
