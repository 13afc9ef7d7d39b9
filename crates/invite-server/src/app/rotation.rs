//! Taking up secrets while the server runs: the operator rotates or revokes one, and no copy has to be started again.

use std::path::PathBuf;
use std::time::Duration;

use crate::core::SecretFileUnusable;
use crate::invites::Invites;
use crate::stop::Running;

/// Between two looks at the file, of whose changes not every file system tells, and at what was taken back, of which the
/// database alone tells a copy that has a file of its own.
const LOOK: Duration = Duration::from_secs(1);

/// Looks until told to stop, and at once when the process gets a `SIGHUP`.
pub(super) fn start(invites: Invites, file: PathBuf, running: Running) -> std::io::Result<()> {
    let told = Hangup::listen()?;
    tokio::spawn(watch(invites, file, told, running));
    Ok(())
}

async fn watch(invites: Invites, file: PathBuf, mut told: Hangup, mut running: Running) {
    let mut wrong = String::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = told.next() => {}
            () = running.told() => return,
        }
        match invites.take_up_secrets(&file).await {
            Ok(changed) => {
                if changed || !wrong.is_empty() {
                    let active = invites.secrets().active_id();
                    tracing::info!(active, "took the secrets up");
                }
                wrong.clear();
            }
            // What is wrong with the database is logged where it happens.
            Err(SecretFileUnusable::Unasked(_)) => {}
            Err(error) => {
                let now = error.to_string();
                if now != wrong {
                    tracing::error!(
                        "{now}. The secrets of before go on, but for those that were revoked"
                    );
                }
                wrong = now;
            }
        }
    }
}

/// `SIGHUP`, where there is one; listened to from the start, for it would end the process.
struct Hangup {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangup {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Hangup> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Hangup {
            signal: signal(SignalKind::hangup())?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending().await
        }
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Hangup> {
        Ok(Hangup {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending().await
    }
}
