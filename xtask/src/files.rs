//! Where things are, and whether they have changed.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// The project's directory.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo's target directory, wherever a configuration put it: the one this program was built in.
pub(crate) fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let found = own
        .ancestors()
        .find(|directory| directory.join(".rustc_info.json").is_file());
    found.map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// `cargo` with arguments, in the project's directory; the cargo that started us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    // What `cargo run` set for us belongs to this package; inherited, it would make cargo rebuild what reads it.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command
}

/// A hash of some files' contents and some words, to tell whether a step's inputs have changed.
pub(crate) fn fingerprint(files: &[PathBuf], words: &[&str]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    for word in words {
        hasher.write_usize(word.len());
        hasher.write(word.as_bytes());
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// A step's note of the inputs it last succeeded with.
pub(crate) struct Stamp {
    path: PathBuf,
    fingerprint: String,
}

impl Stamp {
    /// The stamp at `path` for these inputs.
    pub(crate) fn new(path: PathBuf, fingerprint: String) -> Stamp {
        Stamp { path, fingerprint }
    }

    /// The step succeeded with exactly these inputs before.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|noted| noted == self.fingerprint)
    }

    /// Notes success.
    pub(crate) fn write(&self) -> Result<()> {
        if let Some(parent) = self.path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&self.path, &self.fingerprint)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}
