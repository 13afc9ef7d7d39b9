//! What it takes to mail, as plain values.

use std::path::PathBuf;

use zeroize::Zeroizing;

/// How invites are mailed. No `Debug`: it holds a password.
#[derive(Clone, Default)]
pub struct MailSettings {
    /// The server that takes our mail, as in `smtp://USER@HOST:PORT`.
    pub server: String,
    /// The password there.
    pub password: Option<Zeroizing<String>>,
    /// Whether the operator has named a file for it.
    pub password_file: bool,
    /// A file with the certificates of who may vouch for the mail server, and nobody else.
    pub authorities: Option<PathBuf>,
    /// Whom mail comes from.
    pub from: String,
    /// The page that links lead to.
    pub page: Option<String>,
    /// A folder with templates that differ from ours.
    pub templates: Option<PathBuf>,
    /// The language of ours.
    pub language: Language,
}

/// A language that we have templates in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Danish.
    Da,
    /// German.
    De,
}
