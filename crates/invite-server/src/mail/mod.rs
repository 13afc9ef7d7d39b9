//! Mailing invites that were created with `send: true`.
//!
//! What has to be mailed is written together with the invite, so that no crash loses it. Whoever sends takes it for a
//! while, so that of several copies one sends it; a mail whose sender died is taken again. Only here, when it is sent,
//! are the key and the link made.

mod letter;
mod settings;
mod smtp;
mod templates;

use std::time::Duration;

use futures_util::future::join_all;
use lettre::message::Mailbox;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::core::{Letter, Mail, MailChange, MailState, Moment, Refusal, with_ascii_host};
use crate::invites::Invites;
use crate::stop::Running;
pub use settings::{Language, MailSettings};
use templates::Templates;

/// So many are sent at once.
const AT_ONCE: u32 = 8;
/// How long a mail is ours once we have taken it, in seconds: longer than sending it may take.
const LEASE: u32 = 120;
/// How long sending one may take.
const SENDING_TIME: Duration = Duration::from_secs(60);
/// How often to look for mail that other copies have left, or that is due again.
const POLL: Duration = Duration::from_secs(2);
/// How long to wait before trying the first time again, in seconds; each further time twice as long.
const FIRST_PAUSE: u32 = 2;
/// But never longer, in seconds.
const LONGEST_PAUSE: u32 = 3600;
/// After so long it is given up: 24 hours, in milliseconds.
const GIVEN_UP: i64 = 24 * 3600 * 1000;

