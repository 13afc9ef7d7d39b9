//! The lock files name versions and hashes, and never an address that only one machine reaches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::files::root;

/// Checks each `Cargo.lock` and every `package-lock.json`; the error lists each offending line.
pub(crate) fn check() -> Result<()> {
    let mut lock_files = vec![
        root().join("Cargo.lock"),
        root().join("crates/invite-key/fuzz/Cargo.lock"),
    ];
    find_named("package-lock.json", root(), &mut lock_files)?;
    let mut offences = Vec::new();
    for file in &lock_files {
        let name = file
            .strip_prefix(root())
            .unwrap_or(file)
            .display()
            .to_string();
        println!("    {name}");
        for (number, line) in (1..).zip(fs::read_to_string(file)?.lines()) {
            let fine = if name.ends_with("Cargo.lock") {
                is_fine_for_cargo(line)
            } else {
                is_fine_for_npm(line)
            };
            if !fine {
                offences.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    if !offences.is_empty() {
        bail!(
            "lock files hold download addresses:\n{}",
            offences.join("\n")
        );
    }
    Ok(())
}

fn find_named(name: &str, directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let hidden_or_foreign =
            |name: &str| name.starts_with('.') || name == "node_modules" || name == "target";
        if entry.file_name() == name {
            found.push(entry.path());
        } else if entry.file_type()?.is_dir()
            && !hidden_or_foreign(&entry.file_name().to_string_lossy())
        {
            find_named(name, &entry.path(), found)?;
        }
    }
    Ok(())
}

/// A crate comes from crates.io or is a member of the workspace (no source).
fn is_fine_for_cargo(line: &str) -> bool {
    match line.strip_prefix("source = ") {
        Some(source) => source.starts_with("\"registry+") && source.ends_with("/crates.io-index\""),
        None => true,
    }
}

/// A package may resolve to a directory of ours, not to an address.
fn is_fine_for_npm(line: &str) -> bool {
    !(line.trim_start().starts_with("\"resolved\":") && line.contains("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused() {
        assert!(is_fine_for_cargo(
            r#"source = "registry+https://example.org/crates.io-index""#
        ));
        assert!(!is_fine_for_cargo(
            r#"source = "registry+https://mirror.example/index""#
        ));
        assert!(!is_fine_for_cargo(
            r#"source = "git+https://example.org/a#1""#
        ));
        assert!(is_fine_for_npm(r#"      "resolved": "../pkg","#));
        assert!(is_fine_for_npm(r#"      "integrity": "sha512-a//b==","#));
        assert!(!is_fine_for_npm(
            r#"      "resolved": "https://registry.example/a.tgz","#
        ));
    }
}
