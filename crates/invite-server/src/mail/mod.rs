//! Mailing invites that were created with `send: true`.
//!
//! What has to be mailed is written together with the invite, so that no crash loses it. Whoever sends takes it for a
//! while, so that of several copies one sends it; a mail whose sender died is taken again. Only here, when it is sent,
//! are the key and the link made.

mod hosts;
mod letter;
mod settings;
mod smtp;
mod templates;
mod words;

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::conditions::{MAIL_GIVEN_UP, MAIL_STUCK};
use crate::core::{Letter, Mail, MailChange, MailState, Moment, Refusal, with_ascii_host};
use crate::invites::Invites;
use crate::stop::Running;
use hosts::Hosts;
pub use settings::{Language, MailSettings};
use templates::Templates;

/// So many are sent at once.
const AT_ONCE: usize = 32;
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
/// How long a mail waits at most, in seconds, until it is seen again whether its host takes it.
const LONGEST_WAIT: u32 = 600;
/// How long stopping waits for what is on its way.
const STOPPING: Duration = Duration::from_secs(10);
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
    /// Where templates are.
    #[error("--mail-templates {} is no folder that can be read: {cause}", folder.display())]
    Templates {
        /// The folder.
        folder: std::path::PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
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
    hosts: Hosts,
}

/// How one attempt ended.
enum Outcome {
    Sent,
    /// The invite opens nothing any more, so nobody is to get it.
    Dropped,
    /// Others wait for its host already.
    NotItsTurn,
    TryLater(Trouble),
    Refused(Trouble),
}

/// Why a mail was not sent.
struct Trouble {
    /// For the operator.
    cause: String,
    /// Whether it says something to whoever asked for the mail, who cannot mend what is the operator's.
    is_about_the_mail: bool,
}

impl Trouble {
    fn of_ours(cause: impl Into<String>) -> Trouble {
        Trouble {
            cause: cause.into(),
            is_about_the_mail: false,
        }
    }

    fn for_inviter(&self) -> &str {
        if self.is_about_the_mail {
            &self.cause
        } else {
            "this server could not send it; whoever runs it finds the reason in its log"
        }
    }
}

