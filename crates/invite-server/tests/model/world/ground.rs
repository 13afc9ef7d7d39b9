//! Where histories happen: a database and a secret file, as they were when the first server began.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use invite_server::{
    core::{Moment, Secrets},
    store::{Database, PostgresStore, SqliteStore},
};
use tempfile::TempDir;

use crate::cluster::Postgres;
use crate::history::{BEGIN, HOUR};
use crate::model::Engine;

/// More than happens at once.
const CONNECTIONS: usize = 8;
/// So often the tables are begun anew: what is deleted from them stays in their files for a while.
const TRUNCATED: u32 = 64;

/// Where databases are.
pub(crate) enum Host<'a> {
    Files,
    Server(&'a Postgres),
}

/// One database, one history at a time.
pub(crate) struct Ground {
    folder: TempDir,
    kept: Kept,
}

#[allow(clippy::large_enum_variant, reason = "there are few")]
enum Kept {
    Files,
    Server {
        address: String,
        operator: tokio_postgres::Client,
        tables: Vec<String>,
        /// The store of the history before, which is connected already.
        open: Option<PostgresStore>,
        cleared: u32,
    },
}

impl Ground {
    pub(crate) async fn on(host: &Host<'_>, number: usize) -> Ground {
        let folder = in_memory();
        match host {
            Host::Files => Ground::of_files(folder).await,
            Host::Server(postgres) => Ground::of_server(folder, postgres, number).await,
        }
    }

    async fn of_files(folder: TempDir) -> Ground {
        let first = folder.path().join("first.db");
        let store = SqliteStore::open(&first).unwrap();
        store.close().await;
        Ground {
            folder,
            kept: Kept::Files,
        }
    }

    /// In this database the time is what a table says.
    async fn of_server(folder: TempDir, postgres: &Postgres, number: usize) -> Ground {
        let name = format!("ground{number}");
        let address = postgres.database(&name).await;
        let operator = postgres.connect(&name).await;
        let clock = format!(
            "CREATE SCHEMA ground;
             ALTER DATABASE {name} SET search_path = ground, pg_catalog;
             CREATE TABLE ground.time (at BIGINT NOT NULL);
             INSERT INTO ground.time VALUES ({BEGIN});
             CREATE FUNCTION ground.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
                 'SELECT TIMESTAMPTZ ''epoch'' + at * INTERVAL ''1 millisecond'' FROM ground.time';"
        );
        operator.batch_execute(&clock).await.unwrap();
        let operator = postgres.connect(&name).await;
        let store = PostgresStore::open(&address, CONNECTIONS).await.unwrap();
        let tables = "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'ground'
            AND tablename NOT IN ('time', 'invite_schema')";
        let tables = operator.query(tables, &[]).await.unwrap();
        Ground {
            folder,
            kept: Kept::Server {
                address,
                tables: tables.iter().map(|row| row.get(0)).collect(),
                operator,
                open: Some(store),
                cleared: 0,
            },
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
        self.settle().await;
        write_secrets(&self.secrets());
        let file = self.file();
        match &mut self.kept {
            Kept::Files => {
                for end in ["", "-wal", "-shm"] {
                    let beside = format!("{}{end}", file.display());
                    let _ = fs::remove_file(beside);
                }
                fs::copy(self.folder.path().join("first.db"), file).unwrap();
            }
            Kept::Server {
                operator,
                tables,
                cleared,
                ..
            } => {
                *cleared += 1;
                let all = if cleared.is_multiple_of(TRUNCATED) {
                    format!("TRUNCATE {};", tables.join(", "))
                } else {
                    // In any order: nothing refers to anything for a moment.
                    let each = tables.iter().map(|table| format!("DELETE FROM {table};"));
                    format!(
                        "SET session_replication_role = replica; {} RESET session_replication_role;",
                        each.collect::<String>()
                    )
                };
                operator.batch_execute(&all).await.unwrap();
            }
        }
        self.set_time(BEGIN).await;
    }

    /// Where the database has a clock, it says this.
    pub(crate) async fn set_time(&self, at: i64) {
        if let Kept::Server { operator, .. } = &self.kept {
            let set = format!("UPDATE ground.time SET at = {at}");
            operator.batch_execute(&set).await.unwrap();
        }
    }

    /// Nobody holds anything any more: what was refused is rolled back a moment after it was answered, and what ends or
    /// is deleted meanwhile is passed over until the next time.
    pub(crate) async fn settle(&self) {
        if let Kept::Server { operator, .. } = &self.kept {
            let busy = "SELECT 1 FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
            while !operator.query(busy, &[]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        }
    }

    pub(crate) async fn open(&mut self) -> Database {
        if let Kept::Server { open, .. } = &mut self.kept
            && let Some(store) = open.take()
        {
            return store.into();
        }
        self.reopen().await
    }

    /// As a server does that starts.
    pub(crate) async fn reopen(&self) -> Database {
        match &self.kept {
            Kept::Files => SqliteStore::open(&self.file()).unwrap().into(),
            Kept::Server { address, .. } => {
                let opened = PostgresStore::open(address, CONNECTIONS).await;
                opened.unwrap().into()
            }
        }
    }

    pub(crate) async fn close(&mut self, database: Database) {
        match (&mut self.kept, database) {
            (Kept::Server { open, .. }, Database::Postgres(store)) => *open = Some(store),
            (_, database) => database.close().await,
        }
    }
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
