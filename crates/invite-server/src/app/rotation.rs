//! Taking up secrets while the server runs: the operator rotates or revokes one, and no copy has to be started again.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::core::SecretFileUnusable;
use crate::invites::Invites;
use crate::stop::Running;

/// Between two looks at the file. Not every file system tells of changes, and few of those over a network do.
const LOOK: Duration = Duration::from_secs(1);
/// After so many the database is asked for what was taken back, where another machine may have its own file.
const ASK: u32 = 5;

/// Looks until told to stop, and at once when the process gets a `SIGHUP`.
pub(super) fn start(invites: Invites, file: PathBuf, running: Running) -> std::io::Result<()> {
    let told = Hangup::listen()?;
    tokio::spawn(watch(invites, file, told, running));
    Ok(())
}

async fn watch(invites: Invites, file: PathBuf, mut told: Hangup, mut running: Running) {
    let mut seen = Stamp::of(&file);
    let mut looks = 0;
    let mut wrong = String::new();
    loop {
        let at_once = tokio::select! {
            () = tokio::time::sleep(LOOK) => false,
            () = told.next() => true,
            () = running.told() => return,
        };
        looks += 1;
        let stamp = Stamp::of(&file);
        if !at_once && looks < ASK && stamp == seen {
            continue;
        }
        (seen, looks) = (stamp, 0);
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
                    tracing::error!("{now}. The secrets of before go on");
                }
                wrong = now;
            }
        }
    }
}

/// What shows that a file is another one.
#[derive(PartialEq, Eq)]
struct Stamp(Option<(SystemTime, u64, u64)>);

impl Stamp {
    fn of(file: &Path) -> Stamp {
        let stamp = |metadata: Metadata| {
            Some((metadata.modified().ok()?, metadata.len(), number(&metadata)))
        };
        Stamp(std::fs::metadata(file).ok().and_then(stamp))
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_metadata: &Metadata) -> u64 {
    0
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