impl From<lettre::transport::smtp::Error> for Trouble {
    fn from(error: lettre::transport::smtp::Error) -> Trouble {
        Trouble {
            cause: smtp::class(&error),
            is_about_the_mail: smtp::is_about_the_recipient(&error),
        }
    }
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
            hosts: Hosts::default(),
        };
        mailer.templates.try_out()?;
        Ok(mailer)
    }

    /// Sends until it is time to stop; what it has begun, it finishes.
    pub async fn run(self, mut running: Running) {
        let mailer = Arc::new(self);
        let mut sending = JoinSet::new();
        let first = Arc::clone(&mailer);
        let trying = sending.spawn(async move { first.try_out().await });
        loop {
            let more = mailer.begin(&mut sending).await.unwrap_or_else(|refusal| {
                tracing::warn!(code = refusal.code(), "mail could not be looked for");
                false
            });
            tokio::select! {
                biased;
                () = running.told() => break,
                Some(_) = sending.join_next(), if more => {}
                () = tokio::time::sleep(POLL) => {}
                () = mailer.invites.something_happens() => {}
            }
            while sending.try_join_next().is_some() {}
        }
        trying.abort();
        let finishing = async { while sending.join_next().await.is_some() {} };
        // What does not end in time is taken again once its lease is over.
        let _ = timeout(STOPPING, finishing).await;
    }

    /// Takes as much as there is room for; whether there may be more.
    async fn begin(self: &Arc<Self>, sending: &mut JoinSet<()>) -> Result<bool, Refusal> {
        let room = AT_ONCE.saturating_sub(sending.len());
        if room == 0 {
            return Ok(true);
        }
        let taken = self.invites.take_mails(room as u32, LEASE).await?;
        let more = taken.len() == room;
        for mail in taken {
            let mailer = Arc::clone(self);
            sending.spawn(async move { mailer.attempt(&mail).await });
        }
        Ok(more)
    }

    /// Says early what the operator has to mend, before somebody waits for a mail.
    async fn try_out(&self) {
        let cause = match timeout(SENDING_TIME, self.smtp.test_connection()).await {
            Ok(Ok(true)) => return tracing::info!("the mail server is ready for our mail"),
            Ok(Ok(false)) => "the mail server ended the connection".to_owned(),
            Ok(Err(error)) => smtp::class(&error),
            Err(_) => smtp::TOO_LONG.to_owned(),
        };
        MAIL_STUCK.met("--smtp", cause);
    }

    async fn attempt(&self, mail: &Mail) {
        let outcome = self.send(mail).await;
        let now = self.invites.clock().now();
        let (invite, until) = (mail.invite.clone(), mail.until);
        let later = |seconds| MailChange::TryLater {
            invite: invite.clone(),
            until,
            due_at: now.plus_seconds(seconds),
        };
        let done = |state| MailChange::Done {
            invite: invite.clone(),
            until,
            state,
        };
        let (change, how, trouble) = match outcome {
            Outcome::Sent => (Some(done(MailState::Sent)), "sent", None),
            Outcome::Dropped => (Some(done(MailState::Dropped)), "dropped", None),
            Outcome::NotItsTurn => {
                let wait = pause(mail.attempts).min(LONGEST_WAIT);
                (Some(later(wait)), "waits", None)
            }
            Outcome::TryLater(trouble) if now.0 - mail.asked_at.0 < GIVEN_UP => {
                let change = later(pause(mail.attempts));
                (Some(change), "failed", Some(trouble))
            }
            Outcome::TryLater(trouble) | Outcome::Refused(trouble) => {
                (None, "given_up", Some(trouble))
            }
        };
        if how != "waits" {
            metrics::counter!("invite_server_mails_total", "outcome" => how).increment(1);
        }
        let written = match (change, &trouble) {
            (Some(change), _) => self.invites.change_mail(change).await,
            (None, Some(trouble)) => {
                let words = trouble.for_inviter();
                self.invites.give_up_mail(mail, words).await
            }
            (None, None) => Ok(()),
        };
        if let Err(refusal) = written {
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
        let (attempts, cause) = (mail.attempts, trouble.map(|trouble| trouble.cause));
        let cause = cause.as_deref();
        match how {
            "sent" => tracing::info!(invite, attempts, "mail sent"),
            "dropped" => tracing::info!(invite, "mail not sent: the invite opens nothing any more"),
            "waits" => tracing::debug!(invite, attempts, "mail waits for its turn"),
            "failed" => tracing::warn!(invite, attempts, cause, "mail not sent yet"),
            _ => MAIL_GIVEN_UP.met_often(invite, cause.unwrap_or_default(), 1),
        }
    }

    async fn send(&self, mail: &Mail) -> Outcome {
        let letter: Letter = match self.invites.letter(&mail.invite).await {
            Ok(Some(letter)) => letter,
            Ok(None) => return Outcome::Dropped,
            Err(refusal) => return Outcome::TryLater(Trouble::of_ours(refusal.code())),
        };
        let Some(_turn) = self.hosts.turn(&letter.email).await else {
            return Outcome::NotItsTurn;
        };
        let now = self.invites.clock().now();
        let written = letter::write(&letter, mail, now, &self.from, &self.page, &self.templates);
        let message = match written {
            Ok(message) => message,
            Err(cause) => return Outcome::Refused(Trouble::of_ours(cause)),
        };
        match timeout(SENDING_TIME, self.smtp.send(message)).await {
            Ok(Ok(_)) => Outcome::Sent,
            Ok(Err(error)) if smtp::is_about_the_mail(&error) => Outcome::Refused(error.into()),
            Ok(Err(error)) => Outcome::TryLater(error.into()),
            Err(_) => Outcome::TryLater(Trouble::of_ours(smtp::TOO_LONG)),
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
