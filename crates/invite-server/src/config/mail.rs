//! Mail.

use std::path::PathBuf;

use clap::Args;

/// How invites are mailed.
#[derive(Debug, Clone, Default, Args)]
pub struct MailOptions {
    /// The server that takes our mail, as in smtp://invites@mail.example.com:587 (with STARTTLS) or smtps://… (TLS from
    /// the start). On this machine, and with ?tls=none at the end, without TLS. The password is read from the
    /// environment variable INVITE_SERVER_SMTP_PASSWORD or from --smtp-password-file, never from here. Without it
    /// nothing is mailed; with it only invites that are created with send: true
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_SMTP",
        requires = "mail_from",
        help_heading = "Mail"
    )]
    pub smtp: Option<String>,

    /// File with the password for --smtp
    #[arg(
        long,
        value_name = "PATH",
        env = "INVITE_SERVER_SMTP_PASSWORD_FILE",
        help_heading = "Mail"
    )]
    pub smtp_password_file: Option<PathBuf>,

    /// Whom mail comes from, as in "Invites <invites@example.com>"
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "INVITE_SERVER_MAIL_FROM",
        help_heading = "Mail"
    )]
    pub mail_from: Option<String>,

    /// The page that links in mails lead to, with the key behind a # so that no mail scanner brings it to a server
    /// [default: /join of the public address]
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_MAIL_PAGE",
        help_heading = "Mail"
    )]
    pub mail_page: Option<String>,

    /// Folder with subject.txt, invite.txt and invite.html, whichever shall differ from ours. They are templates in
    /// Jinja's manner with inviter, title, resource, message, permissions, link, expires and email
    #[arg(
        long,
        value_name = "FOLDER",
        env = "INVITE_SERVER_MAIL_TEMPLATES",
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
