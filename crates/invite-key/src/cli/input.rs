//! Texts from arguments, files and standard input. No error here names what was given: it may be a key by mistake.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::failure::Failure;

/// The most that is read of anything, in bytes, besides the one that tells that there is more.
const MOST: usize = invite_key::find::MAX_TEXT;

/// The keys to look at: the one given, or each line of standard input that is not blank.
pub(crate) fn keys(given: Option<String>) -> Result<Vec<Zeroizing<String>>, Failure> {
    if let Some(key) = given {
        return Ok(vec![Zeroizing::new(key)]);
    }
    prompt("Paste a key or a link, then Enter:");
    if io::stdin().is_terminal() {
        // Whoever types means one line.
        let mut line = Zeroizing::new(String::new());
        io::stdin().read_line(&mut line).map_err(unreadable)?;
        return Ok(vec![Zeroizing::new(line.trim().to_owned())]);
    }
    let bytes = read(io::stdin().lock())?;
    if bytes.len() > MOST {
        return Err(Failure::Unreadable(format!(
            "Standard input has more than {MOST} bytes; `invite-key find` looks at texts."
        )));
    }
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Zeroizing::new(line.to_owned()))
        .collect();
    if lines.is_empty() {
        lines.push(Zeroizing::new(String::new()));
    }
    Ok(lines)
}

/// A text to be searched.
pub(crate) struct Text {
    pub(crate) text: Zeroizing<String>,
    /// Whether each character was one byte, which is no UTF-8.
    is_latin1: bool,
    /// Whether there is more than was read.
    pub(crate) is_cut: bool,
}

impl Text {
    /// What a file holds, or standard input.
    pub(crate) fn of(file: Option<&Path>) -> Result<Self, Failure> {
        let mut bytes = match file {
            Some(path) if path != Path::new("-") => read(File::open(path).map_err(|error| {
                Failure::Unreadable(format!(
                    "The file cannot be read: {error}. (A text that is in no file goes to standard input.)"
                ))
            })?)?,
            _ => {
                prompt("Paste the text, then Ctrl-D on a line of its own:");
                read(io::stdin().lock())?
            }
        };
        let is_cut = bytes.len() > MOST;
        bytes.truncate(MOST);
        // A character that the cap has cut in two does not make it another encoding.
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if is_cut && error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        bytes.truncate(whole);
        let decoded = String::from_utf8(std::mem::take(&mut *bytes));
        let is_latin1 = decoded.is_err();
        let text = decoded.unwrap_or_else(|error| {
            // Old mails: every byte is something there, and what keys are made of is what it always is.
            let bytes = Zeroizing::new(error.into_bytes());
            bytes.iter().copied().map(char::from).collect()
        });
        Ok(Self {
            text: Zeroizing::new(text),
            is_latin1,
            is_cut,
        })
    }

    /// Where a place of the text is in the file: in bytes, and as line and column from 1.
    pub(crate) fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place {
            byte: if self.is_latin1 {
                before.chars().count()
            } else {
                at
            },
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

/// A place in a text.
pub(crate) struct Place {
    pub(crate) byte: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// All of a file that is not meant for people, such as a JWK set.
pub(crate) fn file(path: &Path, what: &str) -> Result<String, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::Unreadable(format!("{what} cannot be read: {error}."))
    };
    let bytes = read(File::open(path).map_err(|error| unreadable(&error))?)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| unreadable(&"it is no text"))
}

fn read(source: impl Read) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    source
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

fn unreadable(error: io::Error) -> Failure {
    Failure::Unreadable(format!("The input cannot be read: {error}."))
}

/// Says what is waited for, if somebody sits there.
fn prompt(text: &str) {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let _ = writeln!(io::stderr(), "{text}");
    }
}
