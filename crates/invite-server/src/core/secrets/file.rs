//! Where secrets are kept: a file that is its owner's alone, and that is there whole or not at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use invite_key::hex;

use crate::core::{Moment, Refusal};

/// The secret file cannot be used; the sentence names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileUnusable {
    /// It could not be read or written.
    #[error("the secret file {} cannot be read or written: {cause}", path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Others than its owner may read it.
    #[error("the secret file {} can be read by others; run: chmod 600 {}", path.display(), path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// It is not a secret file.
    #[error("line {line} of the secret file {} cannot be: each is `<id> <64 hex digits> <stage> <since>`, the id a hash of the digits", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// Each line is right, and all together are not.
    #[error("the secrets in {} do not go together: one of them is active, at most one next, and none stands twice", path.display())]
    Together {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("the secret file {} is empty: put the file that belongs to the database there (a backup holds one), or, where the database is new, remove it: the start makes another", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomBytes,
    /// What the database holds was made with secrets that are not there.
    #[error("the secret file {} lacks {}, with which keys in this database were made: put the file that has them there (a backup holds one), or end what was made with them: invite-server keys revoke ID", path.display(), ids.join(", "))]
    Lacks {
        /// The file.
        path: PathBuf,
        /// Which.
        ids: Vec<String>,
    },
    /// All that could be used was taken back.
    #[error("the secret file {} holds nothing to go on with but {}, which was revoked: put the newer file there, or run `invite-server keys revoke {}` again, which makes another", path.display(), id, id)]
    Revoked {
        /// The file.
        path: PathBuf,
        /// The active one.
        id: String,
    },
    /// The next secret is too new.
    #[error("the next secret is not known everywhere before {}: other copies of the server, and who keeps the JWK set, would refuse what is made with it. Rotate then, or say --at-once; to end a leaked secret run `invite-server keys revoke ID`", until.to_iso())]
    TooSoon {
        /// When it is not.
        until: Moment,
    },
    /// There is no such secret.
    #[error("there is no secret {id}; `invite-server keys list` shows all")]
    Unknown {
        /// Its id.
        id: String,
    },
    /// The database did not say which secrets it needs.
    #[error("the database cannot be asked for its secrets: {}", .0.sentence().trim_end_matches('.'))]
    Unasked(Refusal),
}

impl SecretFileUnusable {
    pub(in crate::core) fn lacks(path: &Path, ids: Vec<String>) -> SecretFileUnusable {
        SecretFileUnusable::Lacks {
            path: path.to_owned(),
            ids,
        }
    }
}

pub(super) fn unreachable(path: &Path, cause: io::Error) -> SecretFileUnusable {
    SecretFileUnusable::Unreachable {
        path: path.to_owned(),
        cause,
    }
}

/// Writes beside and links into place, so that a crash leaves no half file and two copies agree on one.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    write_beside(path, text, |beside| {
        let linked = fs::hard_link(beside, path);
        fs::remove_file(beside)?;
        linked
    })?;
    sync_folder(path)
}

/// Writes beside and moves into place: whoever reads finds the old or the new file, whole.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    write_beside(path, text, |beside| fs::rename(beside, path))?;
    sync_folder(path)
}

/// Writes a file that is whole before it is put into place; where that fails, nothing of it is left.
fn write_beside(
    path: &Path,
    text: &str,
    put: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let mut unique = [0u8; 8];
    getrandom::fill(&mut unique).map_err(|error| io::Error::other(error.to_string()))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", hex::encode(&unique)));
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| put(&beside));
    if written.is_err() {
        // It holds secrets. Where it is in place, it is there no more.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}

#[cfg(unix)]
pub(super) fn refuse_readable_by_others(path: &Path) -> Result<(), SecretFileUnusable> {
    let metadata = fs::metadata(path).map_err(|cause| SecretFileUnusable::Unreachable {
        path: path.to_owned(),
        cause,
    })?;
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 == 0 {
        Ok(())
    } else {
        Err(SecretFileUnusable::ReadableByOthers {
            path: path.to_owned(),
        })
    }
}

#[cfg(not(unix))]
pub(super) fn refuse_readable_by_others(_path: &Path) -> Result<(), SecretFileUnusable> {
    Ok(())
}
