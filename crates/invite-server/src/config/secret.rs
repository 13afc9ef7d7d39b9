//! Secrets that others gave us: in a file or in an environment variable, never on the command line, which others can
//! read.

use std::path::Path;

use zeroize::Zeroizing;

/// Most bytes of such a secret.
const BYTES: usize = 4096;

/// The file with a secret cannot be used; a sentence for the operator, without anything from the file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("--{option} {path}: {problem}")]
pub struct SecretUnusable {
    option: &'static str,
    path: String,
    problem: String,
}

/// The secret in the file that `--{option}` names, else in the environment variable; `None` if neither has one. The end
/// of its line does not belong to it.
///
/// # Errors
/// [`SecretUnusable`] if a file is named that cannot be read, is empty or holds more than one line.
pub(crate) fn secret(
    option: &'static str,
    file: Option<&Path>,
    variable: &str,
) -> Result<Option<Zeroizing<String>>, SecretUnusable> {
    let Some(path) = file else {
        let found = std::env::var(variable).ok().map(Zeroizing::new);
        return Ok(found.filter(|secret| !secret.is_empty()));
    };
    let unusable = |problem: String| SecretUnusable {
        option,
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let text = Zeroizing::new(text);
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() || secret.len() > BYTES || secret.contains('\n') {
        return Err(unusable(
            "it has to hold the secret and nothing else, on one line".into(),
        ));
    }
    Ok(Some(Zeroizing::new(secret.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read = || secret("some-file", Some(&path), "NOT_SET_ANYWHERE");
        let missing = read().unwrap_err().to_string();
        assert!(missing.starts_with("--some-file "), "{missing}");
        for (text, found) in [
            ("hush", Some("hush")),
            ("hush\n", Some("hush")),
            ("a b \r\n", Some("a b ")),
            ("\n", None),
            ("", None),
            ("hush\nquiet\n", None),
        ] {
            std::fs::write(&path, text).unwrap();
            let read = read();
            assert_eq!(
                read.as_ref().ok().and_then(Option::as_ref).map(|s| &***s),
                found
            );
            if let Err(error) = read {
                assert!(!error.to_string().contains("hush"));
            }
        }
        assert_eq!(secret("some-file", None, "NOT_SET_ANYWHERE"), Ok(None));
    }
}
