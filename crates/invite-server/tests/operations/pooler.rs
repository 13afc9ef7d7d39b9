//! PgBouncer in its three modes, where it is installed.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use invite_server::conditions::CONNECTION_DEAD;
use serde_json::json;

use crate::cluster::{Listen, Postgres, is_root};
use crate::disk::{refused, told, until_ready};
use crate::lines::socket;
use crate::people::{client, code, sign_in, sign_in_all};
use crate::support::{PATIENCE, Server};

struct PgBouncer {
    child: Child,
    listen: Listen,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Nothing where it is not installed.
    async fn start(postgres: &Postgres, mode: &str, connections: usize) -> Option<PgBouncer> {
        let folder = tempfile::tempdir().unwrap();
        let listen = Listen::somewhere();
        let there = socket(postgres);
        let there = there.parent().unwrap().display();
        let (address, port) = (&listen.address, listen.port);
        let text = format!(
            "[databases]\n* = host={there} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = {address}\n\
             listen_port = {port}\nauth_type = any\nunix_socket_dir =\npool_mode = {mode}\n\
             default_pool_size = {connections}\nmax_client_conn = 400\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, text).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
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
        let started = command
            .arg(&file)
            .env(
                "PATH",
                format!("{}:/usr/sbin", std::env::var("PATH").unwrap()),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.ok()?;
        let began = Instant::now();
        while tokio::net::TcpStream::connect((address.as_str(), port))
            .await
            .is_err()
        {
            if child.try_wait().unwrap().is_some() || began.elapsed() > PATIENCE {
                eprintln!("skipped: install PgBouncer: apt-get install pgbouncer");
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(PgBouncer {
            child,
            listen,
            _folder: folder,
        })
    }

    fn address(&self, database: &str) -> String {
        let Listen { address, port } = &self.listen;
        format!("postgres://postgres@{address}:{port}/{database}")
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two copies, more calls at once than there are connections, and each answer is that call's own.
async fn works(mode: &str, connections: usize) {
    let postgres = Postgres::start(false);
    postgres.database("pooled").await;
    let Some(bouncer) = PgBouncer::start(&postgres, mode, connections).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let (database, secret) = (bouncer.address("pooled"), secret.to_str().unwrap());
    let arguments = ["--database", &database, "--secret-file", secret];
    let copies = [Server::demo(&arguments), Server::demo(&arguments)];
    for copy in &copies {
        until_ready(copy, 200).await;
    }
    let client = client();
    let people = sign_in_all(&copies[0], &client, 8).await;
    let began = Instant::now();
    let mut working = Vec::new();
    for (number, person) in people.into_iter().enumerate() {
        let url = copies[number % 2].url.clone();
        working.push(tokio::spawn(async move {
            let resource = format!("of{number}");
            let mut made = BTreeMap::new();
            assert_eq!(code(&person.begin(&url, &resource).await), "yes");
            for count in 0..20 {
                let message = format!("{number} {count}");
                let options = json!({ "message": message });
                let invite = person.invite(&url, &resource, options).await;
                assert_eq!(code(&invite), "yes", "{invite:?}");
                made.insert(
                    invite.unwrap().1["id"].as_str().unwrap().to_owned(),
                    message,
                );
            }
            for invite in person.invites(&url, &resource, "pending").await {
                let id = invite["id"].as_str().unwrap();
                assert_eq!(made.remove(id).as_deref(), invite["message"].as_str());
            }
            assert!(made.is_empty(), "{made:?}");
        }));
    }
    for one in working {
        one.await.unwrap();
    }
    eprintln!(
        "{mode}, {connections} connections: 160 invites in {:?}",
        began.elapsed()
    );
    for copy in &copies {
        until_ready(copy, 200).await;
        assert!(
            copy.output().contains("a pooler is in between"),
            "{}",
            copy.output()
        );
        assert!(!copy.output().contains("ERROR"), "{}", copy.output());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_transactions_each_call_is_its_own() {
    works("transaction", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_sessions_with_room_it_works() {
    works("session", 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_sessions_without_room_no_call_waits_for_ever() {
    let postgres = Postgres::start(false);
    postgres.database("pooled").await;
    let Some(bouncer) = PgBouncer::start(&postgres, "session", 3).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let (database, secret) = (bouncer.address("pooled"), secret.to_str().unwrap());
    let server = Server::demo(&["--database", &database, "--secret-file", secret]);
    let alice = sign_in(&server, &client(), "alice").await;
    let calls = (0..24).map(|_| async {
        let began = Instant::now();
        let made = alice.invite(&server.url, "notes", json!({})).await;
        (code(&made).to_owned(), began.elapsed())
    });
    for (outcome, took) in futures_util::future::join_all(calls).await {
        assert!(
            ["yes", "try_again"].contains(&outcome.as_str()),
            "{outcome}"
        );
        assert!(took < Duration::from_secs(29), "{took:?}");
    }
    let lines = told(&server, &CONNECTION_DEAD);
    assert!(
        lines.iter().all(|line| line.contains("pooler")),
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_of_statements_is_refused() {
    let postgres = Postgres::start(false);
    postgres.database("pooled").await;
    let Some(bouncer) = PgBouncer::start(&postgres, "statement", 3).await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret").to_str().unwrap().to_owned();
    let database = bouncer.address("pooled");
    let said = tokio::task::spawn_blocking(move || {
        refused(&["--demo", "--database", &database, "--secret-file", &secret])
    });
    let said = said.await.unwrap();
    assert!(said.contains("statement pooling mode"), "{said}");
    assert!(said.contains("pool_mode = transaction"), "{said}");
}
