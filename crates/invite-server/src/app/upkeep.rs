//! What the server does by itself while it runs.

use std::time::Duration;

use crate::auth::Auth;
use crate::config::PurgeOptions;
use crate::core::{Clock, TrustedTime};
use crate::invites::Invites;
use crate::stop::Running;
use crate::store::{Database, Retention};

/// Between two purges.
const HOURLY: Duration = Duration::from_secs(3600);

/// How often to see whether the time is known.
const SOON: Duration = Duration::from_secs(1);

/// Between two looks for what was taken back on another copy: two statements at most, which with the look for events
/// are less than two a second.
const SESSIONS: Duration = Duration::from_millis(1_600);

/// Between two looks for what is left of deleted resources.
const DELETED: Duration = Duration::from_secs(60);

/// Goes on with deleted resources that a copy has left because it was stopped, until told to stop. Copies may do so at the
/// same time.
pub(super) fn deleted(invites: Invites, mut running: Running) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                gone = invites.clear_deleted() => match gone {
                    Ok(0) => {}
                    Ok(resources) => tracing::info!(resources, "deleted resources are gone"),
                    // Its cause is logged where it happened; the next round may do better.
                    Err(_) => tracing::warn!("not all of what was deleted is gone"),
                },
                () = running.told() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(DELETED) => {}
                () = running.told() => return,
            }
        }
    });
}

/// Tells sockets and streams of sessions, people and secrets that were taken back, until told to stop.
pub(super) fn sessions(auth: Auth, mut running: Running) {
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(SESSIONS) => auth.look_after_what_is_open().await,
                () = running.told() => return,
            }
        }
    });
}

/// Purges at once and then every hour, until told to stop. Copies may do so at the same time.
pub(super) fn start(
    database: Database,
    options: PurgeOptions,
    time: TrustedTime,
    mut running: Running,
) {
    let clock = Clock::system();
    tokio::spawn(async move {
        loop {
            let Some(now) = time.now() else {
                // Whoever keeps the time says why.
                tokio::select! {
                    () = tokio::time::sleep(SOON) => continue,
                    () = running.told() => return,
                }
            };
            let retention = Retention::of(now, options.keep_ended.seconds()).and_by(clock.now());
            tokio::select! {
                purged = database.purge(retention) => match purged {
                    Ok(purged) if purged.total() > 0 => tracing::info!(%purged, "purged"),
                    Ok(_) => {}
                    // Its cause is logged where it happened; the next round may do better.
                    Err(_) => tracing::warn!("not all that has ended could be purged"),
                },
                () = running.told() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(HOURLY) => {}
                () = running.told() => return,
            }
        }
    });
}