/// Mail cannot be sent like this; a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum MailUnusable {
    /// Where to.
    #[error("--smtp is not an address like smtp://USER@HOST:PORT or smtps://USER@HOST: {0}")]
    Smtp(&'static str),
    /// Who may vouch for the mail server.
    #[error("--smtp-ca-file {path:?}: {cause}")]
    Authorities {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Whom from.
    #[error("--mail-from {0:?} is not an address like \"Invites <invites@example.com>\"")]
    From(String),
    /// Where links lead.
    #[error("--mail-page {0:?} is not an address like https://example.com/welcome")]
    Page(String),
    /// What it says.
    #[error("the mail template {name} cannot be used: {cause}")]
    Template {
        /// The file.
        name: String,
        /// What is wrong with it.
        cause: String,
    },
    /// TLS.
    #[error("TLS for mail cannot be set up: {0}")]
    Tls(String),
}

/// Sends what waits to be mailed.
#[derive(Debug)]
pub struct Mailer {
    invites: Invites,
    smtp: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    page: String,
    templates: Templates,
}

/// How one attempt ended.
enum Outcome {
    Sent,
    /// The invite opens nothing any more, so nobody is to get it.
    Dropped,
    TryLater(String),
    Refused(String),
}

impl Mailer {
    /// As the operator wants it. Links lead to this public address unless they say otherwise.
    ///
    /// # Errors
    /// [`MailUnusable`], a sentence that says what to change.
    pub fn new(
        settings: &MailSettings,
        public: &str,
        invites: Invites,
    ) -> Result<Mailer, MailUnusable> {
        let from = settings.from.clone();
        let page = match &settings.page {
            None => format!("{public}/join"),
            Some(page) => match url::Url::parse(page) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => page.clone(),
                _ => return Err(MailUnusable::Page(page.clone())),
            },
        };
        let mailer = Mailer {
            invites,
            smtp: smtp::connect(settings)?,
            from: from.parse().map_err(|_| MailUnusable::From(from))?,
            page,
            templates: Templates::load(settings)?,
        };
        mailer.templates.try_out()?;
        Ok(mailer)
    }

    /// Sends until it is time to stop; what it has begun, it finishes.
    pub async fn run(self, mut running: Running) {
        tokio::select! {
            biased;
            () = running.told() => return,
            () = self.try_out() => {}
        }
        loop {
            let idle = match self.round().await {
                Ok(count) => count == 0,
                Err(refusal) => {
                    tracing::warn!(code = refusal.code(), "mail could not be looked for");
                    true
                }
            };
            let wait = async {
                if idle {
                    tokio::select! {
                        () = tokio::time::sleep(POLL) => {}
                        () = self.invites.something_happens() => {}
                    }
                }
            };
            tokio::select! {
                biased;
                () = running.told() => return,
                () = wait => {}
            }
        }
    }

    /// Says early what the operator has to mend, before somebody waits for a mail.
    async fn try_out(&self) {
        let cause = match tokio::time::timeout(SENDING_TIME, self.smtp.test_connection()).await {
            Ok(Ok(true)) => return tracing::info!("the mail server is ready for our mail"),
            Ok(Ok(false)) => "the mail server ended the connection".to_owned(),
            Ok(Err(error)) => smtp::class(&error),
            Err(_) => smtp::TOO_LONG.to_owned(),
        };
        tracing::warn!(
            cause,
            "no mail can be sent now; it waits, for a day at most"
        );
    }

    async fn round(&self) -> Result<usize, Refusal> {
        let mails = self.invites.take_mails(AT_ONCE, LEASE).await?;
        join_all(mails.iter().map(|mail| self.attempt(mail))).await;
        Ok(mails.len())
    }

    async fn attempt(&self, mail: &Mail) {
        let outcome = self.send(mail).await;
        let now = self.invites.clock().now();
        let invite = mail.invite.clone();
        let until = mail.until;
        let done = |state| MailChange::Done {
            invite: invite.clone(),
            until,
            state,
        };
        let (change, how, cause) = match outcome {
            Outcome::Sent => (done(MailState::Sent), "sent", None),
            Outcome::Dropped => (done(MailState::Dropped), "dropped", None),
            Outcome::TryLater(cause) if now.0 - mail.asked_at.0 < GIVEN_UP => {
                let due_at = now.plus_seconds(pause(mail.attempts));
                let change = MailChange::TryLater {
                    invite: invite.clone(),
                    until,
                    due_at,
                };
                (change, "failed", Some(cause))
            }
            Outcome::TryLater(cause) | Outcome::Refused(cause) => {
                (done(MailState::Failed), "given_up", Some(cause))
            }
        };
        metrics::counter!("invite_server_mails_total", "outcome" => how).increment(1);
        if let Err(refusal) = self.invites.change_mail(change).await {
            let code = refusal.code();
            tracing::error!(
                invite,
                how,
                code,
                "how a mail went could not be written: it may be sent again"
            );
            return;
        }
        // Never the address, nor what the other server said: it may repeat what it was sent.
        let (attempts, cause) = (mail.attempts, cause.as_deref());
        match how {
            "sent" => tracing::info!(invite, attempts, "mail sent"),
            "dropped" => tracing::info!(invite, "mail not sent: the invite opens nothing any more"),
            "failed" => tracing::warn!(invite, attempts, cause, "mail not sent yet"),
            _ => tracing::error!(invite, attempts, cause, "mail given up"),
        }
    }

    async fn send(&self, mail: &Mail) -> Outcome {
        let letter: Letter = match self.invites.letter(&mail.invite).await {
            Ok(Some(letter)) => letter,
            Ok(None) => return Outcome::Dropped,
            Err(refusal) => return Outcome::TryLater(refusal.code().to_owned()),
        };
        let message = match letter::write(&letter, mail, &self.from, &self.page, &self.templates) {
            Ok(message) => message,
            Err(cause) => return Outcome::Refused(cause.to_owned()),
        };
        match tokio::time::timeout(SENDING_TIME, self.smtp.send(message)).await {
            Ok(Ok(_)) => Outcome::Sent,
            Ok(Err(error)) if smtp::is_about_the_mail(&error) => {
                Outcome::Refused(smtp::class(&error))
            }
            Ok(Err(error)) => Outcome::TryLater(smtp::class(&error)),
            Err(_) => Outcome::TryLater(smtp::TOO_LONG.to_owned()),
        }
    }
}

/// Whether mail can be sent to this address at all.
pub fn is_address(email: &str) -> bool {
    with_ascii_host(email).parse::<Address>().is_ok()
}

fn pause(attempts: u32) -> u32 {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE)
}

/// A moment as people read it.
fn shown(moment: Moment) -> String {
    let iso = moment.to_iso();
    let minutes: String = iso.chars().take(16).collect();
    format!("{} UTC", minutes.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<u32> = (1..=13).map(pause).collect();
        assert_eq!(pauses.get(..4), Some(&[2, 4, 8, 16][..]));
        assert!(pauses.ends_with(&[3600, 3600]));
        assert_eq!(pause(u32::MAX), 3600);
    }

    #[test]
    fn a_moment_is_read_by_people() {
        assert_eq!(shown(Moment(1_795_238_468_803)), "2026-11-21 05:21 UTC");
    }
}
