//! Mail.

use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::secret::{SecretUnusable, secret};

/// The environment variable with the password at the mail server.
pub(super) const PASSWORD: &str = "INVITE_SERVER_SMTP_PASSWORD";

/// How invites are mailed.
#[derive(Debug, Clone, Default, Args)]
pub struct MailOptions {
    /// The server that takes our mail, as in smtp://USER@mail.example.com:587 (STARTTLS; nothing is sent if the server
    /// does not offer it) or smtps://USER@mail.example.com:465 (TLS from the start). On this machine, and with ?tls=none
    /// at the end, without TLS; ?tls=required asks for STARTTLS here too. An @ in the user is written %40. The password
    /// comes from --smtp-password-file or the environment variable INVITE_SERVER_SMTP_PASSWORD, never from here. Needs
    /// --mail-from. Only invites that are created with send: true are mailed [default: nothing is mailed]
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_SMTP",
        requires = "mail_from",
        help_heading = "Mail"
    )]
    pub smtp: Option<String>,

    /// File that holds the password for --smtp and nothing else
    #[arg(
        long,
        value_name = "PATH",
        env = "INVITE_SERVER_SMTP_PASSWORD_FILE",
        requires = "smtp",
        help_heading = "Mail"
    )]
    pub smtp_password_file: Option<PathBuf>,

    /// File with the certificates, as PEM, of who may vouch for the mail server, and nobody else: for a CA of one's own
    /// [default: whom this machine trusts]
    #[arg(
        long,
        value_name = "PATH",
        env = "INVITE_SERVER_SMTP_CA_FILE",
        requires = "smtp",
        help_heading = "Mail"
    )]
    pub smtp_ca_file: Option<PathBuf>,

    /// Whom mail comes from, as in "Invites <invites@example.com>"
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "INVITE_SERVER_MAIL_FROM",
        requires = "smtp",
        help_heading = "Mail"
    )]
    pub mail_from: Option<String>,

    /// The page that links in mails lead to, with the key behind a # so that no mail scanner brings it to a server
    /// [default: /join of the public address]
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_MAIL_PAGE",
        requires = "smtp",
        help_heading = "Mail"
    )]
    pub mail_page: Option<String>,

    /// Folder with subject.txt, invite.txt and invite.html, whichever shall differ from ours. They are templates in
    /// Jinja's manner with inviter, title, resource, message, permissions, grants (those in words), link, expires, ends (that
    /// in words) and email
    #[arg(
        long,
        value_name = "FOLDER",
        env = "INVITE_SERVER_MAIL_TEMPLATES",
        requires = "smtp",
        help_heading = "Mail"
    )]
    pub mail_templates: Option<PathBuf>,

    /// The language of our own templates
    #[arg(
        long,
        value_name = "LANGUAGE",
        env = "INVITE_SERVER_MAIL_LANGUAGE",
        default_value = "en",
        help_heading = "Mail"
    )]
    pub mail_language: MailLanguage,
}

impl MailOptions {
    /// The password at the mail server, if there is one.
    ///
    /// # Errors
    /// [`SecretUnusable`].
    pub fn password(&self) -> Result<Option<Zeroizing<String>>, SecretUnusable> {
        let file = self.smtp_password_file.as_deref();
        secret("smtp-password-file", file, PASSWORD)
    }
}

/// A language that we have templates in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MailLanguage {
    /// English.
    #[default]
    En,
    /// Danish.
    Da,
    /// German.
    De,
}
