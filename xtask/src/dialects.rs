//! A new sort of server is one new folder and one line in a list, and no other file of the SDK learns its name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::files::{cargo, root, target};
use crate::process::run;

/// Where dialects are, and their list.
const FOLDER: &str = "src/dialect";
const LIST: &str = "src/dialect/mod.rs";
/// How the list begins.
const LIST_BEGINS: &str = "\ndialects! {\n";

/// Adds a dialect about which nothing is said to a copy of the sources, which must compile; and looks for the names of those
/// that are there in all other files.
pub(crate) fn check() -> Result<()> {
    let list = fs::read_to_string(root().join(LIST))?;
    let names = names(&list).with_context(|| format!("{LIST} has no list of dialects"))?;
    refuse_names(&names)?;

    let copy = target().join("xtask/another-dialect");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    fs::create_dir_all(&copy)?;
    for part in ["Cargo.toml", "Cargo.lock", "src", "crates", "xtask"] {
        copy_sources(&root().join(part), &copy.join(part))?;
    }
    let longer =
        format!("{LIST_BEGINS}    /// Of which nothing is said.\n    another = Another,\n");
    fs::write(copy.join(LIST), list.replacen(LIST_BEGINS, &longer, 1))?;
    let folder = copy.join(FOLDER).join("another");
    fs::create_dir(&folder)?;
    fs::write(folder.join("mod.rs"), "")?;
    // In our own target directory, where what it depends on is compiled already.
    let mut command = cargo(&["check", "--package", "invite-keys", "--lib", "--locked"]);
    command.arg("--target-dir").arg(target());
    run(command.current_dir(&copy))
}

/// The names of the dialects in the list: of the folder, and in Rust.
fn names(list: &str) -> Option<Vec<(&str, &str)>> {
    let (_, rest) = list.split_once(LIST_BEGINS)?;
    let (lines, _) = rest.split_once("\n}")?;
    let names = lines.lines().filter(|line| !line.trim().starts_with("//"));
    names
        .map(|line| line.trim().trim_end_matches(',').split_once(" = "))
        .collect()
}

/// An error if a file outside of the dialects' folder knows one of them.
fn refuse_names(names: &[(&str, &str)]) -> Result<()> {
    let words: Vec<String> = names
        .iter()
        .flat_map(|(folder, name)| {
            [
                format!("DialectName::{name}"),
                format!("dialect::{folder}"),
                // A text alone may be the scheme of an address.
                format!("= \"{folder}\""),
                format!("\"{folder}\" =>"),
                format!("\"{folder}\" |"),
                format!("Some(\"{folder}\")"),
            ]
        })
        .collect();
    let mut files = Vec::new();
    find_sources(&root().join("src"), &mut files)?;
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let name = file.strip_prefix(root()).unwrap_or(&file).display();
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word.as_str())) {
                found.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    if !found.is_empty() {
        bail!(
            "a dialect is known outside of {FOLDER}: ask its `Traits` instead\n{}",
            found.join("\n")
        );
    }
    Ok(())
}

fn find_sources(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in directory.read_dir()? {
        let path = entry?.path();
        if path.is_dir() && path != root().join(FOLDER) {
            find_sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        fs::copy(from, to).with_context(|| format!("cannot write {}", to.display()))?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let entry = entry?;
        if entry.file_name() != "node_modules" && entry.file_name() != "target" {
            copy_sources(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_list() {
        let list = "macro_rules! dialects {\n}\n\ndialects! {\n    /// Ours.\n    http = Http,\n    /// Theirs.\n    webstrates = Webstrates,\n}\n";
        let expected = vec![("http", "Http"), ("webstrates", "Webstrates")];
        assert_eq!(names(list), Some(expected));
        assert_eq!(names("mod http;\n"), None);
    }
}
