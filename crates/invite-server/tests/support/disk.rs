//! Disks of a test's own, which fill up and fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk of its own, of so many MiB; nothing where it cannot be had.
pub struct Disk(pub PathBuf, pub tempfile::TempDir);

impl Disk {
    /// One in memory.
    pub fn of(megabytes: usize) -> Option<Disk> {
        let size = format!("size={megabytes}m");
        Disk::mounted(|_| {
            Some(vec![
                "-t".into(),
                "tmpfs".into(),
                "-o".into(),
                size,
                "tmpfs".into(),
            ])
        })
    }

    /// A file system as most have it, on a loop device; as it is usually mounted it takes no more writes after an error.
    pub fn formatted(megabytes: u64) -> Option<Disk> {
        Disk::mounted(|folder| {
            let image = folder.join("image");
            fs::File::create(&image)
                .and_then(|file| file.set_len(megabytes * 1024 * 1024))
                .unwrap();
            let image = image.to_str().unwrap().to_owned();
            let made = Command::new("mkfs.ext4").args(["-q", &image]).output();
            let options = "loop,errors=remount-ro";
            made.is_ok_and(|made| made.status.success())
                .then(|| vec!["-o".into(), options.into(), image])
        })
    }

    fn mounted(what: impl FnOnce(&Path) -> Option<Vec<String>>) -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        fs::create_dir(&path).unwrap();
        let mounted = what(folder.path())
            .map(|arguments| Command::new("mount").args(arguments).arg(&path).output());
        if mounted.is_some_and(|mounted| mounted.is_ok_and(|mounted| mounted.status.success())) {
            return Some(Disk(path, folder));
        }
        eprintln!("skipped: a disk of its own needs root");
        None
    }

    pub fn fill(&self) {
        let mut file = fs::File::create(self.0.join("ballast")).unwrap();
        while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
    }

    pub fn make_room(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }

    /// The system finds an error on it.
    pub fn break_off(&self) {
        let device = told("findmnt", &["-no", "SOURCE", self.path()]);
        let device = device.trim().trim_start_matches("/dev/");
        fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "1").unwrap();
    }

    /// The system ends all writing, as it does where its own log is broken.
    pub fn abort(&self) {
        told("mount", &["-o", "remount,abort", self.path()]);
    }

    /// As an operator mends it, with nobody on it.
    pub fn mend(&self) {
        told("umount", &[self.path()]);
        let image = self.1.path().join("image");
        let image = image.to_str().unwrap();
        // It says by its status that it has mended something.
        let _ = Command::new("e2fsck").args(["-fy", image]).output();
        told(
            "mount",
            &["-o", "loop,errors=remount-ro", image, self.path()],
        );
    }

    /// Holds all writing up, or lets it go on.
    pub fn freeze(&self, held: bool) {
        let how = if held { "--freeze" } else { "--unfreeze" };
        told("fsfreeze", &[how, self.path()]);
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

fn told(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
