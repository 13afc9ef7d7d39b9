//! How the database's files and their disk are: whether they are those that are open, and take what is written.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use invite_key::hex;
use rusqlite::ErrorCode;

use crate::{
    conditions::{
        Condition, DATABASE_DAMAGED, DATABASE_HELD, DATABASE_REPLACED, DISK_FAILING, DISK_FULL,
        DISK_READ_ONLY, LOG_LONG,
    },
    core::Refusal,
};

/// Room that a disk has to have for more: what a full batch of changes may take.
const ROOM: usize = 1024 * 1024;
/// So long after a change could not be written, nobody is promised that the next one can.
const LATELY: Duration = Duration::from_secs(10);
/// A log that is longer says so.
const LONG: u64 = 256 * 1024 * 1024;
/// A log is not made longer.
const LONGEST: u64 = 1024 * 1024 * 1024;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Health(Arc<Held>);

#[derive(Debug)]
struct Held {
    path: PathBuf,
    /// The database and what stands beside it, as they were opened.
    files: Vec<(PathBuf, Identity)>,
    log: PathBuf,
    failed: Mutex<Option<Instant>>,
    longest: u64,
}

/// Which file it is, whatever its name.
type Identity = (u64, u64);

impl Health {
    /// Of a database that was just opened.
    pub(super) fn of(path: &Path) -> Health {
        Health::within(path, LONGEST)
    }

    /// The same with a log of so many bytes at most.
    pub(super) fn within(path: &Path, longest: u64) -> Health {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let log = beside(&path, "-wal");
        let all = [path.clone(), log.clone(), beside(&path, "-shm")];
        let known = all.into_iter().filter_map(|file| {
            let identity = identity(&fs::metadata(&file).ok()?)?;
            Some((file, identity))
        });
        Health(Arc::new(Held {
            files: known.collect(),
            path,
            log,
            failed: Mutex::new(None),
            longest,
        }))
    }

    /// Whether what is written goes where it will be looked for: nobody put another file in its place.
    pub(super) fn is_in_place(&self) -> bool {
        for (file, opened) in &self.0.files {
            let cause = match fs::metadata(file).map(|found| identity(&found)) {
                Ok(Some(found)) if found == *opened => continue,
                Ok(_) => "another file is there now".to_owned(),
                Err(cause) => cause.to_string(),
            };
            DATABASE_REPLACED.met(file.display(), cause);
            return false;
        }
        DATABASE_REPLACED.is_over(self.place());
        true
    }

    /// Whether the log has become so long that others have to end reading before it grows on.
    pub(super) fn is_log_too_long(&self) -> bool {
        let length = self.log_length();
        if length > LONG.min(self.0.longest) {
            let cause = format!("{} MiB", length / (1024 * 1024));
            LOG_LONG.met(self.0.log.display(), cause);
        } else {
            LOG_LONG.is_over(self.place());
        }
        length > self.0.longest
    }

    pub(super) fn log_length(&self) -> u64 {
        fs::metadata(&self.0.log).map_or(0, |log| log.len())
    }

    /// Something could not be written or read; what whoever asked for it is told where nothing was changed.
    pub(super) fn failed(&self, cause: &rusqlite::Error) -> Refusal {
        let Some(condition) = condition(cause) else {
            tracing::error!(%cause, "the database did not do its part");
            return Refusal::ServerError;
        };
        // SQLite does not tell a disk that was made read-only from one that fails.
        let fails = condition.name == DISK_FAILING.name;
        match fails.then(|| self.refused()).flatten() {
            Some((refused, why)) => refused.met(self.place(), why),
            None => condition.met(self.place(), cause),
        }
        // The next may well find it free.
        if condition.name == DATABASE_HELD.name {
            return Refusal::TryAgain;
        }
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = Some(Instant::now());
        match condition.name {
            name if name == DATABASE_DAMAGED.name => Refusal::ServerError,
            _ => Refusal::TryAgain,
        }
    }

    /// Whether a change failed a moment ago, which the next may, too.
    pub(super) fn failed_lately(&self) -> bool {
        let failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < LATELY)
    }

    /// Changes can be written again.
    pub(super) fn is_well(&self) {
        for condition in [
            &DISK_FULL,
            &DISK_READ_ONLY,
            &DISK_FAILING,
            &DATABASE_DAMAGED,
        ] {
            condition.is_over(self.place());
        }
    }

    /// Whether the disk has room for more. The log has some of its own when the disk is full, in which a small change
    /// still fits, and the next does not.
    pub(super) fn has_room(&self) -> bool {
        let refused = self.refused();
        if let Some((condition, cause)) = &refused {
            condition.met(self.place(), cause);
        }
        refused.is_none()
    }

    /// What the disk says to a file beside the database.
    fn refused(&self) -> Option<(&'static Condition, io::Error)> {
        let mut unique = [0_u8; 8];
        // Without random bytes there may be one of the name, which says nothing of the room.
        let _ = getrandom::fill(&mut unique);
        let probe = beside(&self.0.path, &format!(".{}.probe", hex::encode(&unique)));
        let written = File::create_new(&probe).and_then(|mut file| {
            let written = file.write_all(&vec![0; ROOM]);
            fs::remove_file(&probe).and(written)
        });
        let cause = written.err()?;
        let condition = match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => &DISK_FULL,
            io::ErrorKind::FileTooLarge => &DISK_FULL,
            io::ErrorKind::ReadOnlyFilesystem => &DISK_READ_ONLY,
            // Whether the database's own files can be written is asked by writing there.
            _ => return None,
        };
        Some((condition, cause))
    }

    fn place(&self) -> std::path::Display<'_> {
        self.0.path.display()
    }
}

fn condition(cause: &rusqlite::Error) -> Option<&'static Condition> {
    Some(match cause.sqlite_error_code()? {
        ErrorCode::DiskFull => &DISK_FULL,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            &DISK_READ_ONLY
        }
        ErrorCode::SystemIoFailure => &DISK_FAILING,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => &DATABASE_DAMAGED,
        ErrorCode::DatabaseBusy => &DATABASE_HELD,
        _ => return None,
    })
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    PathBuf::from(beside)
}

#[cfg(unix)]
fn identity(found: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino()))
}

/// Where a file that is open cannot be taken away.
#[cfg(not(unix))]
fn identity(_found: &Metadata) -> Option<Identity> {
    None
}
