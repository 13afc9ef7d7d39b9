//! PgBouncer in front of a test's PostgreSQL, where it is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::between::socket;
use crate::cluster::{Listen, Postgres, is_root};
use crate::support::PATIENCE;

pub struct PgBouncer {
    child: Child,
    listen: Listen,
    there: PathBuf,
    mode: String,
    folder: TempDir,
}

impl PgBouncer {
    /// Nothing where it is not installed.
    pub async fn start(postgres: &Postgres, mode: &str, connections: usize) -> Option<PgBouncer> {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut bouncer = PgBouncer {
            child: Command::new("true").spawn().unwrap(),
            listen: Listen::somewhere(),
            there: socket(postgres).parent().unwrap().to_owned(),
            mode: mode.to_owned(),
            folder,
        };
        bouncer.allow(connections);
        if bouncer.start_again().await {
            return Some(bouncer);
        }
        eprintln!("skipped: install PgBouncer: apt-get install pgbouncer");
        None
    }

    /// So many connections to PostgreSQL; told at once where it runs.
    pub fn allow(&self, connections: usize) {
        let Listen { address, port } = &self.listen;
        let (there, mode) = (self.there.display(), &self.mode);
        let text = format!(
            "[databases]\n* = host={there} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = {address}\n\
             listen_port = {port}\nauth_type = any\nunix_socket_dir =\npool_mode = {mode}\n\
             default_pool_size = {connections}\nmax_client_conn = 400\n"
        );
        fs::write(self.file(), text).unwrap();
        let _ = Command::new("kill")
            .args(["-HUP", &self.child.id().to_string()])
            .stderr(Stdio::null())
            .status();
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Runs it where it was; whether it takes connections.
    pub async fn start_again(&mut self) -> bool {
        self.kill();
        let mut command = Command::new("pgbouncer");
        if is_root() {
            command = Command::new("setpriv");
            command.args([
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                "pgbouncer",
            ]);
        }
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
        let started = command
            .arg(self.file())
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            return false;
        };
        self.child = child;
        let (began, there) = (Instant::now(), self.listen.to_string());
        while TcpStream::connect(&there).await.is_err() {
            if self.child.try_wait().unwrap().is_some() || began.elapsed() > PATIENCE {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    pub fn address(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.listen)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("pgbouncer.ini")
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.kill();
    }
}
