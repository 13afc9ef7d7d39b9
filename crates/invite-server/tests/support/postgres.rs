//! A PostgreSQL server of the test's own, in a folder that goes with it. The programs are those of the system.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio_postgres::NoTls;

/// Where one may be reached that listens.
pub(crate) struct Listen {
    pub(crate) address: String,
    pub(crate) port: u16,
}

impl Listen {
    /// Any of the many addresses of this machine alone, which nobody else will have taken.
    pub(crate) fn somewhere() -> Self {
        let [one, two, three, four, five] = std::array::from_fn(|_| random());
        Self {
            address: format!("127.{}.{}.{}", one.max(1), two, three.clamp(1, 254)),
            port: 20_000 + u16::from(four) * 32 + u16::from(five % 32),
        }
    }
}

impl std::fmt::Display for Listen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.address, self.port)
    }
}

fn random() -> u8 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0).to_le_bytes()[0]
}

/// Readable by its user alone, as it wants its key.
fn write_as_its_user(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    if is_root() {
        let owned = Command::new("chown")
            .arg("postgres:postgres")
            .arg(path)
            .status();
        assert!(owned.unwrap().success());
    }
}

/// Ends with the value.
pub(crate) struct Postgres {
    folder: TempDir,
    postmaster: Child,
    log: Log,
}

/// What it says.
type Log = Arc<Mutex<String>>;

impl Postgres {
    /// Makes a cluster and starts it. `durable` is for tests that kill it: else it never waits for the disk.
    pub(crate) fn start(durable: bool) -> Self {
        Self::make(durable, None)
    }

    /// The same on an address of this machine, where it takes encrypted connections only, with this certificate and its
    /// private key.
    pub(crate) fn encrypting(listen: &Listen, certificate: &str, key: &str) -> Self {
        Self::make(false, Some((listen, certificate, key)))
    }

    fn make(durable: bool, encrypting: Option<(&Listen, &str, &str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        if is_root() {
            let owned = Command::new("chown")
                .arg("-R")
                .arg("postgres:postgres")
                .arg(folder.path())
                .status();
            assert!(owned.unwrap().success(), "there is no user postgres");
        }
        let made = as_its_user("initdb")
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut settings =
            String::from("listen_addresses = ''\nmax_connections = 120\nautovacuum = on\n");
        settings.push_str(&format!(
            "unix_socket_directories = '{}'\n",
            folder.path().display()
        ));
        if !durable {
            settings.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
        }
        if let Some((listen, certificate, key)) = encrypting {
            settings.push_str(&format!(
                "listen_addresses = '{}'\nport = {}\nssl = on\n",
                listen.address, listen.port
            ));
            let allowed = "local all all trust\nhostssl all all 127.0.0.0/8 trust\n";
            for (name, text) in [
                ("pg_hba.conf", allowed),
                ("server.crt", certificate),
                ("server.key", key),
            ] {
                write_as_its_user(&data.join(name), text);
            }
        }
        let file = data.join("postgresql.auto.conf");
        fs::write(&file, settings).unwrap();
        let log = Log::default();
        let postmaster = run(&data, &log);
        Self {
            folder,
            postmaster,
            log,
        }
    }

    /// All it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// A fresh, empty database; its address.
    pub(crate) async fn database(&self, name: &str) -> String {
        let client = self.connect("postgres").await;
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        self.address(name)
    }

    pub(crate) fn address(&self, database: &str) -> String {
        let folder = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{database}")
    }

    pub(crate) async fn connect(&self, database: &str) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.address(database), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    /// Everything it has written to its files, as one heap of bytes.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.path().join("data")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path);
                }
            }
        }
        files
    }

    /// `kill -9` for all of its processes at once, as a power cut would, and a fresh start over the same files.
    pub(crate) fn crash(&mut self) {
        let number = self.postmaster.id();
        let children =
            fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap();
        self.postmaster.kill().unwrap();
        // Children of ours only: each was a child of the postmaster a moment ago.
        let _ = Command::new("kill")
            .arg("-9")
            .args(children.split_whitespace())
            .stderr(Stdio::null())
            .status();
        self.postmaster.wait().unwrap();
        self.postmaster = run(&self.folder.path().join("data"), &self.log);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once: nobody will read these files again.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.postmaster.id().to_string()])
            .status();
        let _ = self.postmaster.wait();
    }
}

/// Runs it until it takes connections. After a crash its old processes may hold on to their memory for a moment: then
/// it ends at once and is run again.
fn run(data: &Path, log: &Log) -> Child {
    let mut said = Vec::new();
    for _ in 0..200 {
        let mut child = as_its_user("postgres")
            .arg("-D")
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            let ready = line.contains("database system is ready to accept connections");
            said.push(line);
            if ready {
                // Its log goes on; a full pipe would stop it.
                let log = Arc::clone(log);
                std::thread::spawn(move || {
                    for line in lines.map_while(Result::ok) {
                        let mut log = log.lock().unwrap();
                        log.push_str(&line);
                        log.push('\n');
                    }
                });
                return child;
            }
        }
        child.wait().unwrap();
    }
    panic!("PostgreSQL does not start: {}", said.join("\n"));
}

/// A program of PostgreSQL, as a user that it accepts: root it is not.
pub(crate) fn as_its_user(program: &str) -> Command {
    let program = programs().join(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    // The folder of whoever runs the tests may not be its to enter.
    command.current_dir("/");
    command
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The newest installed version's programs.
pub(crate) fn programs() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = fs::read_dir(root)
        .unwrap_or_else(|_| panic!("install PostgreSQL: apt-get install postgresql"));
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .collect();
    found.sort();
    found.pop().expect("a version of PostgreSQL").1
}
