//! Three PostgreSQL servers that Patroni keeps, and the etcd by which it agrees with itself. The programs are Debian's;
//! all that they write is in a folder that goes with the value.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::postgres::{Listen, as_its_user, is_root, programs};
use crate::supervised::{self, Supervised, kill};

/// After so long without a word from the primary another is chosen.
pub const TTL: Duration = Duration::from_secs(20);
/// How often to ask whether something has come about, where nobody tells.
pub const LOOK: Duration = Duration::from_millis(200);
/// Far more than anything here takes; only a test that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// What `deploy/before-patroni` says.
const TAKEN_BACK: &str = "before-patroni: took back the name of";

const DATABASE: &str = "invites";

pub struct Node {
    listen: Listen,
    rest: Listen,
    data: PathBuf,
    pub patroni: Supervised,
}

pub struct Cluster {
    nodes: Vec<Node>,
    pub etcd: Supervised,
    etcd_url: String,
    client: reqwest::Client,
    folder: TempDir,
}

impl Cluster {
    /// Starts all of it, and waits until a primary has its synchronous standby and another.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        let (etcd, etcd_url) = start_etcd(folder.path());
        let nodes = (1..=3).map(|number| Node::start(folder.path(), number, &etcd_url));
        let cluster = Self {
            nodes: nodes.collect(),
            etcd,
            etcd_url,
            client: reqwest::Client::builder()
                .tls_certs_only([])
                .timeout(Duration::from_secs(5))
                .build()
                .unwrap(),
            folder,
        };
        cluster.is_whole(SystemTime::now()).await;
        let (client, connection) = tokio_postgres::connect(&cluster.address_of("postgres"), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let sql = format!("CREATE DATABASE {DATABASE}");
        client.batch_execute(&sql).await.unwrap();
        cluster
    }

    /// The database's address, as an operator writes it.
    pub fn address(&self) -> String {
        self.address_of(DATABASE)
    }

    fn address_of(&self, database: &str) -> String {
        let all = self.nodes.iter().map(|node| shown(&node.listen));
        let all: Vec<String> = all.collect();
        let all = all.join(",");
        format!("postgres://postgres@{all}/{database}?target_session_attrs=read-write")
    }

    /// Where secrets and logs of others may stand, too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The primary and its synchronous standby, by what they say themselves.
    pub async fn roles(&self) -> Option<(&Node, &Node)> {
        let (node, status) = self.leading().await?;
        let standby = standbys(&status).find(|one| one["sync_state"] == "sync")?;
        let name = standby["application_name"].as_str()?;
        let number: usize = name.strip_prefix("node")?.parse().ok()?;
        Some((node, &self.nodes[number - 1]))
    }

    /// The primary, by what it says itself.
    pub async fn primary(&self) -> Option<&Node> {
        Some(self.leading().await?.0)
    }

    async fn leading(&self) -> Option<(&Node, Value)> {
        for node in &self.nodes {
            if let Some(status) = self.status(node).await.filter(is_primary) {
                return Some((node, status));
            }
        }
        None
    }

    /// The third.
    pub fn other(&self, primary: &Node, standby: &Node) -> &Node {
        let is_third = |node: &&Node| node.data != primary.data && node.data != standby.data;
        self.nodes.iter().find(is_third).unwrap()
    }

