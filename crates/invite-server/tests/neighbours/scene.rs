//! A server on a database of its own, and what the neighbours share.

use std::{path::PathBuf, time::Duration};

use reqwest::Client;
use tempfile::TempDir;

use crate::{cluster::Postgres, support::Server};

/// One server after the other: neither scene's neighbours are the other's.
pub static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Names whoever asks: the test is the proxy that the server trusts.
pub const HEADER: &str = "x-forwarded-user";

/// Where the invites are.
pub enum Store {
    Sqlite(PathBuf),
    Postgres(Postgres),
}

pub struct Scene {
    pub server: Server,
    pub store: Store,
    pub folder: TempDir,
}

impl Scene {
    pub async fn sqlite() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invites.db");
        let server = start(path.to_str().unwrap(), &folder);
        let store = Store::Sqlite(path);
        Scene {
            server,
            store,
            folder,
        }
    }

    pub async fn postgres() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let postgres = Postgres::start(false);
        let address = postgres.database("neighbours").await;
        let server = start(&address, &folder);
        let store = Store::Postgres(postgres);
        Scene {
            server,
            store,
            folder,
        }
    }

    /// Where the server tells what it measures, as its log says.
    pub fn metrics(&self) -> String {
        let output = self.server.output();
        let line = output
            .lines()
            .find(|line| line.contains(" metrics"))
            .unwrap();
        let address = line.rsplit("address=").next().unwrap();
        format!(
            "http://{}/metrics",
            address.split_whitespace().next().unwrap()
        )
    }

    pub fn engine(&self) -> &'static str {
        match self.store {
            Store::Sqlite(_) => "SQLite",
            Store::Postgres(_) => "PostgreSQL",
        }
    }
}

fn start(database: &str, folder: &TempDir) -> Server {
    let secret = folder.path().join("secret");
    Server::start(&[
        "--database",
        database,
        "--secret-file",
        secret.to_str().unwrap(),
        "--trust-header",
        HEADER,
        "--trust-proxy",
        "127.0.0.0/8",
        "--metrics",
        "127.0.0.1:0",
        "--limit-address",
        "0",
        "--limit-user",
        "0",
    ])
}

pub fn client(patience: Duration) -> Client {
    Client::builder()
        .tls_certs_only([])
        .timeout(patience)
        .build()
        .unwrap()
}
