//! Folders for a while: nobody else's to enter, and gone even where whoever made them was killed.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::Duration,
};

use tempfile::TempDir;

const PREFIX: &str = ".invites-";
/// Held as long as somebody works in the folder; the system lets go of it when they die.
const LOCK: &str = "lock";
/// One that has no lock after this was left before it got one.
const MAKING: Duration = Duration::from_secs(60);

/// Such a folder.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    lock: File,
}

impl Scratch {
    /// Makes one, and takes away those of others that were killed.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(parent: &Path) -> io::Result<Scratch> {
        sweep(parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(parent)?;
        // Under another name until it is held.
        let making = folder.path().join("making");
        let lock = File::create_new(&making)?;
        lock.lock()?;
        fs::rename(making, folder.path().join(LOCK))?;
        Ok(Scratch { folder, lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives it this name for good.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_as(self, name: &Path) -> io::Result<()> {
        fs::remove_file(self.folder.path().join(LOCK))?;
        fs::rename(self.folder.path(), name)?;
        // It is no longer where it would be removed from.
        let _ = self.folder.keep();
        drop(self.lock);
        Ok(())
    }
}

/// What cannot be taken away stays for the next.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_one && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let made = fs::metadata(folder).and_then(|folder| folder.modified());
            let age = made.ok().and_then(|made| made.elapsed().ok());
            age.is_some_and(|age| age > MAKING)
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_goes_and_what_somebody_works_in_stays() {
        let parent = tempfile::tempdir().unwrap();
        let working = Scratch::new(parent.path()).unwrap();
        let left = Scratch::new(parent.path()).unwrap();
        let path = left.path().to_owned();
        fs::write(path.join("big"), "big").unwrap();
        // As one who is killed leaves it.
        let Scratch { folder, lock } = left;
        let _ = folder.keep();
        drop(lock);
        let others = parent.path().join("theirs");
        fs::create_dir(&others).unwrap();
        let next = Scratch::new(parent.path()).unwrap();
        assert!(!path.exists() && working.path().exists() && others.exists());
        let kept = parent.path().join("kept");
        next.keep_as(&kept).unwrap();
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 0);
    }
}