    /// Waits until nothing is amiss and every node has spoken with etcd after that time.
    pub async fn is_whole(&self, after: SystemTime) {
        let began = Instant::now();
        let after = after.duration_since(UNIX_EPOCH).unwrap().as_secs();
        while !self.looks_whole(after).await {
            if began.elapsed() > PATIENCE {
                panic!("the cluster does not come together\n{}", self.said().await);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn looks_whole(&self, after: u64) -> bool {
        let health = self.client.get(format!("{}/health", self.etcd_url)).send();
        if !health.await.is_ok_and(|answer| answer.status() == 200) {
            return false;
        }
        let mut all = Vec::new();
        for node in &self.nodes {
            all.extend(self.status(node).await);
        }
        let fresh = |one: &Value| {
            let seen = one["dcs_last_seen"].as_u64();
            one["state"] == "running" && seen.is_some_and(|seen| seen > after)
        };
        let primaries: Vec<&Value> = all.iter().filter(|one| is_primary(one)).collect();
        let [primary] = primaries[..] else {
            return false;
        };
        let streaming = standbys(primary).filter(|one| one["state"] == "streaming");
        all.len() == self.nodes.len()
            && all.iter().all(fresh)
            && streaming.count() == 2
            && self
                .named()
                .await
                .is_some_and(|named| is_sync(primary, &named))
    }

    /// Waits until this node's Patroni has been started so often and etcd names who may follow the node.
    pub async fn names_standby(&self, node: &Node, starts: usize) {
        let began = Instant::now();
        while node.patroni.starts() < starts
            || self.status(node).await.is_none()
            || self.named().await.is_none()
        {
            if began.elapsed() > PATIENCE {
                panic!("no standby is named\n{}", self.said().await);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Who may be chosen, by what etcd says.
    async fn named(&self) -> Option<String> {
        for node in &self.nodes {
            let url = format!("http://{}/cluster", shown(&node.rest));
            let Ok(answer) = self.client.get(url).send().await else {
                continue;
            };
            let Ok(cluster) = answer.json::<Value>().await else {
                continue;
            };
            let members = cluster["members"].as_array().into_iter().flatten();
            let mut named = members.filter(|one| one["role"] == "sync_standby");
            return Some(named.next()?["name"].as_str()?.to_owned());
        }
        None
    }

    /// How often a standby's name was taken back before Patroni was started.
    pub fn taken_back(&self) -> usize {
        let said = self
            .nodes
            .iter()
            .map(|node| node.patroni.said(usize::MAX).matches(TAKEN_BACK).count());
        said.sum()
    }

    async fn status(&self, node: &Node) -> Option<Value> {
        let url = format!("http://{}/patroni", shown(&node.rest));
        self.client.get(url).send().await.ok()?.json().await.ok()
    }

    /// What everybody has said last, for whoever has to find out why.
    pub async fn said(&self) -> String {
        let mut all = format!("etcd:\n{}\n", self.etcd.said(10));
        for (number, node) in self.nodes.iter().enumerate() {
            let status = self.status(node).await;
            let said = node.patroni.said(25);
            all.push_str(&format!("node{}: {status:?}\n{said}\n", number + 1));
        }
        all
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whoever would start PostgreSQL again goes first.
        let all: Vec<Node> = self.nodes.drain(..).collect();
        for Node { patroni, data, .. } in all {
            drop(patroni);
            kill(&processes(&data));
        }
    }
}

impl Node {
    fn start(folder: &Path, number: usize, etcd: &str) -> Self {
        let (listen, rest) = (Listen::somewhere(), Listen::somewhere());
        let home = folder.join(format!("node{number}"));
        fs::create_dir(&home).unwrap();
        let (data, file) = (home.join("data"), home.join("patroni.json"));
        let settings = settings(number, &listen, &rest, &home, etcd);
        // JSON is YAML.
        fs::write(&file, settings.to_string()).unwrap();
        give_away(&home);
        // A copy: whoever PostgreSQL runs as may not read where this is.
        let before = home.join("before-patroni");
        let deployed = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/before-patroni");
        fs::copy(deployed, &before).unwrap();
        let patroni = Supervised::start(&folder.join(format!("node{number}.log")), move || {
            // As `ExecStartPre`.
            let mut patroni = as_its_user("/bin/sh");
            let both = r#""$1" "$2" && exec "$3" "$2""#;
            patroni.args(["-c", both, "sh"]).arg(&before);
            patroni.arg(&file).arg(find("patroni"));
            patroni
        });
        Self {
            listen,
            rest,
            data,
            patroni,
        }
    }

    /// `kill -9` for PostgreSQL alone.
    pub fn kill_postgresql(&self) {
        let all = processes(&self.data);
        assert!(!all.is_empty(), "it runs");
        kill(&all);
    }

    /// To PostgreSQL's own processes of that kind.
    pub fn signal(&self, kind: &str, signal: &str) {
        let of_kind = |process: &u32| command(*process).contains(kind);
        let all = processes(&self.data).into_iter().filter(of_kind);
        let all: Vec<u32> = all.collect();
        assert!(!all.is_empty(), "no {kind}");
        supervised::signal(signal, &all);
    }

    /// As a power cut would; the machine is back after that time.
    pub fn cut(&self, away: Duration) {
        // First whoever would start it again.
        self.patroni.kill(away);
        self.kill_postgresql();
    }
}

/// What `SCALING.md` advises.
fn settings(number: usize, listen: &Listen, rest: &Listen, home: &Path, etcd: &str) -> Value {
    let (listen, rest) = (shown(listen), shown(rest));
    let trust = |place: &str| format!("{place} trust");
    json!({
        "scope": "invites",
        "name": format!("node{number}"),
        "restapi": { "listen": rest, "connect_address": rest },
        "etcd3": { "host": etcd.trim_start_matches("http://") },
        "bootstrap": {
            "dcs": {
                // Not less than loop_wait and twice retry_timeout.
                "ttl": TTL.as_secs(), "loop_wait": 5, "retry_timeout": 5, "primary_start_timeout": 0,
                "synchronous_mode": true, "failsafe_mode": true,
                "postgresql": { "use_pg_rewind": true, "parameters": { "max_connections": 100 } },
            },
            "initdb": [{ "encoding": "UTF8" }, { "locale": "C" }, { "auth": "trust" }],
        },
        "postgresql": {
            "listen": listen, "connect_address": listen,
            "data_dir": home.join("data"), "bin_dir": programs(), "pgpass": home.join("pgpass"),
            "authentication": {
                "superuser": { "username": "postgres" }, "replication": { "username": "replicator" },
            },
            "parameters": { "unix_socket_directories": home },
            "pg_hba": [
                trust("local all all"), trust("host all all 127.0.0.0/8"),
                trust("host replication all 127.0.0.0/8"),
            ],
        },
    })
}

fn start_etcd(folder: &Path) -> (Supervised, String) {
    let (clients, peers) = (Listen::somewhere(), Listen::somewhere());
    let (clients, peers) = (
        format!("http://{}", shown(&clients)),
        format!("http://{}", shown(&peers)),
    );
    let (url, data) = (clients.clone(), folder.join("etcd"));
    let etcd = Supervised::start(&folder.join("etcd.log"), move || {
        let mut etcd = Command::new(find("etcd"));
        etcd.arg("--name=one").arg("--data-dir").arg(&data).args([
            &format!("--listen-client-urls={clients}"),
            &format!("--advertise-client-urls={clients}"),
            &format!("--listen-peer-urls={peers}"),
            &format!("--initial-advertise-peer-urls={peers}"),
            &format!("--initial-cluster=one={peers}"),
        ]);
        etcd
    });
    (etcd, url)
}

fn is_primary(status: &Value) -> bool {
    // Patroni 4 says it otherwise.
    status["role"] == "master" || status["role"] == "primary"
}

/// Whether each COMMIT waits for that standby.
fn is_sync(primary: &Value, standby: &str) -> bool {
    standbys(primary).any(|one| one["sync_state"] == "sync" && one["application_name"] == standby)
}

fn standbys(primary: &Value) -> impl Iterator<Item = &Value> {
    primary["replication"].as_array().into_iter().flatten()
}

fn shown(listen: &Listen) -> String {
    format!("{}:{}", listen.address, listen.port)
}

/// The postmaster of a folder and its children.
fn processes(data: &Path) -> Vec<u32> {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let first = file.lines().next();
    let Some(postmaster) = first.and_then(|line| line.parse::<u32>().ok()) else {
        return Vec::new();
    };
    // The file outlives a kill, and the number may be somebody else's by then.
    if !command(postmaster).contains(data.to_str().unwrap()) {
        return Vec::new();
    }
    let children = Command::new("ps")
        .args(["-o", "pid=", "--ppid", &postmaster.to_string()])
        .output()
        .unwrap();
    let children = String::from_utf8(children.stdout).unwrap();
    let children = children.split_whitespace().map(|one| one.parse().unwrap());
    std::iter::once(postmaster).chain(children).collect()
}

fn command(process: u32) -> String {
    let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command).into_owned()
}

/// To the user that PostgreSQL runs as.
fn give_away(folder: &Path) {
    if is_root() {
        let owned = Command::new("chown")
            .arg("-R")
            .arg("postgres:postgres")
            .arg(folder)
            .status();
        assert!(owned.unwrap().success(), "there is no user postgres");
    }
}

fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program));
    found
        .into_iter()
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{program} is missing: apt-get install patroni etcd-server"))
}
