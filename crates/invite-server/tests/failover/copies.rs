//! Three copies of the server on one database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::patroni::{LOOK, PATIENCE};
use crate::postgres::Listen;
use crate::supervised::Supervised;

pub struct Copies {
    copies: Vec<Supervised>,
    pub urls: Vec<String>,
    client: reqwest::Client,
    pub secret: PathBuf,
}

impl Copies {
    pub async fn start(database: &str, folder: &Path) -> Self {
        let secret = folder.join("secret");
        let (mut copies, mut urls) = (Vec::new(), Vec::new());
        for number in 1..=3 {
            let Listen { address, port } = Listen::somewhere();
            let listen = format!("{address}:{port}");
            urls.push(format!("http://{listen}"));
            let (database, secret) = (database.to_owned(), secret.clone());
            copies.push(Supervised::start(
                &folder.join(format!("copy{number}.log")),
                move || {
                    let mut server = Command::new(env!("CARGO_BIN_EXE_invite-server"));
                    server
                        .args(["--demo", "--listen", &listen, "--database", &database])
                        .arg("--secret-file")
                        .arg(&secret);
                    server
                },
            ));
        }
        let copies = Self {
            copies,
            urls,
            client: reqwest::Client::builder()
                .tls_certs_only([])
                .timeout(Duration::from_secs(5))
                .build()
                .unwrap(),
            secret,
        };
        copies.are_ready().await;
        copies
    }

    pub fn kill(&self, number: usize, away: Duration) {
        self.copies[number].kill(away);
    }

    /// How often any was started.
    pub fn starts(&self) -> usize {
        self.copies.iter().map(Supervised::starts).sum()
    }

    /// Waits until each of them can do its work.
    pub async fn are_ready(&self) {
        let began = Instant::now();
        for url in &self.urls {
            let ready = format!("{url}/readyz");
            loop {
                let answer = self.client.get(&ready).send().await;
                if answer.is_ok_and(|answer| answer.status() == 200) {
                    break;
                }
                if began.elapsed() > PATIENCE {
                    panic!("a copy does not come back\n{}", self.said());
                }
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// What everybody has said last.
    pub fn said(&self) -> String {
        let all = self.copies.iter().enumerate();
        let all = all.map(|(number, copy)| format!("copy{}:\n{}\n", number + 1, copy.said(25)));
        all.collect()
    }
}
