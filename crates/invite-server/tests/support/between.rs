//! What lies between a server and its PostgreSQL, and swallows what is sent: the connection dies without a word.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};

use crate::cluster::Postgres;

/// Between a server and its database.
pub struct Between {
    port: u16,
    /// Whether what goes over the connections of now is swallowed.
    swallows: Arc<Mutex<Arc<AtomicBool>>>,
}

impl Between {
    pub async fn to(postgres: &Postgres) -> Between {
        let socket = socket(postgres);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let swallows: Arc<Mutex<Arc<AtomicBool>>> = Arc::default();
        let now = Arc::clone(&swallows);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let swallows = Arc::clone(&now.lock().unwrap());
                let Ok(there) = UnixStream::connect(&socket).await else {
                    continue;
                };
                let (from, to) = stream.into_split();
                let (answers, asks) = there.into_split();
                tokio::spawn(carry(from, asks, Arc::clone(&swallows)));
                tokio::spawn(carry(answers, to, swallows));
            }
        });
        Between { port, swallows }
    }

    pub fn address(&self, database: &str) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )
    }

    /// The connections of now are dead; others may be opened, which are dead, too, while `all`.
    pub fn swallow(&self, all: bool) {
        let mut now = self.swallows.lock().unwrap();
        now.store(true, Ordering::Relaxed);
        *now = Arc::new(AtomicBool::new(all));
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    swallows: Arc<AtomicBool>,
) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if !swallows.load(Ordering::Relaxed) && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
    // Whoever swallows does not tell that the other side has gone.
    if swallows.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

/// Where a cluster listens.
pub fn socket(postgres: &Postgres) -> PathBuf {
    let address = postgres.address("x");
    let folder = address.split_once('@').unwrap().1;
    let folder = folder.split_once('/').unwrap().0.replace("%2F", "/");
    PathBuf::from(folder).join(".s.PGSQL.5432")
}
